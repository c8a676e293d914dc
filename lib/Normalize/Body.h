//===- Body.h - What the body of a linalg.generic computes --------------------------------------------------------===//
#ifndef QUANT_OPT_LIB_NORMALIZE_BODY_H
#define QUANT_OPT_LIB_NORMALIZE_BODY_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qnn {

/// Whether `op` adds float terms onto its one init operand over its reduction loops: `yield init + term`.
bool isFloatSum(linalg::GenericOp op);

/// Whether `op` is a float sum of products of its two inputs: `yield init + a * b`.
bool isFloatContraction(linalg::GenericOp op);

/// Whether the one init operand of `op` is a fill with zero.
bool startsFromZero(linalg::GenericOp op);

/// Whether all loops of `op` are parallel, its one result is read through a permutation, and its operands through
/// projected permutations.
bool isElementwise(linalg::GenericOp op);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_NORMALIZE_BODY_H
