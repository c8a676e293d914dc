//===- StepAttributes.h - What the loops of a step say about it until it is outlined ------------------------------===//
#ifndef QUANT_OPT_LOWER_COMMON_STEPATTRIBUTES_H
#define QUANT_OPT_LOWER_COMMON_STEPATTRIBUTES_H

#include "llvm/ADT/StringRef.h"

namespace mlir::qnn {

/// On the outermost operation of what becomes a step: how it computes, in one line (a string), its multiply-adds and
/// the iterations that threads share (i64). `--qnn-outline-steps` moves them to the `qnn.step`, so that kernels that
/// differ in nothing else are shared.
constexpr llvm::StringLiteral kStepPlanAttr = "qnn.plan";
constexpr llvm::StringLiteral kStepMacsAttr = "qnn.macs";
constexpr llvm::StringLiteral kStepSharedAttr = "qnn.shared";

} // namespace mlir::qnn

#endif // QUANT_OPT_LOWER_COMMON_STEPATTRIBUTES_H
