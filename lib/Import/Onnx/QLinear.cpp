//===- QLinear.cpp - Quantized convolutions and matrix products: QLinear and Integer operators -------------------===//
#include "QuantizedValues.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

static bool isByte(ElementType type) { return type == ElementType::Int8 || type == ElementType::UInt8; }

/// requantize_c1 with parameters computed at run time: `lhs` and `rhs` name the inputs of the two scales.
static Value requantize(NodeImporter &n, Value sum, Value lhsScale, Value rhsScale, const QuantParams &result,
                        ElementType storage) {
  if (!sum)
    return {};
  int64_t rank = cast<RankedTensorType>(sum.getType()).getRank();
  Type f32 = n.b.getF32Type();
  Value resultScale = getScale(n, result, rank);
  Value multiplier =
      n.elementwise({lhsScale, rhsScale, resultScale}, f32, [](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        return arith::DivFOp::create(b, arith::MulFOp::create(b, args[0], args[1]), args[2]);
      });
  Value zeroPoint = getZeroPoint(n, result, rank, storage);
  return n.elementwise({sum, multiplier, zeroPoint}, n.irType(storage),
                       [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                         Value asFloat = arith::SIToFPOp::create(b, f32, args[0]);
                         return roundAndClamp(n, b, arith::MulFOp::create(b, asFloat, args[1]), args[2], storage);
                       });
}

/// Inputs 0 to 7 of a QLinear operator: two operands and the result, each with scale and zero point.
struct QLinearParams {
  QuantParams lhs{1, 2, 0}, rhs{4, 5, 0}, result{6, 7, 0};
  ElementType storage = ElementType::None;
};

static LogicalResult checkQLinear(NodeImporter &n, QLinearParams &params) {
  if (!isByte(n.inputType(0)) || !isByte(n.inputType(3)))
    return n.invalid("both operands must be int8 or uint8");
  params.storage = n.inputType(7);
  if (!isByte(params.storage))
    return n.invalid("the result's zero point must be int8 or uint8");
  if (failed(checkParams(n, params.lhs, n.shape(0), n.inputType(0))) ||
      failed(checkParams(n, params.rhs, n.shape(3), n.inputType(3))))
    return failure();
  if (n.tensorType(6).getNumElements() != 1 || n.tensorType(7).getNumElements() != 1)
    return n.unsupported("a result with a scale for each slice");
  return checkParams(n, params.result, {}, params.storage);
}

/// The types of both operands and the result; false if one cannot be stated as a type, or if the left operand has more
/// than one scale, which no integer contraction can keep.
struct QLinearTypes {
  quant::QuantizedType lhs, rhs, result;
  explicit operator bool() const { return isa_and_nonnull<quant::UniformQuantizedType>(lhs) && rhs && result; }
};

static QLinearTypes getTypes(NodeImporter &n, const QLinearParams &params) {
  return {getQuantizedType(n, params.lhs, n.shape(0), n.inputType(0)),
          getQuantizedType(n, params.rhs, n.shape(3), n.inputType(3)),
          getQuantizedType(n, params.result, {}, params.storage)};
}

//===--- QLinearConv and ConvInteger -----------------------------------------------------------------------------===//

/// The window of a convolution of input 0 by input `weights`.
static std::optional<Window> getConvolutionWindow(NodeImporter &n, unsigned weights) {
  if (n.rank(0) < 3 || n.rank(weights) != n.rank(0)) {
    (void)n.invalid("data of rank " + Twine(n.rank(0)) + " and weights of rank " + Twine(n.rank(weights)) +
                    " do not make a convolution");
    return std::nullopt;
  }
  return getWindow(n, n.shape(0).drop_front(2), n.shape(weights).drop_front(2));
}

