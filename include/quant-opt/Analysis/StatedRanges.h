//===- StatedRanges.h - Ranges as operations of a function, and beside it -----------------------------------------===//
#ifndef QUANT_OPT_ANALYSIS_STATEDRANGES_H
#define QUANT_OPT_ANALYSIS_STATEDRANGES_H

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include <optional>
#include <string>

namespace mlir::qnn {

/// What a `qnn.range` stated: one pair of bounds, or one for each slice along `axis`.
struct StatedRange {
  SmallVector<float, 1> lo, hi;
  std::optional<int64_t> axis;
  std::string method;
};

/// Takes every `qnn.range` and `qnn.observe` out of the function and returns what they stated about which value.
llvm::DenseMap<Value, StatedRange> stripRanges(FunctionOpInterface function);

/// The inverse: puts a `qnn.range` on each value of the function that `ranges` has.
void stateRanges(FunctionOpInterface function, const llvm::DenseMap<Value, StatedRange> &ranges);

} // namespace mlir::qnn

#endif // QUANT_OPT_ANALYSIS_STATEDRANGES_H
