//===- LaneReduction.h - Reductions along contiguous data, in lanes ----------------------------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_COMMON_LANEREDUCTION_H
#define QUANT_OPT_LIB_LOWER_COMMON_LANEREDUCTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qnn {

/// Lanes in which such a reduction proceeds, on every CPU path alike: element i goes to lane i % 16, and the lanes are
/// combined pairwise at the end, lane j with lane j + 8, then j + 4, and so on. So sums of floats have one order.
constexpr int64_t kReductionLanes = 16;

/// The operation of the body that combines the accumulator with the rest, if it may do so in lanes: a sum, a maximum or
/// a minimum of 32-bit numbers whose operands lie contiguously along loop `dim` or stand still. Null otherwise.
Operation *getLaneCombiner(linalg::LinalgOp op, ArrayRef<std::optional<int64_t>> strides);

/// What `combiner` combines with the accumulator, for one element a lane; `load` gives the operands as vectors.
Value emitLanes(OpBuilder &builder, linalg::LinalgOp op, Operation *combiner,
                llvm::function_ref<Value(OpOperand &)> load);

/// The lanes before the first elements: zeros of a sum, otherwise the accumulator itself.
Value getFirstLanes(OpBuilder &builder, Operation *combiner, Value accumulator);

/// combiner(a, b) on values of any shape.
Value combine(OpBuilder &builder, Operation *combiner, Value a, Value b);

/// All lanes and the accumulator as one value.
Value combineLanes(OpBuilder &builder, Operation *combiner, Value lanes, Value accumulator);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_COMMON_LANEREDUCTION_H
