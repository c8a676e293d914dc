//===- Layouts.h - Operations that can work in another order of dimensions ----------------------------------------===//
#ifndef QUANT_OPT_LIB_NORMALIZE_LAYOUTS_H
#define QUANT_OPT_LIB_NORMALIZE_LAYOUTS_H

#include "Relayout.h"

namespace mlir::qnn {

// A value `v` is in layout p if another tensor b holds its elements with v = transpose(b, p).

/// The layout of the result of an operation whose `operand` comes in layout `layout`; nothing if the operation cannot
/// work so. A layout fully given (never empty) stands for itself; the identity is asked for as 0, 1, 2, ….
std::optional<Permutation> getResultLayout(OpOperand &operand, ArrayRef<int64_t> layout);

/// The layouts in which `op` must read its operands to make its result in layout `layout`, empty for an operand that is
/// read as it is; nothing if the operation cannot work so.
std::optional<SmallVector<Permutation>> getOperandLayouts(Operation *op, ArrayRef<int64_t> layout);

/// `op` on `operands`, which are in the layouts that `getOperandLayouts` gave: the tensor that is the result in layout
/// `layout`.
Value createInLayout(OpBuilder &builder, Operation *op, ValueRange operands, ArrayRef<Permutation> operandLayouts,
                     ArrayRef<int64_t> layout);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_NORMALIZE_LAYOUTS_H
