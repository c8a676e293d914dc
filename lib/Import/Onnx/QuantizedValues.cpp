//===- QuantizedValues.cpp - Quantized types and the explicit arithmetic of the numeric contract -----------------===//
#include "QuantizedValues.h"

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include <cfloat>

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::onnx_import;

static std::pair<int64_t, int64_t> getRange(ElementType storage) {
  unsigned bits = 8 * getByteWidth(storage);
  if (isUnsigned(storage))
    return {0, static_cast<int64_t>(llvm::maxUIntN(bits))};
  return {llvm::minIntN(bits), llvm::maxIntN(bits)};
}

LogicalResult qnn::onnx_import::checkParams(NodeImporter &n, const QuantParams &params, ArrayRef<int64_t> shape,
                                            ElementType storage) {
  if (isFloat(storage) || storage == ElementType::Bool || getByteWidth(storage) == 8 || storage == ElementType::UInt32)
    return n.unsupported("quantized storage as " + getElementTypeName(storage));
  ElementType scale = n.inputType(params.scale);
  if (!isFloat(scale) || scale == ElementType::Double)
    return n.unsupported("a scale of type " + getElementTypeName(scale));
  bool hasZeroPoint = n.hasInput(params.zeroPoint);
  if (hasZeroPoint && n.inputType(params.zeroPoint) != storage)
    return n.invalid("the zero point has type " + getElementTypeName(n.inputType(params.zeroPoint)) + ", expected " +
                     getElementTypeName(storage));
  for (unsigned input : {params.scale, params.zeroPoint}) {
    if (!n.hasInput(input) || n.tensorType(input).getNumElements() == 1)
      continue;
    if (n.rank(input) != 1)
      return n.unsupported("a quantization parameter of rank " + Twine(n.rank(input)));
    if (params.axis >= static_cast<int64_t>(shape.size()) || n.shape(input)[0] != shape[params.axis])
      return n.invalid("a quantization parameter has " + Twine(n.shape(input)[0]) +
                       " elements, expected 1 or one for each " + "slice along the axis");
  }
  return success();
}

std::optional<SmallVector<int64_t>> qnn::onnx_import::getZeroPoints(NodeImporter &n, const QuantParams &params) {
  return n.hasInput(params.zeroPoint) ? n.ints(params.zeroPoint) : SmallVector<int64_t>{0};
}

quant::QuantizedType qnn::onnx_import::getQuantizedType(NodeImporter &n, const QuantParams &params,
                                                        ArrayRef<int64_t> shape, ElementType storage) {
  // 16 bits stay explicit arithmetic: the passes work on bytes.
  if (getByteWidth(storage) == 2)
    return {};
  std::optional<SmallVector<double>> scales = n.floats(params.scale);
  std::optional<SmallVector<int64_t>> zeroPoints = getZeroPoints(n, params);
  if (!scales || scales->empty() || !zeroPoints || zeroPoints->empty() || !llvm::all_equal(*zeroPoints))
    return {};
  for (double scale : *scales)
    if (!(scale >= FLT_MIN && scale <= FLT_MAX))
      return {};
  auto [least, most] = getRange(storage);
  unsigned flags = isUnsigned(storage) ? 0 : quant::QuantizationFlags::Signed;
  Type stored = n.irType(storage), expressed = n.b.getF32Type();
  if (scales->size() == 1)
    return quant::UniformQuantizedType::get(flags, stored, expressed, scales->front(), zeroPoints->front(), least,
                                            most);
  zeroPoints->assign(scales->size(), int64_t(zeroPoints->front()));
  return quant::UniformQuantizedPerAxisType::get(flags, stored, expressed, *scales, *zeroPoints, params.axis, least,
                                                 most);
}

Value qnn::onnx_import::alignParam(NodeImporter &n, Value param, int64_t axis, int64_t rank) {
  auto type = cast<RankedTensorType>(param.getType());
  if (type.getNumElements() == 1)
    return n.reshape(param, {});
  SmallVector<int64_t> aligned(rank - axis, 1);
  aligned[0] = type.getNumElements();
  return n.reshape(param, aligned);
}

