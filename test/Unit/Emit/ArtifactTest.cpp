//===- ArtifactTest.cpp - A program becomes a library that runs by its C ABI alone -------------------------------===//
#include "quant-opt/Emit/Artifact.h"

#include "TestProgram.h"

#include "quant-opt/Runtime/quant_opt.h"
#include "quant-opt/Support/AtomicFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"
#include <dlfcn.h>

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// The loaded library of the test program.
class Library {
public:
  explicit Library(ArrayRef<char> bytes) {
    llvm::sys::fs::createTemporaryFile("quant-opt-test", "so", path);
    llvm::cantFail(writeFileAtomically(path, StringRef(bytes.data(), bytes.size()), /*executable=*/true));
    handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(handle, nullptr) << dlerror();
  }
  ~Library() {
    dlclose(handle);
    llvm::sys::fs::remove(path);
  }
  template <typename Function> Function *get(const char *symbol) const {
    return reinterpret_cast<Function *>(dlsym(handle, symbol));
  }

private:
  SmallString<128> path;
  void *handle = nullptr;
};

using RunFunction = int(const void *const *, void *const *, void *, int);
using InfoFunction = const quant_opt_model_info *();

std::vector<char> emitTest(Program program, const EmitOptions &options = {}) {
  llvm::Expected<std::vector<char>> bytes = emitArtifact(program, options);
  if (!bytes) {
    ADD_FAILURE() << llvm::toString(bytes.takeError());
    return {};
  }
  return *bytes;
}

} // namespace

TEST(Artifact, runsOnAnyNumberOfThreads) {
  MLIRContext context;
  EmitOptions options;
  options.sourceHash = "0123";
  Library library(emitTest(makeTestProgram(context), options));
  auto *run = library.get<RunFunction>("tiny_run");
  auto *info = library.get<InfoFunction>("tiny_info");
  ASSERT_TRUE(run && info);
  EXPECT_EQ(library.get<size_t()>("tiny_workspace_bytes")(), kCount * sizeof(float));
  EXPECT_EQ(library.get<void>("tiny__model"), nullptr);
  EXPECT_EQ(library.get<void>("quant_opt_model_run"), nullptr);

  std::vector<float> input(kCount), output(kCount);
  for (int64_t i = 0; i < kCount; ++i)
    input[i] = i;
  alignas(64) static char workspace[kCount * sizeof(float)];
  const void *inputs[] = {input.data()};
  void *outputs[] = {output.data()};
  for (int threads : {1, 2, 3, 8}) {
    output.assign(kCount, 0);
    ASSERT_EQ(run(inputs, outputs, workspace, threads), QUANT_OPT_OK);
    for (int64_t i = 0; i < kCount; ++i)
      ASSERT_EQ(output[i], i + (i % 4 + 1));
  }
  EXPECT_EQ(info()->abi_version, unsigned(QUANT_OPT_ABI_VERSION));
  EXPECT_EQ(info()->status, QUANT_OPT_OK);
  EXPECT_STREQ(info()->name, "tiny");
  EXPECT_STREQ(info()->source_hash, "0123");
  EXPECT_EQ(StringRef(info()->cpu), getCpuPathName(getHostCpuPath()));
  ASSERT_EQ(info()->num_cpus, int64_t(getAllCpuPaths().size()));
  EXPECT_STREQ(info()->cpus[info()->num_cpus - 1], "x86-64");
  EXPECT_STREQ(info()->inputs[0].name, "in*/put\n");
  EXPECT_EQ(info()->inputs[0].shape[1], kCount);
  EXPECT_STREQ(info()->outputs[0].type, "float");

  void *none[] = {nullptr};
  EXPECT_EQ(run(nullptr, outputs, workspace, 1), QUANT_OPT_ERROR_NULL);
  EXPECT_EQ(run(inputs, none, workspace, 1), QUANT_OPT_ERROR_NULL);
  EXPECT_EQ(run(inputs, outputs, nullptr, 1), QUANT_OPT_ERROR_NULL);
  EXPECT_EQ(run(inputs, outputs, workspace + 1, 1), QUANT_OPT_ERROR_ALIGNMENT);
  EXPECT_EQ(run(inputs, outputs, workspace, 0), QUANT_OPT_ERROR_THREADS);
}

TEST(Artifact, sharesOutIterationsInAnyWay) {
  MLIRContext context;
  for (int64_t shared : {0, 1, 4, 8, 250, 1000}) {
    Program program = makeTestProgram(context, {CpuPath::X86_64});
    program.codes[0].steps[1].shared = shared;
    Library library(emitTest(std::move(program)));
    std::vector<float> input(kCount, 1), output(kCount);
    alignas(64) static char workspace[kCount * sizeof(float)];
    const void *inputs[] = {input.data()};
    void *outputs[] = {output.data()};
    for (int threads : {1, 2, 3, 8}) {
      output.assign(kCount, 0);
      ASSERT_EQ(library.get<RunFunction>("tiny_run")(inputs, outputs, workspace, threads), QUANT_OPT_OK);
      for (int64_t i = 0; i < kCount; ++i)
        ASSERT_EQ(output[i], 1 + (i % 4 + 1)) << shared << " shared by " << threads << " threads";
    }
  }
}

