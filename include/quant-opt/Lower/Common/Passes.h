//===- Passes.h - Passes of the stage Lower/Common ---===//
#ifndef QUANT_OPT_LOWER_COMMON_PASSES_H
#define QUANT_OPT_LOWER_COMMON_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::qnn {
/// On a `linalg.fill`: offsets and then sizes of the box that the next writer of its result overwrites, so that only
/// the border around it must be filled.
constexpr StringLiteral kOverwrittenAttr = "qnn.overwritten";
/// On `qnn.quantize`, `qnn.requantize` and `arith.divf` that `--qnn-prove-ranges` knows the operands of.
constexpr StringLiteral kInRangeAttr = "qnn.in_range";
/// On a `math.fma` of f32 whose unrounded result f64 holds exactly, as `--qnn-fold-conversions` makes them.
constexpr StringLiteral kExactSumAttr = "qnn.exact_sum";

#define GEN_PASS_DECL
#include "quant-opt/Lower/Common/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_LOWER_COMMON_PASSES_H
