//===- IntegerConstants.h - Quantized constants and storage bytes behind quant casts ------------------------------===//
#ifndef QUANT_OPT_LIB_INTEGERIZE_INTEGERCONSTANTS_H
#define QUANT_OPT_LIB_INTEGERIZE_INTEGERCONSTANTS_H

#include "quant-opt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"

namespace mlir::qnn {

/// A constant tensor of integers with the parameters of each element.
struct IntegerConstant {
  std::vector<int32_t> values;
  std::vector<float> scales;
  std::vector<int32_t> zeroPoints;
  /// For each element the index of its scale and zero point; empty if there is one pair for all.
  std::vector<int64_t> parameters;
  unsigned width = 8;

  int64_t getParameter(size_t element) const { return parameters.empty() ? 0 : parameters[element]; }
  float dequantize(size_t element) const;
};

/// The integers behind a f32 tensor that is a dequantized constant, possibly reshaped or transposed afterwards.
std::optional<IntegerConstant> resolveIntegerConstant(Value dequantized);

/// Its f32 elements: of a float constant, or of a dequantized one.
std::optional<std::vector<float>> resolveFloatConstant(Value value);

/// What one storage integer of a tensor of this element type means; nothing unless it is per-tensor and 8 or 16 bits
/// wide.
std::optional<StorageKind> getStorageKind(Type type);

/// The tensor of storage integers that holds the quantized tensor `value`.
Value getStorage(OpBuilder &builder, Value value);

/// The quantized tensor that `value` dequantizes, or null.
Value getQuantizedSource(Value value);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_INTEGERIZE_INTEGERCONSTANTS_H