TEST(Artifact, timesItsSteps) {
  MLIRContext context;
  Program program = makeTestProgram(context, {CpuPath::X86_64});
  program.codes[0].steps[1].plan = "scalar";
  program.codes[0].steps[1].macs = 7;
  Library library(emitTest(std::move(program)));
  auto *run = library.get<int(const void *const *, void *const *, void *, int, int64_t *)>("tiny_run_profiled");
  auto *getSteps = library.get<const quant_opt_step_info *(int64_t *)>("tiny_steps");
  ASSERT_TRUE(run && getSteps);
  int64_t count = 0;
  const quant_opt_step_info *steps = getSteps(&count);
  ASSERT_EQ(count, 2);
  EXPECT_STREQ(steps[0].layer, "layer \"1\"");
  EXPECT_STREQ(steps[0].plan, "");
  EXPECT_EQ(steps[0].macs, 0);
  EXPECT_STREQ(steps[1].plan, "scalar");
  EXPECT_EQ(steps[1].macs, 7);
  EXPECT_EQ(steps[1].count, kCount);

  std::vector<float> input(kCount, 1), output(kCount);
  alignas(64) static char workspace[kCount * sizeof(float)];
  const void *inputs[] = {input.data()};
  void *outputs[] = {output.data()};
  for (int threads : {1, 3}) {
    int64_t nanoseconds[] = {-1, -1};
    output.assign(kCount, 0);
    ASSERT_EQ(run(inputs, outputs, workspace, threads, nanoseconds), QUANT_OPT_OK);
    EXPECT_GE(nanoseconds[0], 0);
    EXPECT_GE(nanoseconds[1], 0);
    EXPECT_EQ(output[5], 3);
  }
  EXPECT_EQ(run(inputs, outputs, workspace, 1, nullptr), QUANT_OPT_ERROR_NULL);
  setenv("QUANT_OPT_CPU", "sse9", 1);
  Library other(emitTest(makeTestProgram(context, {CpuPath::X86_64})));
  EXPECT_EQ(other.get<const quant_opt_step_info *(int64_t *)>("tiny_steps")(&count), nullptr);
  EXPECT_EQ(count, 0);
  unsetenv("QUANT_OPT_CPU");
}

/// What the library does with QUANT_OPT_CPU set to `cpu`.
static int runForced(const std::vector<char> &bytes, const char *cpu, std::vector<float> &output) {
  setenv("QUANT_OPT_CPU", cpu, 1);
  Library library(bytes);
  std::vector<float> input(kCount, 1);
  alignas(64) static char workspace[kCount * sizeof(float)];
  const void *inputs[] = {input.data()};
  void *outputs[] = {output.data()};
  int status = library.get<RunFunction>("tiny_run")(inputs, outputs, workspace, 1);
  const quant_opt_model_info *info = library.get<InfoFunction>("tiny_info")();
  EXPECT_EQ(info->status, status);
  EXPECT_EQ(info->cpu ? StringRef(info->cpu) : StringRef(), status ? StringRef() : StringRef(cpu));
  unsetenv("QUANT_OPT_CPU");
  return status;
}

TEST(Artifact, runsThePathThatIsForcedOrSaysWhyNot) {
  MLIRContext context;
  std::vector<char> all = emitTest(makeTestProgram(context));
  std::vector<float> output(kCount);
  for (CpuPath path : getAllCpuPaths()) {
    bool supported = hostSupports(path);
    EXPECT_EQ(runForced(all, getCpuPathName(path).data(), output),
              supported ? QUANT_OPT_OK : QUANT_OPT_ERROR_CPU_LACKS);
  }
  EXPECT_EQ(runForced(all, "sse9", output), QUANT_OPT_ERROR_CPU_UNKNOWN);
  std::vector<char> one = emitTest(makeTestProgram(context, {CpuPath::X86_64}));
  EXPECT_EQ(runForced(one, "x86-64", output), QUANT_OPT_OK);
  if (hostSupports(CpuPath::Avx2))
    EXPECT_EQ(runForced(one, "avx2", output), QUANT_OPT_ERROR_CPU_ABSENT);
}

TEST(Artifact, bytesAreTheSameEveryTime) {
  MLIRContext context;
  EmitOptions serial;
  serial.threads = 1;
  std::vector<char> first = emitTest(makeTestProgram(context));
  EXPECT_EQ(first, emitTest(makeTestProgram(context)));
  EXPECT_EQ(first, emitTest(makeTestProgram(context), serial));
}

TEST(Artifact, saysWhichSymbolIsUndefined) {
  MLIRContext context;
  Program program = makeTestProgram(context, {CpuPath::X86_64});
  program.codes[0].module = parseSourceString<ModuleOp>("llvm.func @nowhere()\nllvm.func @copy(%f: !llvm.ptr, %b: i64, "
                                                        "%e: i64) { llvm.call @nowhere() : () -> () llvm.return }",
                                                        &context);
  program.codes[0].steps = {{"copy", 1, "layer"}};
  llvm::Expected<std::vector<char>> bytes = emitArtifact(program, {});
  ASSERT_FALSE(bool(bytes));
  EXPECT_NE(llvm::toString(bytes.takeError()).find("undefined symbol: nowhere"), std::string::npos);
}

TEST(Artifact, objectIsRelocatable) {
  MLIRContext context;
  EmitOptions options;
  options.kind = ArtifactKind::Object;
  std::vector<char> bytes = emitTest(makeTestProgram(context), options);
  ASSERT_GT(bytes.size(), 20u);
  EXPECT_EQ(StringRef(bytes.data() + 1, 3), "ELF");
  EXPECT_EQ(bytes[16], 1); // ET_REL
}
