//===- Passes.h - Passes of the stage Integerize ------------------------------------------------------------------===//
#ifndef QUANT_OPT_INTEGERIZE_PASSES_H
#define QUANT_OPT_INTEGERIZE_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/Pass.h"

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Integerize/Passes.h.inc"

/// Compiles the module's one function as any model, in the Integer form, and runs it once on this machine; the pointers
/// are in its arguments' and results' order. Emits errors. `module` may be changed.
using EvaluateFn =
    std::function<LogicalResult(ModuleOp module, ArrayRef<const void *> inputs, ArrayRef<void *> outputs)>;

/// `--qnn-form-lookups` with a way to compute the tables.
std::unique_ptr<Pass> createFormLookupsPass(EvaluateFn evaluate);

/// The same with the project's own code generator: defined by Pipelines, which alone knows how to lower.
std::unique_ptr<Pass> createFormLookupsPass();

#define GEN_PASS_REGISTRATION
#include "quant-opt/Integerize/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_INTEGERIZE_PASSES_H