Value qnn::onnx_import::dequantize(NodeImporter &n, Value stored, quant::QuantizedType type) {
  auto tensor = cast<RankedTensorType>(stored.getType());
  Value quantized = n.b.createOrFold<quant::StorageCastOp>(n.b.getLoc(), tensor.clone(type), stored);
  // Upstream would fold the pair, and the rounding with it.
  if (quantized.getDefiningOp<quant::QuantizeCastOp>())
    quantized = BarrierOp::create(n.b, quantized);
  return quant::DequantizeCastOp::create(n.b, tensor.clone(type.getExpressedType()), quantized);
}

Value qnn::onnx_import::quantize(NodeImporter &n, Value real, quant::QuantizedType type) {
  auto tensor = cast<RankedTensorType>(real.getType());
  Value quantized = quant::QuantizeCastOp::create(n.b, tensor.clone(type), real);
  return quant::StorageCastOp::create(n.b, tensor.clone(type.getStorageType()), quantized);
}

Value qnn::onnx_import::roundAndClamp(NodeImporter &n, ImplicitLocOpBuilder &b, Value scaled, Value zeroPoint,
                                      ElementType storage) {
  Type i32 = b.getI32Type(), f32 = b.getF32Type();
  auto [least, most] = getRange(storage);
  // The rounded value is clamped while it is a float, where the bounds are exact, so that its conversion cannot
  // overflow.
  Value lower = arith::SIToFPOp::create(b, f32, arith::SubIOp::create(b, n.scalarInt(i32, least), zeroPoint));
  Value upper = arith::SIToFPOp::create(b, f32, arith::SubIOp::create(b, n.scalarInt(i32, most), zeroPoint));
  Value rounded = math::RoundEvenOp::create(b, scaled);
  Value isNan = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, rounded, rounded);
  Value number = arith::SelectOp::create(b, isNan, n.scalar(f32, 0), rounded);
  Value clamped = arith::MinimumFOp::create(b, arith::MaximumFOp::create(b, number, lower), upper);
  Value shifted = arith::AddIOp::create(b, arith::FPToSIOp::create(b, i32, clamped), zeroPoint);
  return arith::TruncIOp::create(b, n.irType(storage), shifted);
}

Value qnn::onnx_import::getScale(NodeImporter &n, const QuantParams &params, int64_t rank) {
  Value scale = n.castTensor(n.input(params.scale), n.inputType(params.scale), ElementType::Float);
  return scale ? alignParam(n, scale, params.axis, rank) : Value();
}

Value qnn::onnx_import::getZeroPoint(NodeImporter &n, const QuantParams &params, int64_t rank, ElementType storage) {
  if (!n.hasInput(params.zeroPoint))
    return arith::ConstantOp::create(n.b,
                                     DenseElementsAttr::get(RankedTensorType::get({}, n.b.getI32Type()), int32_t(0)));
  Value zeroPoint = n.castTensor(n.input(params.zeroPoint), storage, ElementType::Int32);
  return zeroPoint ? alignParam(n, zeroPoint, params.axis, rank) : Value();
}

Factor qnn::onnx_import::getIntegerFactor(NodeImporter &n, unsigned data, const QuantParams &params) {
  ElementType type = n.inputType(data);
  if (!n.hasInput(params.zeroPoint))
    return {n.input(data), type};
  std::optional<SmallVector<int64_t>> zeroPoints = n.ints(params.zeroPoint);
  if (zeroPoints && !zeroPoints->empty() && llvm::all_equal(*zeroPoints))
    return {n.input(data), type, zeroPoints->front()};
  Value zeroPoint = getZeroPoint(n, params, n.rank(data), type);
  if (!zeroPoint)
    return {};
  Type i32 = n.b.getI32Type();
  Value difference =
      n.elementwise({n.input(data), zeroPoint}, i32, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        return arith::SubIOp::create(b, n.castScalar(b, args[0], type, ElementType::Int32), args[1]);
      });
  return {difference, ElementType::Int32};
}
