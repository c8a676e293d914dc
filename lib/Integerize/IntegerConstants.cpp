//===- IntegerConstants.cpp - Quantized constants and storage bytes behind quant casts ----------------------------===//
#include "IntegerConstants.h"

#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::qnn;

float IntegerConstant::dequantize(size_t element) const {
  int64_t parameter = getParameter(element);
  return numerics::dequantize(values[element], scales[parameter], zeroPoints[parameter]);
}

/// The elements of a constant of 8-bit, 16-bit or 32-bit storage, widened.
static std::optional<std::vector<int32_t>> readIntegers(Value storage, quant::QuantizedType type) {
  std::vector<int32_t> values;
  if (type.getStorageTypeIntegralWidth() == 32) {
    return readConstant<int32_t>(storage);
  }
  if (type.getStorageTypeIntegralWidth() == 16) {
    std::optional<std::vector<int16_t>> words = readConstant<int16_t>(storage);
    if (!words)
      return std::nullopt;
    for (int16_t word : *words)
      values.push_back(type.isSigned() ? static_cast<int32_t>(word)
                                       : static_cast<int32_t>(static_cast<uint16_t>(word)));
    return values;
  }
  std::optional<std::vector<int8_t>> bytes = readConstant<int8_t>(storage);
  if (type.getStorageTypeIntegralWidth() != 8 || !bytes)
    return std::nullopt;
  if (type.isSigned())
    return std::vector<int32_t>(bytes->begin(), bytes->end());
  values.reserve(bytes->size());
  for (int8_t byte : *bytes)
    values.push_back(static_cast<uint8_t>(byte));
  return values;
}

/// The integers of a quantized tensor that is a storage constant.
static std::optional<IntegerConstant> readQuantized(Value quantized) {
  auto cast = quantized.getDefiningOp<quant::StorageCastOp>();
  if (!cast)
    return std::nullopt;
  auto tensor = dyn_cast<RankedTensorType>(quantized.getType());
  auto type = tensor ? dyn_cast<quant::QuantizedType>(tensor.getElementType()) : nullptr;
  if (!type)
    return std::nullopt;
  std::optional<std::vector<int32_t>> values = readIntegers(cast.getInput(), type);
  if (!values)
    return std::nullopt;
  IntegerConstant constant;
  constant.values = std::move(*values);
  constant.width = type.getStorageTypeIntegralWidth();
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type)) {
    constant.scales.push_back(uniform.getScale());
    constant.zeroPoints.push_back(uniform.getZeroPoint());
    return constant;
  }
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (!perAxis)
    return std::nullopt;
  constant.scales.assign(perAxis.getScales().begin(), perAxis.getScales().end());
  constant.zeroPoints.assign(perAxis.getZeroPoints().begin(), perAxis.getZeroPoints().end());
  int64_t inner = 1, axis = perAxis.getQuantizedDimension();
  for (int64_t dim = axis + 1; dim < tensor.getRank(); ++dim)
    inner *= tensor.getDimSize(dim);
  int64_t size = tensor.getDimSize(axis);
  constant.parameters.reserve(constant.values.size());
  while (constant.parameters.size() < constant.values.size())
    for (int64_t parameter = 0; parameter < size; ++parameter)
      constant.parameters.insert(constant.parameters.end(), inner, parameter);
  return constant;
}

std::optional<IntegerConstant> qnn::resolveIntegerConstant(Value dequantized) {
  Operation *op = dequantized.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto cast = dyn_cast<quant::DequantizeCastOp>(op))
    return readQuantized(cast.getInput());
  auto moving = dyn_cast<QuantizableOpInterface>(op);
  if (!moving)
    return std::nullopt;
  QuantRule rule = moving.getQuantRule();
  if (rule.role != QuantRole::ValuePreserving || rule.activations.size() != 1)
    return std::nullopt;
  std::optional<IntegerConstant> source = resolveIntegerConstant(rule.activations.front()->get());
  std::optional<std::vector<int64_t>> positions = source ? moving.getElementSources() : std::nullopt;
  if (!positions)
    return std::nullopt;
  IntegerConstant result = *source;
  result.values.resize(positions->size());
  result.parameters.resize(source->parameters.empty() ? 0 : positions->size());
  for (auto [i, position] : llvm::enumerate(*positions)) {
    result.values[i] = source->values[position];
    if (!source->parameters.empty())
      result.parameters[i] = source->parameters[position];
  }
  return result;
}

std::optional<std::vector<float>> qnn::resolveFloatConstant(Value value) {
  if (std::optional<std::vector<float>> floats = readConstant<float>(value))
    return floats;
  std::optional<IntegerConstant> integers = resolveIntegerConstant(value);
  if (!integers)
    return std::nullopt;
  std::vector<float> floats(integers->values.size());
  for (size_t i = 0, e = floats.size(); i != e; ++i)
    floats[i] = integers->dequantize(i);
  return floats;
}

std::optional<StorageKind> qnn::getStorageKind(Type type) {
  auto uniform = dyn_cast<quant::UniformQuantizedType>(getElementTypeOrSelf(type));
  if (!uniform || !uniform.getExpressedType().isF32())
    return std::nullopt;
  StorageKind kind;
  kind.width = uniform.getStorageTypeIntegralWidth();
  if (kind.width != 8 && kind.width != 16)
    return std::nullopt;
  kind.isUnsigned = !uniform.isSigned();
  kind.scale = uniform.getScale();
  kind.zeroPoint = uniform.getZeroPoint();
  kind.min = uniform.getStorageTypeMin();
  kind.max = uniform.getStorageTypeMax();
  return kind;
}

Value qnn::getStorage(OpBuilder &builder, Value value) {
  if (auto cast = value.getDefiningOp<quant::StorageCastOp>())
    return cast.getInput();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(value);
  return quant::StorageCastOp::create(builder, value.getLoc(), quant::QuantizedType::castToStorageType(value.getType()),
                                      value);
}

Value qnn::getQuantizedSource(Value value) {
  auto cast = value.getDefiningOp<quant::DequantizeCastOp>();
  return cast ? cast.getInput() : Value();
}
