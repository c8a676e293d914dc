//===- FloatReference.h - The float model as it was before anything was done for accuracy's sake ------------------===//
#ifndef QUANT_OPT_SIMULATE_FLOATREFERENCE_H
#define QUANT_OPT_SIMULATE_FLOATREFERENCE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/Pass.h"
#include <memory>

namespace mlir::qnn {

/// Passes such as `--qnn-round-weights` change weights and biases of the Calibrated form, so that it is no longer the
/// model that errors are errors of. A pipeline that measures errors keeps that model here.
struct FloatReference {
  OwningOpRef<ModuleOp> module;
};

/// Keeps a copy of the module in `reference` and changes nothing.
std::unique_ptr<Pass> createKeepFloatPass(std::shared_ptr<FloatReference> reference);

/// Whether both modules compute the same, ranges, precisions and locations aside.
bool haveEqualWeights(ModuleOp a, ModuleOp b);

} // namespace mlir::qnn

#endif // QUANT_OPT_SIMULATE_FLOATREFERENCE_H
