//===- CompiledModel.cpp - A compiled model loaded by its C ABI alone --------------------------------------------===//
#include "CompiledModel.h"

#include "quant-opt/Data/ElementTypes.h"
#include "quant-opt/Support/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::qnn;

AlignedBuffer::AlignedBuffer(size_t bytes)
    : memory(static_cast<char *>(aligned_alloc(64, (bytes / 64 + 1) * 64))), bytes(bytes) {
  if (!memory)
    llvm::report_bad_alloc_error("buffer");
  memset(memory, 0, bytes);
}

AlignedBuffer::~AlignedBuffer() { free(memory); }

std::string qnn::describeTensor(StringRef type, ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << getNumpyName(type) << " [";
  llvm::interleaveComma(shape, os);
  os << "]";
  return text;
}

/// NAME of the one model in a library: the symbol NAME_info that has NAME_run and NAME_workspace_bytes beside it.
static llvm::Expected<std::string> findModelName(StringRef path) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeToolError(ExitCode::BadInput, path + ": cannot read: " + buffer.getError().message());
  llvm::Expected<std::unique_ptr<llvm::object::ObjectFile>> object =
      llvm::object::ObjectFile::createELFObjectFile(**buffer);
  if (!object) {
    llvm::consumeError(object.takeError());
    return makeToolError(ExitCode::BadInput, path + ": not a shared library");
  }
  auto &elf = static_cast<llvm::object::ELFObjectFileBase &>(**object);
  if (elf.getEType() != llvm::ELF::ET_DYN || elf.getEMachine() != llvm::ELF::EM_X86_64)
    return makeToolError(ExitCode::BadInput, path + ": not a shared library for x86-64; link an object into one first");
  llvm::StringSet<> defined;
  for (const llvm::object::ELFSymbolRef &symbol : elf.getDynamicSymbolIterators()) {
    llvm::Expected<StringRef> name = symbol.getName();
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    if (name && flags && !(*flags & llvm::object::SymbolRef::SF_Undefined))
      defined.insert(*name);
    if (!name)
      llvm::consumeError(name.takeError());
    if (!flags)
      llvm::consumeError(flags.takeError());
  }
  SmallVector<std::string> names;
  for (const auto &entry : defined) {
    StringRef name = entry.getKey();
    if (name.consume_back("_info") && defined.contains((name + "_run").str()) &&
        defined.contains((name + "_workspace_bytes").str()))
      names.push_back(name.str());
  }
  if (names.size() != 1)
    return makeToolError(ExitCode::BadInput, path + ": holds " +
                                                 (names.empty() ? "no compiled model" : "several models") +
                                                 "; expected the symbols NAME_run, NAME_workspace_bytes and NAME_info");
  return names.front();
}

static llvm::Expected<std::vector<ModelTensor>> readTensors(StringRef path, const quant_opt_tensor *tensors,
                                                            int64_t count) {
  std::vector<ModelTensor> result;
  for (const quant_opt_tensor &tensor : ArrayRef(tensors, count)) {
    ModelTensor info;
    info.name = tensor.name;
    info.type = tensor.type;
    info.shape.assign(tensor.shape, tensor.shape + tensor.rank);
    const ElementTypeInfo *type = findElementType(info.type);
    std::optional<int64_t> bytes = type ? std::optional<int64_t>(type->bytes) : std::nullopt;
    for (int64_t size : info.shape)
      bytes = bytes && size >= 0 ? llvm::checkedMul(*bytes, size) : std::nullopt;
    if (!bytes)
      return makeToolError(ExitCode::BadInput,
                           path + ": tensor \"" + info.name + "\" has a type or shape that arrays cannot have");
    info.bytes = *bytes;
    result.push_back(std::move(info));
  }
  return result;
}

