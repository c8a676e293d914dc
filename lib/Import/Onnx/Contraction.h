//===- Contraction.h - Sums of products, float and integer, for every operator that is one -----------------------===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_CONTRACTION_H
#define QUANT_OPT_LIB_IMPORT_ONNX_CONTRACTION_H

#include "Windows.h"

namespace mlir::qnn::onnx_import {

/// One side of a contraction. The zero point, of 8-bit operands only, is subtracted from the extended element in the
/// body.
struct Factor {
  Value value;
  ElementType type = ElementType::None;
  int64_t zeroPoint = 0;
};

/// The element type that sums of products of `type` are accumulated in: f32 for the 16-bit floats, i32 for 8-bit
/// integers.
ElementType getAccumulatorType(ElementType type);

/// One `linalg.generic` that adds up the products of the two factors, from zero. The last map is the result's; `shape`
/// is its shape. Elements of the result have the accumulator type of the left factor.
Value contract(NodeImporter &n, const Factor &lhs, const Factor &rhs, ArrayRef<AffineMap> maps,
               ArrayRef<utils::IteratorType> iterators, ArrayRef<int64_t> shape);

/// The convolution of data [N, C, spatial...] with weights [OC, C/G, kernel...], without a bias, padded with the data's
/// zero point: [N, OC, output...] in the accumulator type. Records a failure and returns null if the shapes do not
/// agree.
Value convolve(NodeImporter &n, const Factor &data, const Factor &weights, const Window &window, int64_t groups);

/// Numpy's matmul in the accumulator type, operands of rank 1 and broadcast batches included.
Value multiplyMatrices(NodeImporter &n, const Factor &lhs, const Factor &rhs);

/// `value`, of shape [N, C, ...], plus a vector of C elements of the same type.
Value addPerChannel(NodeImporter &n, Value value, Value vector);

} // namespace mlir::qnn::onnx_import

#endif // QUANT_OPT_LIB_IMPORT_ONNX_CONTRACTION_H