/// The i32 bias as a real value with the scale of the accumulator, f32(sA * sW), per output channel or not.
static Value dequantizeBias(NodeImporter &n, unsigned bias, const QLinearTypes &types) {
  double dataScale = cast<quant::UniformQuantizedType>(types.lhs).getScale();
  SmallVector<double> weightScales;
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(types.rhs))
    weightScales.assign(perAxis.getScales().begin(), perAxis.getScales().end());
  else
    weightScales.push_back(cast<quant::UniformQuantizedType>(types.rhs).getScale());
  SmallVector<double> scales;
  for (double scale : weightScales) {
    float product = static_cast<float>(dataScale) * static_cast<float>(scale);
    if (!std::isnormal(product))
      return {};
    scales.push_back(product);
  }
  Type i32 = n.b.getI32Type(), f32 = n.b.getF32Type();
  int64_t least = std::numeric_limits<int32_t>::min(), most = std::numeric_limits<int32_t>::max();
  if (scales.size() == 1)
    return dequantize(
        n, n.input(bias),
        quant::UniformQuantizedType::get(quant::QuantizationFlags::Signed, i32, f32, scales[0], 0, least, most));
  SmallVector<int64_t> zeroPoints(scales.size(), 0);
  return dequantize(n, n.input(bias),
                    quant::UniformQuantizedPerAxisType::get(quant::QuantizationFlags::Signed, i32, f32, scales,
                                                            zeroPoints,
                                                            /*quantizedDimension=*/0, least, most));
}

static LogicalResult importQLinearConv(NodeImporter &n) {
  QLinearParams params;
  if (failed(checkQLinear(n, params)))
    return failure();
  std::optional<Window> window = getConvolutionWindow(n, 3);
  if (!window)
    return failure();
  bool hasBias = n.hasInput(8);
  if (hasBias && (n.inputType(8) != ElementType::Int32 || n.rank(8) != 1 || n.shape(8)[0] != n.shape(3)[0]))
    return n.invalid("the bias must hold one int32 for each output channel");
  if (n.tensorType(1).getNumElements() != 1 || n.tensorType(2).getNumElements() != 1)
    return n.unsupported("data with a scale for each slice");
  int64_t groups = n.intAttr("group", 1);

  QLinearTypes types = getTypes(n, params);
  Value bias;
  if (types && hasBias && n.isConstant(8))
    bias = dequantizeBias(n, 8, types);
  if (types && (!hasBias || bias)) {
    Factor data{dequantize(n, n.input(0), types.lhs), ElementType::Float};
    Factor weights{dequantize(n, n.input(3), types.rhs), ElementType::Float};
    Value sum = convolve(n, data, weights, *window, groups);
    if (sum && bias)
      sum = addPerChannel(n, sum, bias);
    return n.setResult(0, sum ? quantize(n, sum, types.result) : sum, params.storage);
  }

  Value sum = convolve(n, getIntegerFactor(n, 0, params.lhs), getIntegerFactor(n, 3, params.rhs), *window, groups);
  if (sum && hasBias)
    sum = addPerChannel(n, sum, n.input(8));
  if (!sum)
    return failure();
  int64_t rank = n.rank(0);
  // The weights' channels are the result's dimension 1.
  Value result =
      requantize(n, sum, getScale(n, {1, 2, 0}, rank), getScale(n, {4, 5, 1}, rank), params.result, params.storage);
  return n.setResult(0, result, params.storage);
}

static LogicalResult importConvInteger(NodeImporter &n) {
  if (!isByte(n.inputType(0)) || !isByte(n.inputType(1)))
    return n.invalid("both operands must be int8 or uint8");
  std::optional<Window> window = getConvolutionWindow(n, 1);
  if (!window)
    return failure();
  if (n.hasInput(2) && (n.inputType(2) != n.inputType(0) || n.tensorType(2).getNumElements() != 1))
    return n.invalid("the data's zero point must be one element of the data's type");
  if (n.hasInput(3) && (n.inputType(3) != n.inputType(1) || n.rank(3) > 1 ||
                        (n.rank(3) == 1 && n.shape(3)[0] != 1 && n.shape(3)[0] != n.shape(1)[0])))
    return n.invalid(
        "the weights' zero point must be of the weights' type, one element or one for each output channel");
  Value sum =
      convolve(n, getIntegerFactor(n, 0, {0, 2, 0}), getIntegerFactor(n, 1, {0, 3, 0}), *window, n.intAttr("group", 1));
  return n.setResult(0, sum, ElementType::Int32);
}

