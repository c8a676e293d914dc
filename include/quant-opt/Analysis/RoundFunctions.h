//===- RoundFunctions.h - A model's wish to compute functions of bytes rather than of floats ----------------------===//
#ifndef QUANT_OPT_ANALYSIS_ROUNDFUNCTIONS_H
#define QUANT_OPT_ANALYSIS_ROUNDFUNCTIONS_H

#include "llvm/ADT/StringRef.h"

namespace mlir::qnn {

/// A unit attribute of the model's function, from `--qnn-round-functions` to `--qnn-form-lookups`: the chain of a
/// contraction ends before a function such as GELU, so that its argument is quantized.
constexpr llvm::StringLiteral kRoundFunctionsAttr = "qnn.round_functions";

} // namespace mlir::qnn

#endif // QUANT_OPT_ANALYSIS_ROUNDFUNCTIONS_H
