//===- Positions.h - Row-major positions as linear functions of loops ---------------------------------------------===//
#ifndef QUANT_OPT_LIB_INTERFACES_EXTERNALMODELS_POSITIONS_H
#define QUANT_OPT_LIB_INTERFACES_EXTERNALMODELS_POSITIONS_H

#include "mlir/IR/AffineMap.h"
#include <optional>

namespace mlir::qnn {

/// base + Σ loop * stride, one stride for each loop.
struct LinearPosition {
  int64_t base = 0;
  SmallVector<int64_t> strides;

  /// The position that `map` (loops to dimensions) reaches in a tensor of `shape`; nothing if the map divides.
  static std::optional<LinearPosition> get(AffineMap map, ArrayRef<int64_t> shape);
};

/// Calls `visit` with both positions for each point of the loops of extents `ranges`, the last one innermost.
void forEachPosition(ArrayRef<int64_t> ranges, const LinearPosition &a, const LinearPosition &b,
                     llvm::function_ref<void(int64_t, int64_t)> visit);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_INTERFACES_EXTERNALMODELS_POSITIONS_H
