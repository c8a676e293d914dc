//===- Relayout.h - Values and linalg operations in another order of dimensions -----------------------------------===//
#ifndef QUANT_OPT_LIB_NORMALIZE_RELAYOUT_H
#define QUANT_OPT_LIB_NORMALIZE_RELAYOUT_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>

namespace mlir::qnn {

/// An order of dimensions, as in `linalg.transpose`: dimension i of the new value is dimension `permutation[i]` of the
/// old one. Empty stands for the identity.
using Permutation = SmallVector<int64_t>;

bool isIdentity(ArrayRef<int64_t> permutation);

/// The permutation that undoes `permutation`.
Permutation invert(ArrayRef<int64_t> permutation);

/// `values[permutation[0]], values[permutation[1]], …`
template <typename T> SmallVector<T> permute(ArrayRef<T> values, ArrayRef<int64_t> permutation) {
  if (permutation.empty())
    return SmallVector<T>(values);
  SmallVector<T> result;
  for (int64_t i : permutation)
    result.push_back(values[i]);
  return result;
}

/// `map` (loops to dimensions) of a value whose dimensions have been permuted.
AffineMap permuteResults(AffineMap map, ArrayRef<int64_t> permutation);

/// `type` with its dimensions permuted.
RankedTensorType permuteType(RankedTensorType type, ArrayRef<int64_t> permutation);

/// `value` with its dimensions permuted. Constants are permuted now, fills and empty tensors made anew; everything else
/// gets a `linalg.transpose`.
Value createTransposed(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> permutation);

/// The constant `value` (also behind reshapes) with its dimensions permuted and reshaped to `type`, which has the same
/// elements in the same order; null if it is not a constant whose bytes can be read.
Value createRelaidConstant(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> permutation,
                           RankedTensorType type);

/// `value` reshaped to `shape`, of higher rank (each dimension split into a group) or of lower (each group merged).
/// Constants are reshaped now, fills and empty tensors made anew.
Value createReshaped(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> shape,
                     ArrayRef<ReassociationIndices> groups);

/// The elements' attribute of a constant that may be seen through reshapes, or null.
ElementsAttr getConstantBehindReshapes(Value value);

/// The name of the blob behind `attr`, or "weights".
std::string getConstantName(ElementsAttr attr);

/// `op` with operand i in the order `permutations[i]` (`operands` are already so) and its loops in the order `loops`:
/// new loop i is old loop `loops[i]`. The body's `linalg.index` operations follow.
linalg::GenericOp createRelaidGeneric(OpBuilder &builder, linalg::GenericOp op, ValueRange operands,
                                      ArrayRef<Permutation> permutations, ArrayRef<unsigned> loops);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_NORMALIZE_RELAYOUT_H
