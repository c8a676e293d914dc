//===- Passes.h - Passes of the stage Refine: from the Calibrated form to the Calibrated form ---------------------===//
#ifndef QUANT_OPT_REFINE_PASSES_H
#define QUANT_OPT_REFINE_PASSES_H

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Refine/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "quant-opt/Refine/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_REFINE_PASSES_H
