//===- JitTest.cpp - A program runs in this process, with and without an observer --------------------------------===//
#include "quant-opt/Emit/Jit.h"

#include "TestProgram.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::qnn;

static void sumUp(void *observer, int32_t edge, const float *data, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    static_cast<double *>(observer)[edge] += data[i];
}

TEST(Jit, runsStepsAndFeedsTheObserver) {
  MLIRContext context;
  llvm::Expected<std::unique_ptr<JitModel>> model = JitModel::create(makeTestProgram(context));
  ASSERT_TRUE(bool(model)) << llvm::toString(model.takeError());
  EXPECT_EQ((*model)->getInputs().size(), 1u);
  EXPECT_EQ((*model)->getObservedEdges()[0], "copy");
  std::vector<float> input(kCount), output(kCount);
  for (int64_t i = 0; i < kCount; ++i)
    input[i] = i;
  double sum = 0;
  (*model)->run({input.data()}, {output.data()});
  EXPECT_EQ(sum, 0);
  (*model)->run({input.data()}, {output.data()}, &sum, sumUp);
  EXPECT_EQ(sum, kCount * (kCount - 1) / 2);
  for (int64_t i = 0; i < kCount; ++i)
    ASSERT_EQ(output[i], i + (i % 4 + 1));
}

TEST(Jit, saysThatAStepIsMissing) {
  MLIRContext context;
  Program program = makeTestProgram(context);
  for (ProgramCode &code : program.codes)
    code.steps[1].symbol = "absent";
  llvm::Expected<std::unique_ptr<JitModel>> model = JitModel::create(std::move(program));
  ASSERT_FALSE(bool(model));
  EXPECT_NE(llvm::toString(model.takeError()).find("has no step function \"absent\""), std::string::npos);
}

/// A step that adds the second of `numbers` to an element of the output as many times as it is said.
static std::string makeLongStep(StringRef name, int64_t element, int64_t times) {
  std::string text = ("llvm.func @" + name + "(%frame: !llvm.ptr, %begin: i64, %end: i64) {\n").str() + R"mlir(
    %p1 = llvm.getelementptr %frame[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %outputs = llvm.load %p1 : !llvm.ptr -> !llvm.ptr
    %out = llvm.load %outputs : !llvm.ptr -> !llvm.ptr
    %numbers = llvm.mlir.addressof @numbers : !llvm.ptr
    %second = llvm.getelementptr %numbers[1] : (!llvm.ptr) -> !llvm.ptr, f32
    %number = llvm.load %second : !llvm.ptr -> f32
    %one = llvm.call @fabsf(%number) : (f32) -> f32
)mlir";
  llvm::raw_string_ostream os(text);
  os << "%at = llvm.getelementptr %out[" << element << "] : (!llvm.ptr) -> !llvm.ptr, f32\n"
     << "%0 = llvm.load %at : !llvm.ptr -> f32\n";
  for (int64_t i = 0; i < times; ++i)
    os << "%" << i + 1 << " = llvm.fadd %" << i << ", %one : f32\n";
  os << "llvm.store %" << times << ", %at : f32, !llvm.ptr\nllvm.return\n}\n";
  return text;
}

TEST(Jit, runsAProgramThatWasCompiledInParts) {
  MLIRContext context;
  const int64_t times = 1100, numSteps = 8;
  Program program = makeTestProgram(context, {CpuPath::X86_64});
  std::string text =
      "llvm.mlir.global private constant @numbers(dense<[0.0, -1.0]> : tensor<2xf32>) : !llvm.array<2 x f32>\n"
      "llvm.func @fabsf(f32) -> f32\n";
  for (int64_t i = 0; i < numSteps; ++i) {
    const std::string name = "long_" + std::to_string(i);
    text += makeLongStep(name, i, times);
    program.codes[0].steps.push_back({name, 1, "layer of " + name});
  }
  program.codes[0].module = parseSourceString<ModuleOp>(text + kTestSteps, &context);
  llvm::Expected<MachineCode> code = compileProgram(program);
  ASSERT_TRUE(bool(code)) << llvm::toString(code.takeError());
  EXPECT_EQ(code->objects[0].size(), 2u);
  llvm::Expected<std::unique_ptr<JitModel>> model = JitModel::load(program, *code);
  ASSERT_TRUE(bool(model)) << llvm::toString(model.takeError());
  std::vector<float> input(kCount, 0.0f), output(kCount);
  (*model)->run({input.data()}, {output.data()});
  for (int64_t i = 0; i < kCount; ++i)
    ASSERT_EQ(output[i], i % 4 + 1 + (i < numSteps ? times : 0));
}
