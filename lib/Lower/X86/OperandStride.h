//===- OperandStride.h - How an operation walks through an operand along one of its loops ------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_X86_OPERANDSTRIDE_H
#define QUANT_OPT_LIB_LOWER_X86_OPERANDSTRIDE_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace mlir::qnn {

/// How many elements apart two neighbours along loop `dim` lie in the operand, 0 for a scalar; nothing if not the same
/// everywhere.
inline std::optional<int64_t> getStride(OpOperand &operand, AffineMap map, unsigned dim) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!type)
    return 0;
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!map.isProjectedPermutation() || failed(type.getStridesAndOffset(strides, offset)))
    return std::nullopt;
  std::optional<unsigned> position = map.getResultPosition(getAffineDimExpr(dim, map.getContext()));
  return position ? strides[*position] : 0;
}

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_X86_OPERANDSTRIDE_H
