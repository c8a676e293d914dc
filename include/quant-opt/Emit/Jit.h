//===- Jit.h - Runs a lowered program in this process, for calibration -------------------------------------------===//
#ifndef QUANT_OPT_EMIT_JIT_H
#define QUANT_OPT_EMIT_JIT_H

#include "quant-opt/Emit/Program.h"
#include "quant-opt/Runtime/Frame.h"

#include "llvm/Support/Error.h"
#include <memory>

namespace mlir::qnn {

/// A program compiled for this machine, with its weights and one workspace. One call at a time.
class JitModel {
public:
  /// Compiles the best path of `program` that this machine can run.
  static llvm::Expected<std::unique_ptr<JitModel>> create(Program &&program);
  ~JitModel();

  ArrayRef<TensorInfo> getInputs() const;
  ArrayRef<TensorInfo> getOutputs() const;
  /// Edge i of `observe` is the i-th of these.
  ArrayRef<std::string> getObservedEdges() const;

  /// Runs all steps once. The pointers are in the model's order and have the model's shapes.
  void run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs, void *observer = nullptr,
           quant_opt_observe_fn observe = nullptr);

private:
  struct State;
  explicit JitModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_EMIT_JIT_H