/// Refuses buffers that this machine cannot hold before the first of them is touched.
static llvm::Error checkMemory(StringRef path, ArrayRef<ModelTensor> inputs, ArrayRef<ModelTensor> outputs,
                               size_t workspaceBytes) {
  const double limit = double(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  double needed = workspaceBytes;
  for (ArrayRef<ModelTensor> tensors : {inputs, outputs})
    for (const ModelTensor &tensor : tensors)
      needed += tensor.bytes;
  if (needed > limit)
    return makeToolError(ExitCode::Limit,
                         llvm::formatv("{0}: needs {1:f1} GiB for its buffers, this machine has {2:f1}", path,
                                       needed / (1 << 30), limit / (1 << 30))
                             .str());
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<CompiledModel>> CompiledModel::load(StringRef path) {
  llvm::Expected<std::string> name = findModelName(path);
  if (!name)
    return name.takeError();
  std::unique_ptr<CompiledModel> model(new CompiledModel);
  model->path = path;
  // Without a slash the loader would search its own folders instead of this one.
  std::string file = path.contains('/') ? path.str() : "./" + path.str();
  model->handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!model->handle)
    return makeToolError(ExitCode::BadInput, path + ": cannot load: " + dlerror());
  auto symbol = [&](const char *suffix) { return dlsym(model->handle, (*name + suffix).c_str()); };
  model->runFunction = reinterpret_cast<decltype(runFunction)>(symbol("_run"));
  auto *getInfo = reinterpret_cast<const quant_opt_model_info *(*)()>(symbol("_info"));
  auto *getWorkspaceBytes = reinterpret_cast<size_t (*)()>(symbol("_workspace_bytes"));
  model->info = getInfo();
  if (model->info->abi_version != QUANT_OPT_ABI_VERSION)
    return makeToolError(ExitCode::BadInput, path + ": has version " + Twine(model->info->abi_version) +
                                                 " of the ABI, expected " + Twine(QUANT_OPT_ABI_VERSION) +
                                                 ": compile the model again");
  llvm::Expected<std::vector<ModelTensor>> inputs = readTensors(path, model->info->inputs, model->info->num_inputs);
  if (!inputs)
    return inputs.takeError();
  llvm::Expected<std::vector<ModelTensor>> outputs = readTensors(path, model->info->outputs, model->info->num_outputs);
  if (!outputs)
    return outputs.takeError();
  model->inputs = std::move(*inputs);
  model->outputs = std::move(*outputs);
  model->runProfiledFunction = reinterpret_cast<decltype(runProfiledFunction)>(symbol("_run_profiled"));
  model->getStepsFunction = reinterpret_cast<decltype(getStepsFunction)>(symbol("_steps"));
  model->runObservedFunction = reinterpret_cast<decltype(runObservedFunction)>(symbol("_run_observed"));
  auto *getEdges = reinterpret_cast<const quant_opt_edge *(*)(int64_t *)>(symbol("_observed_edges"));
  if (model->runObservedFunction && getEdges) {
    int64_t count = 0;
    const quant_opt_edge *edges = getEdges(&count);
    for (const quant_opt_edge &edge : ArrayRef(edges, count))
      model->observedEdges.push_back({edge.name, edge.step});
  }
  const size_t workspaceBytes = getWorkspaceBytes();
  if (llvm::Error error = checkMemory(path, model->inputs, model->outputs, workspaceBytes))
    return error;
  for (const ModelTensor &tensor : model->inputs)
    model->inputPointers.push_back(model->inputBuffers.emplace_back(tensor.bytes).get().data());
  for (const ModelTensor &tensor : model->outputs)
    model->outputPointers.push_back(model->outputBuffers.emplace_back(tensor.bytes).get().data());
  model->workspace.emplace_back(workspaceBytes);
  return model;
}

CompiledModel::~CompiledModel() {
  if (handle)
    dlclose(handle);
}

/// What a status means, and what to do.
static std::string describeStatus(int status, const quant_opt_model_info &info) {
  const char *forced = getenv("QUANT_OPT_CPU");
  std::string wanted = forced ? "\"" + std::string(forced) + "\"" : "";
  SmallVector<StringRef> held(info.cpus, info.cpus + info.num_cpus);
  switch (status) {
  case QUANT_OPT_ERROR_THREADS:
    return "the number of threads is not within [1, 1024]";
  case QUANT_OPT_ERROR_CPU_UNKNOWN:
    return "QUANT_OPT_CPU=" + wanted + " names no CPU path" +
           suggestNearest(forced ? forced : "",
                          {"avx512bf16", "avx512vbmi", "avx512vnni", "avxvnni", "avx512", "avx2", "x86-64"});
  case QUANT_OPT_ERROR_CPU_LACKS:
    return "this CPU cannot run the path that QUANT_OPT_CPU=" + wanted + " asks for";
  case QUANT_OPT_ERROR_CPU_ABSENT:
    return (forced ? "the library holds no code for the path that QUANT_OPT_CPU=" + wanted + " asks for"
                   : std::string("the library holds no code that this CPU can run")) +
           "; it holds: " + llvm::join(held, ", ");
  case QUANT_OPT_ERROR_GPU_DRIVER:
    return "the CUDA driver (libcuda.so.1) cannot be opened, is too old, or does not start: install NVIDIA's driver, "
           "or compile the model for a CPU";
  case QUANT_OPT_ERROR_GPU_ABSENT:
    return "there is no GPU that can run code for " + llvm::join(held, ", ");
  case QUANT_OPT_ERROR_GPU_FAILED:
    return "the CUDA driver refused a call: the GPU is out of memory, or a kernel failed";
  default:
    return "failed with status " + std::to_string(status);
  }
}

llvm::Error CompiledModel::run(int threads) {
  int status = runFunction(inputPointers.data(), outputPointers.data(), workspace.front().get().data(), threads);
  if (status != QUANT_OPT_OK)
    return makeToolError(ExitCode::BadInput, path + ": " + describeStatus(status, *info));
  return llvm::Error::success();
}

llvm::Error CompiledModel::runObserved(void *observer, quant_opt_observe_fn observe) {
  int status = runObservedFunction(inputPointers.data(), outputPointers.data(), workspace.front().get().data(),
                                   observer, observe);
  if (status != QUANT_OPT_OK)
    return makeToolError(ExitCode::BadInput, path + ": " + describeStatus(status, *info));
  return llvm::Error::success();
}

ArrayRef<quant_opt_step_info> CompiledModel::getSteps() const {
  int64_t count = 0;
  const quant_opt_step_info *steps = getStepsFunction(&count);
  return ArrayRef(steps, count);
}

llvm::Error CompiledModel::runProfiled(int threads, MutableArrayRef<int64_t> nanoseconds) {
  int status = runProfiledFunction(inputPointers.data(), outputPointers.data(), workspace.front().get().data(), threads,
                                   nanoseconds.data());
  if (status != QUANT_OPT_OK)
    return makeToolError(ExitCode::BadInput, path + ": " + describeStatus(status, *info));
  return llvm::Error::success();
}
