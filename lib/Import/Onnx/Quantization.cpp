//===- Quantization.cpp - QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear --------------------------------===//
#include "QuantizedValues.h"

#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cfloat>

using namespace mlir;
using namespace mlir::qnn::onnx_import;

/// The parameters in inputs 1 and 2 along the attribute `axis`, checked against input 0.
static std::optional<QuantParams> getParams(NodeImporter &n, ElementType storage) {
  QuantParams params{1, 2, 0};
  if (n.intAttr("block_size", 0) != 0) {
    (void)n.unsupported("quantization in blocks");
    return std::nullopt;
  }
  // The axis matters only to vectors; of a scalar it may be out of range.
  if (n.tensorType(1).getNumElements() != 1 || (n.hasInput(2) && n.tensorType(2).getNumElements() != 1)) {
    std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 1), n.rank(0));
    if (!axis)
      return std::nullopt;
    params.axis = *axis;
  }
  if (failed(checkParams(n, params, n.shape(0), storage)))
    return std::nullopt;
  return params;
}

//===--- QuantizeLinear ------------------------------------------------------------------------------------------===//

/// The stored integers of constant data with constant parameters; null if either is not constant.
static Value quantizeConstant(NodeImporter &n, const QuantParams &params, ElementType storage) {
  std::optional<std::vector<float>> data = qnn::readConstant<float>(n.input(0));
  std::optional<SmallVector<double>> scales = n.floats(params.scale);
  std::optional<SmallVector<int64_t>> zeroPoints = getZeroPoints(n, params);
  if (n.inputType(0) != ElementType::Float || getByteWidth(storage) != 1 || !data || !scales || scales->empty() ||
      !zeroPoints || zeroPoints->empty())
    return {};
  int64_t inner = 1;
  for (int64_t size : n.shape(0).drop_front(std::min<int64_t>(params.axis + 1, n.rank(0))))
    inner *= size;
  int32_t lo = isUnsigned(storage) ? 0 : -128, hi = isUnsigned(storage) ? 255 : 127;
  std::vector<int8_t> stored(data->size());
  for (size_t i = 0; i < data->size(); ++i) {
    auto pick = [&](const auto &values) { return values[values.size() == 1 ? 0 : (i / inner) % values.size()]; };
    stored[i] = static_cast<int8_t>(qnn::numerics::quantize((*data)[i], static_cast<float>(pick(*scales)),
                                                            static_cast<int32_t>(pick(*zeroPoints)), lo, hi));
  }
  return qnn::createConstant<int8_t>(n.b, n.b.getLoc(), n.tensorType(0).clone(n.irType(storage)), stored, n.getName());
}

static LogicalResult importQuantizeLinear(NodeImporter &n) {
  ElementType storage = ElementType::UInt8;
  if (n.hasInput(2))
    storage = n.inputType(2);
  else if (int64_t asked = n.intAttr("output_dtype", 0))
    storage = getElementType(asked);
  if (isFloat(storage) || getByteWidth(storage) < 1 || getByteWidth(storage) > 2 || storage == ElementType::Bool)
    return n.unsupported("quantized storage as " +
                         (storage == ElementType::None ? "a type other than integers" : getElementTypeName(storage)));
  ElementType type = n.inputType(0);
  if (type != ElementType::Int32 && (!isFloat(type) || type == ElementType::Double))
    return n.unsupported("data of type " + getElementTypeName(type));
  std::optional<QuantParams> params = getParams(n, storage);
  if (!params)
    return failure();
  if (Value stored = quantizeConstant(n, *params, storage))
    return n.setResult(0, stored, storage);
  Value data = n.castTensor(n.input(0), type, ElementType::Float);
  if (!data)
    return failure();
  if (quant::QuantizedType quantized = getQuantizedType(n, *params, n.shape(0), storage))
    return n.setResult(0, quantize(n, data, quantized), storage);
  // quantize_c1
  Value scale = getScale(n, *params, n.rank(0));
  Value zeroPoint = getZeroPoint(n, *params, n.rank(0), storage);
  Value stored = n.elementwise({data, scale, zeroPoint}, n.irType(storage),
                               [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                                 Value scaled = arith::DivFOp::create(b, args[0], args[1]);
                                 return roundAndClamp(n, b, scaled, args[2], storage);
                               });
  return n.setResult(0, stored, storage);
}

//===--- DequantizeLinear ----------------------------------------------------------------------------------------===//

