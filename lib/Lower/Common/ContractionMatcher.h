//===- ContractionMatcher.h - Recognises a multiply-add body, whatever the operation is called -------------------===//
#ifndef QUANT_OPT_LIB_LOWER_COMMON_CONTRACTIONMATCHER_H
#define QUANT_OPT_LIB_LOWER_COMMON_CONTRACTIONMATCHER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mlir::qnn {

/// What is subtracted from an extended operand: `constant`, plus the element of `value` at `map` if there is one.
struct ZeroPoint {
  int64_t constant = 0;
  Value value;
  AffineMap map;
  bool isSigned = true; // how elements of `value` of less than 32 bits are extended

  /// The elements of a constant `value`, extended.
  std::optional<std::vector<int32_t>> readValues() const;
};

/// One side of the product.
struct Factor {
  Value value;
  AffineMap map;
  bool isSigned = true;
  ZeroPoint zeroPoint;
};

/// acc += (ext(a) - za) * (ext(b) - zb) on bytes, or acc += a * b in f32, of f32 or of extended bf16 or f16.
struct ContractionMatch {
  std::array<Factor, 2> factors;
  bool isFloat = false;
  Value init;
  AffineMap outMap;
};

/// Reads a contraction from the body, maps and iterator types of `op`. `why` stays empty if `op` is no contraction at
/// all, and says what is not supported if it is one.
std::optional<ContractionMatch> matchContraction(linalg::GenericOp op, std::string &why);

/// Visits the elements of a tensor in row-major order and knows the loop indices at which `map` (dimensions of loops as
/// results) reads each.
class PointWalker {
public:
  PointWalker(AffineMap map, ArrayRef<int64_t> shape, unsigned numLoops)
      : map(map), shape(shape), point(shape.size(), 0), loops(numLoops, 0) {}

  /// Goes to the next element.
  void advance();
  /// The index of each loop; those that the map does not read are 0.
  ArrayRef<int64_t> getLoops() const { return loops; }
  /// The row-major position in a tensor of `shape` that `other` (dimensions of loops as results) reads at these loops.
  int64_t getIndex(AffineMap other, ArrayRef<int64_t> otherShape) const;
  int64_t getIndex(AffineMap other, Value tensor) const {
    return getIndex(other, cast<ShapedType>(tensor.getType()).getShape());
  }

private:
  AffineMap map;
  ArrayRef<int64_t> shape;
  SmallVector<int64_t> point, loops;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_COMMON_CONTRACTIONMATCHER_H