//===--- QLinearMatMul and MatMulInteger -------------------------------------------------------------------------===//

static LogicalResult importQLinearMatMul(NodeImporter &n) {
  if (n.rank(0) < 1 || n.rank(3) < 1)
    return n.invalid("both operands must have rank 1 or more");
  QLinearParams params;
  // Vectors of parameters run along the rows of the left and the columns of the right operand.
  params.lhs.axis = std::max<int64_t>(n.rank(0) - 2, 0);
  params.rhs.axis = n.rank(3) - 1;
  if (failed(checkQLinear(n, params)))
    return failure();
  if (QLinearTypes types = getTypes(n, params)) {
    Factor lhs{dequantize(n, n.input(0), types.lhs), ElementType::Float};
    Factor rhs{dequantize(n, n.input(3), types.rhs), ElementType::Float};
    Value product = multiplyMatrices(n, lhs, rhs);
    return n.setResult(0, product ? quantize(n, product, types.result) : product, params.storage);
  }
  Value sum = multiplyMatrices(n, getIntegerFactor(n, 0, params.lhs), getIntegerFactor(n, 3, params.rhs));
  if (!sum)
    return failure();
  int64_t rank = cast<RankedTensorType>(sum.getType()).getRank();
  if (rank < 2 && (n.tensorType(1).getNumElements() != 1 || n.tensorType(4).getNumElements() != 1))
    return n.unsupported("a scale for each slice of a vector");
  Value result = requantize(n, sum, getScale(n, {1, 2, rank - 2}, rank), getScale(n, {4, 5, rank - 1}, rank),
                            params.result, params.storage);
  return n.setResult(0, result, params.storage);
}

static LogicalResult importMatMulInteger(NodeImporter &n) {
  if (!isByte(n.inputType(0)) || !isByte(n.inputType(1)))
    return n.invalid("both operands must be int8 or uint8");
  if (n.rank(0) < 1 || n.rank(1) < 1)
    return n.invalid("both operands must have rank 1 or more");
  // A vector of zero points runs along the rows of the left and the columns of the right operand.
  QuantParams params[] = {{0, 2, std::max<int64_t>(n.rank(0) - 2, 0)}, {0, 3, n.rank(1) - 1}};
  for (unsigned i : {0u, 1u}) {
    unsigned zeroPoint = params[i].zeroPoint;
    if (!n.hasInput(zeroPoint))
      continue;
    if (n.inputType(zeroPoint) != n.inputType(i))
      return n.invalid("a zero point must be of its operand's type");
    if (n.tensorType(zeroPoint).getNumElements() == 1)
      continue;
    if (n.rank(zeroPoint) != 1)
      return n.unsupported("a zero point of rank " + Twine(n.rank(zeroPoint)));
    if (n.shape(zeroPoint)[0] != n.shape(i)[params[i].axis])
      return n.invalid("a zero point has " + Twine(n.shape(zeroPoint)[0]) + " elements, expected " +
                       Twine(n.shape(i)[params[i].axis]));
  }
  Value sum = multiplyMatrices(n, getIntegerFactor(n, 0, params[0]), getIntegerFactor(n, 1, params[1]));
  return n.setResult(0, sum, ElementType::Int32);
}

void qnn::onnx_import::populateQLinear(OpTable &table) {
  table.add("QLinearConv", importQLinearConv, 8, 9);
  table.add("ConvInteger", importConvInteger, 2, 4);
  table.add("QLinearMatMul", importQLinearMatMul, 8, 8);
  table.add("MatMulInteger", importMatMulInteger, 2, 4);
}
