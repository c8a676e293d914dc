//===- CompiledModel.h - A compiled model loaded by its C ABI alone ----------------------------------------------===//
#ifndef QUANT_OPT_TOOLS_QUANTRUN_COMPILEDMODEL_H
#define QUANT_OPT_TOOLS_QUANTRUN_COMPILEDMODEL_H

#include "quant-opt/Runtime/quant_opt.h"

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace mlir::qnn {

/// Memory aligned to 64 bytes, zeroed.
class AlignedBuffer {
public:
  explicit AlignedBuffer(size_t bytes);
  ~AlignedBuffer();
  AlignedBuffer(AlignedBuffer &&other) : memory(std::exchange(other.memory, nullptr)), bytes(other.bytes) {}

  MutableArrayRef<char> get() const { return {memory, bytes}; }

private:
  char *memory;
  size_t bytes;
};

/// One input or output of a model.
struct ModelTensor {
  std::string name, type;
  std::vector<int64_t> shape;
  int64_t bytes = 0;
};

/// An edge that a build with observed layers gives out.
struct ObservedEdgeInfo {
  std::string name;
  double step; ///< the scale of its grid, 0 if it is not quantized
};

/// A library that NAME_run, NAME_workspace_bytes and NAME_info make a model, with one set of buffers.
class CompiledModel {
public:
  static llvm::Expected<std::unique_ptr<CompiledModel>> load(StringRef path);
  ~CompiledModel();

  const quant_opt_model_info &getInfo() const { return *info; }
  ArrayRef<ModelTensor> getInputs() const { return inputs; }
  ArrayRef<ModelTensor> getOutputs() const { return outputs; }
  MutableArrayRef<char> getInputBuffer(size_t index) const { return inputBuffers[index].get(); }
  MutableArrayRef<char> getOutputBuffer(size_t index) const { return outputBuffers[index].get(); }

  /// Runs once, from the input buffers into the output buffers.
  llvm::Error run(int threads);

  /// Whether steps can be timed: models for a CPU.
  bool canProfile() const { return runProfiledFunction; }
  /// The steps of the CPU path chosen, in order; none if none could be chosen.
  ArrayRef<quant_opt_step_info> getSteps() const;
  /// Runs once; nanoseconds[i] receives what step i took.
  llvm::Error runProfiled(int threads, MutableArrayRef<int64_t> nanoseconds);

  /// Empty unless the library was built with observed layers.
  ArrayRef<ObservedEdgeInfo> getObservedEdges() const { return observedEdges; }
  /// Runs once on one thread and gives every observed edge to `observe`.
  llvm::Error runObserved(void *observer, quant_opt_observe_fn observe);

  StringRef getPath() const { return path; }

private:
  CompiledModel() = default;

  std::string path;
  void *handle = nullptr;
  int (*runFunction)(const void *const *, void *const *, void *, int) = nullptr;
  int (*runObservedFunction)(const void *const *, void *const *, void *, void *, quant_opt_observe_fn) = nullptr;
  int (*runProfiledFunction)(const void *const *, void *const *, void *, int, int64_t *) = nullptr;
  const quant_opt_step_info *(*getStepsFunction)(int64_t *) = nullptr;
  const quant_opt_model_info *info = nullptr;
  std::vector<ObservedEdgeInfo> observedEdges;
  std::vector<ModelTensor> inputs, outputs;
  std::vector<AlignedBuffer> inputBuffers, outputBuffers, workspace;
  std::vector<const void *> inputPointers;
  std::vector<void *> outputPointers;
};

/// "float32 [1, 3, 32, 32]": type and shape as messages show them.
std::string describeTensor(StringRef type, ArrayRef<int64_t> shape);

} // namespace mlir::qnn

#endif // QUANT_OPT_TOOLS_QUANTRUN_COMPILEDMODEL_H
