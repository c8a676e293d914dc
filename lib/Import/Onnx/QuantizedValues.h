//===- QuantizedValues.h - Quantized types and the explicit arithmetic of the numeric contract -------------------===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_QUANTIZEDVALUES_H
#define QUANT_OPT_LIB_IMPORT_ONNX_QUANTIZEDVALUES_H

#include "Contraction.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"

namespace mlir::qnn::onnx_import {

/// Scale and zero point as the numbers of the node's inputs; the zero point may be absent.
struct QuantParams {
  unsigned scale = 0, zeroPoint = 0;
  /// The dimension that a vector of parameters runs along; a parameter of one element holds for the whole tensor.
  int64_t axis = 0;
};

/// Checks shapes and element types of parameters for a tensor of `shape` stored as `storage`. Scales of 16 bits are
/// widened to f32, in which all arithmetic is.
LogicalResult checkParams(NodeImporter &n, const QuantParams &params, ArrayRef<int64_t> shape, ElementType storage);

/// The zero points of those parameters, one 0 if they name none; nothing if they are not constant.
std::optional<SmallVector<int64_t>> getZeroPoints(NodeImporter &n, const QuantParams &params);

/// The quantized type of those parameters; null if they are not constant, or are none that the type can state: scales
/// that are not positive normal numbers, zero points that differ between channels or are out of range.
quant::QuantizedType getQuantizedType(NodeImporter &n, const QuantParams &params, ArrayRef<int64_t> shape,
                                      ElementType storage);

/// A parameter in a shape that broadcasts along its axis against a tensor of that rank.
Value alignParam(NodeImporter &n, Value param, int64_t axis, int64_t rank);

/// The real value of stored integers: `quant.scast` and `quant.dcast`.
Value dequantize(NodeImporter &n, Value stored, quant::QuantizedType type);
/// The stored integers of a real value: `quant.qcast` and `quant.scast`.
Value quantize(NodeImporter &n, Value real, quant::QuantizedType type);

/// Arithmetic on run-time parameters, in bodies. `storage` has 8 or 16 bits; the zero point is an i32.
/// clamp(rne(scaled) + zeroPoint) as i8, NaN giving the zero point: the end of `quantize_c1` and `requantize_c1`.
Value roundAndClamp(NodeImporter &n, ImplicitLocOpBuilder &b, Value scaled, Value zeroPoint, ElementType storage);

/// A scale as f32 tensor aligned for `rank`.
Value getScale(NodeImporter &n, const QuantParams &params, int64_t rank);

/// A constant or run-time zero point as i32 tensor aligned for `rank`; a scalar zero if absent.
Value getZeroPoint(NodeImporter &n, const QuantParams &params, int64_t rank, ElementType storage);

/// Input `data` of 8-bit integers as the side of an integer contraction. A constant zero point, the same for all
/// channels, goes into the body; any other is subtracted from the data beforehand, in i32.
Factor getIntegerFactor(NodeImporter &n, unsigned data, const QuantParams &params);

} // namespace mlir::qnn::onnx_import

#endif // QUANT_OPT_LIB_IMPORT_ONNX_QUANTIZEDVALUES_H