static LogicalResult importDequantizeLinear(NodeImporter &n) {
  ElementType storage = n.inputType(0);
  std::optional<QuantParams> params = getParams(n, storage);
  if (!params)
    return failure();
  // Sums of 32 bits that are computed at run time are no quantized values for the passes to work on.
  ElementType result = n.inputType(params->scale);
  if (storage != ElementType::Int32 || n.isConstant(0))
    if (quant::QuantizedType quantized = getQuantizedType(n, *params, n.shape(0), storage))
      return n.setResult(0, n.castTensor(dequantize(n, n.input(0), quantized), ElementType::Float, result), result);
  // dequantize_c1
  Value scale = getScale(n, *params, n.rank(0));
  Value zeroPoint = getZeroPoint(n, *params, n.rank(0), storage);
  Value real = n.elementwise({n.input(0), scale, zeroPoint}, n.b.getF32Type(),
                             [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                               Value extended = n.castScalar(b, args[0], storage, ElementType::Int32);
                               Value difference = arith::SubIOp::create(b, extended, args[2]);
                               Value asFloat = arith::SIToFPOp::create(b, b.getF32Type(), difference);
                               return arith::MulFOp::create(b, asFloat, args[1]);
                             });
  return n.setResult(0, real ? n.castTensor(real, ElementType::Float, result) : real, result);
}

//===--- DynamicQuantizeLinear -----------------------------------------------------------------------------------===//

static LogicalResult importDynamicQuantizeLinear(NodeImporter &n) {
  if (n.inputType(0) != ElementType::Float)
    return n.invalid("the data must be floats");
  Type f32 = n.b.getF32Type(), i8 = n.b.getI8Type();
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(0)));
  // Starting from zero is params_c1's min(lo, 0) and max(hi, 0).
  Value low = n.reduce(
      n.input(0), axes, /*keepDims=*/false, n.scalar(f32, 0),
      [](ImplicitLocOpBuilder &b, ValueRange args) -> Value { return arith::MinNumFOp::create(b, args[1], args[0]); });
  Value high = n.reduce(
      n.input(0), axes, /*keepDims=*/false, n.scalar(f32, 0),
      [](ImplicitLocOpBuilder &b, ValueRange args) -> Value { return arith::MaxNumFOp::create(b, args[1], args[0]); });
  Value scale = n.elementwise({low, high}, f32, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    Value steps = n.scalar(f32, 255);
    // As in params_c1, infinite bounds count as the largest numbers, and a width that is not finite is divided in
    // halves.
    Value least = arith::MaxNumFOp::create(b, args[0], n.scalar(f32, -FLT_MAX));
    Value most = arith::MinNumFOp::create(b, args[1], n.scalar(f32, FLT_MAX));
    Value width = arith::SubFOp::create(b, most, least);
    Value whole = arith::DivFOp::create(b, width, steps);
    Value halves =
        arith::SubFOp::create(b, arith::DivFOp::create(b, most, steps), arith::DivFOp::create(b, least, steps));
    Value isFinite = arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, width, n.scalar(f32, FLT_MAX));
    Value quotient = arith::SelectOp::create(b, isFinite, whole, halves);
    // params_c3
    Value usable = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, quotient, n.scalar(f32, FLT_MIN));
    return arith::SelectOp::create(b, usable, quotient, n.scalar(f32, 1));
  });
  Value zeroPoint = n.elementwise({low, scale}, i8, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    Value least = arith::MaxNumFOp::create(b, args[0], n.scalar(f32, -FLT_MAX));
    Value quotient = arith::DivFOp::create(b, least, args[1]);
    Value exact = arith::SubFOp::create(b, n.scalar(f32, 0), quotient);
    return roundAndClamp(n, b, exact, n.scalarInt(b.getI32Type(), 0), ElementType::UInt8);
  });
  Value stored =
      n.elementwise({n.input(0), scale, zeroPoint}, i8, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        Value scaled = arith::DivFOp::create(b, args[0], args[1]);
        Value extended = n.castScalar(b, args[2], ElementType::UInt8, ElementType::Int32);
        return roundAndClamp(n, b, scaled, extended, ElementType::UInt8);
      });
  if (failed(n.setResult(0, stored, ElementType::UInt8)) || failed(n.setResult(1, scale, ElementType::Float)))
    return failure();
  return n.setResult(2, zeroPoint, ElementType::UInt8);
}

void qnn::onnx_import::populateQuantization(OpTable &table) {
  table.add("QuantizeLinear", importQuantizeLinear, 2, 3);
  table.add("DequantizeLinear", importDequantizeLinear, 2, 3);
  table.add("DynamicQuantizeLinear", importDynamicQuantizeLinear, 1, 1);
}
