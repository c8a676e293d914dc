//===- Jit.h - Runs a lowered program in this process, for calibration -------------------------------------------===//
#ifndef QUANT_OPT_EMIT_JIT_H
#define QUANT_OPT_EMIT_JIT_H

#include "quant-opt/Emit/Artifact.h"
#include "quant-opt/Runtime/Frame.h"

#include "llvm/Support/Error.h"
#include <memory>

namespace mlir::qnn {

/// A program compiled for this machine, with its weights and one workspace.
class JitModel {
public:
  /// Compiles the best path of `program` that this machine can run.
  static llvm::Expected<std::unique_ptr<JitModel>> create(Program &&program);
  /// The same with the machine code that an artifact gets.
  static llvm::Expected<std::unique_ptr<JitModel>> load(const Program &program, const MachineCode &code);
  ~JitModel();

  ArrayRef<TensorInfo> getInputs() const;
  ArrayRef<TensorInfo> getOutputs() const;
  /// Edge i of `observe` is the i-th of these.
  ArrayRef<std::string> getObservedEdges() const;

  /// Runs all steps once. The pointers are in the model's order and have the model's shapes. One call at a time.
  void run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs, void *observer = nullptr,
           quant_opt_observe_fn observe = nullptr);

  /// Memory for calls beside that one: calls with workspaces of their own may run at once.
  using Workspace = std::unique_ptr<char, void (*)(void *)>;
  /// Null if there is not enough memory.
  Workspace createWorkspace() const;
  void run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs, const Workspace &workspace,
           void *observer = nullptr, quant_opt_observe_fn observe = nullptr) const;
  /// A run is its steps in order, each with the same arguments.
  size_t getNumSteps() const;
  void runStep(size_t step, ArrayRef<const void *> inputs, ArrayRef<void *> outputs, const Workspace &workspace,
               void *observer, quant_opt_observe_fn observe) const;

private:
  struct State;
  explicit JitModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_EMIT_JIT_H
