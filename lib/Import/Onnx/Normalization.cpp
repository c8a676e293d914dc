//===- Normalization.cpp - Batch, layer, instance, group and local response normalization ------------------------===//
#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace mlir::qnn::onnx_import;

/// The shape that lines a vector up with dimension 1 of a tensor of that rank.
static SmallVector<int64_t> channelShape(int64_t channels, int64_t rank) {
  SmallVector<int64_t> shape(rank - 1, 1);
  shape[0] = channels;
  return shape;
}

/// Checks that the inputs [first, last) are vectors of `channels` elements of a float type.
static LogicalResult checkVectors(NodeImporter &n, unsigned first, unsigned last, int64_t channels) {
  for (unsigned i = first; i < last; ++i) {
    if (!isFloat(n.inputType(i)) || n.rank(i) != 1 || n.shape(i)[0] != channels)
      return n.invalid("input " + Twine(i) + " must hold one float for each of " + Twine(channels) + " channels");
  }
  return success();
}

//===--- BatchNormalization --------------------------------------------------------------------------------------===//

static LogicalResult importBatchNormalization(NodeImporter &n) {
  ElementType type = n.inputType(0);
  if (!isFloat(type) || n.rank(0) < 2)
    return n.invalid("the data must be floats of rank 2 or more");
  if (n.opset() < 9 && n.intAttr("spatial", 1) == 0)
    return n.unsupported("spatial = 0");
  if (n.opset() < 7 && n.intAttr("is_test", 0) == 0)
    return n.unsupported("training mode (is_test = 0)");
  if (n.opset() >= 14 && n.intAttr("training_mode", 0) != 0)
    return n.unsupported("training_mode = 1");
  for (unsigned i = 1; i < n.numOutputs(); ++i)
    if (n.hasOutput(i))
      return n.unsupported("a training output");
  int64_t channels = n.shape(0)[1], rank = n.rank(0);
  if (failed(checkVectors(n, 1, 5, channels)))
    return failure();
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  ElementType work = getAccumulatorType(type);
  Value data = n.castTensor(n.input(0), type, work);
  Value result;
  std::optional<SmallVector<double>> scale = n.floats(1), bias = n.floats(2), mean = n.floats(3),
                                     variance = n.floats(4);
  if (scale && bias && mean && variance) {
    // y = a x + b, both rounded once.
    SmallVector<double> a, b;
    for (int64_t i = 0; i < channels; ++i) {
      a.push_back((*scale)[i] / std::sqrt((*variance)[i] + epsilon));
      b.push_back((*bias)[i] - (*mean)[i] * a.back());
    }
    SmallVector<int64_t> aligned = channelShape(channels, rank);
    result = n.elementwise({data, n.floatTensor(a, aligned, work), n.floatTensor(b, aligned, work)}, n.irType(work),
                           [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                             Value scaled = arith::MulFOp::create(b, args[0], args[1]);
                             return arith::AddFOp::create(b, scaled, args[2]);
                           });
  } else {
    SmallVector<Value> operands{data};
    for (unsigned i = 1; i < 5; ++i)
      operands.push_back(n.reshape(n.castTensor(n.input(i), n.inputType(i), work), channelShape(channels, rank)));
    result = n.elementwise(operands, n.irType(work), [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
      Value shifted = arith::AddFOp::create(b, args[4], n.scalar(n.irType(work), epsilon));
      Value factor = arith::DivFOp::create(b, args[1], math::SqrtOp::create(b, shifted));
      Value centered = arith::SubFOp::create(b, args[0], args[3]);
      return arith::AddFOp::create(b, arith::MulFOp::create(b, centered, factor), args[2]);
    });
  }
  if (result)
    result = n.castTensor(result, work, type);
  return n.setResult(0, result, type);
}

//===--- Over axes of the tensor itself --------------------------------------------------------------------------===//

namespace {

struct Moments {
  Value mean, centered, inverseDeviation; // the first and last with the reduced dimensions kept as 1
};

/// Mean and 1 / sqrt(variance + epsilon) over axes, in two passes.
Moments getMoments(NodeImporter &n, Value data, ArrayRef<int64_t> axes, double epsilon) {
  auto tensor = cast<RankedTensorType>(data.getType());
  Type element = tensor.getElementType();
  double count = 1;
  for (int64_t axis : axes)
    count *= tensor.getDimSize(axis);
  auto add = [](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    return arith::AddFOp::create(b, args[1], args[0]);
  };
  auto divide = [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    return arith::DivFOp::create(b, args[0], n.scalar(element, count));
  };
  Moments moments;
  moments.mean = n.elementwise(n.reduce(data, axes, /*keepDims=*/true, n.scalar(element, 0), add), element, divide);
  moments.centered =
      n.elementwise({data, moments.mean}, element, [](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        return arith::SubFOp::create(b, args[0], args[1]);
      });
  Value squares = n.reduce(moments.centered, axes, /*keepDims=*/true, n.scalar(element, 0),
                           [](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                             return arith::AddFOp::create(b, args[1], arith::MulFOp::create(b, args[0], args[0]));
                           });
  moments.inverseDeviation = n.elementwise(squares, element, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    Value shifted = arith::AddFOp::create(b, divide(b, args), n.scalar(element, epsilon));
    return arith::DivFOp::create(b, n.scalar(element, 1), math::SqrtOp::create(b, shifted));
  });
  return moments;
}

/// centered * inverseDeviation * scale (+ bias, unless null).
Value applyMoments(NodeImporter &n, const Moments &moments, Value scale, Value bias) {
  SmallVector<Value> operands{moments.centered, moments.inverseDeviation, scale};
  if (bias)
    operands.push_back(bias);
  Type element = cast<RankedTensorType>(moments.centered.getType()).getElementType();
  return n.elementwise(operands, element, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    Value scaled = arith::MulFOp::create(b, arith::MulFOp::create(b, args[0], args[1]), args[2]);
    return bias ? arith::AddFOp::create(b, scaled, args[3]).getResult() : scaled;
  });
}

} // namespace

static LogicalResult importLayerNormalization(NodeImporter &n) {
  ElementType type = n.inputType(0);
  if (!isFloat(type))
    return n.invalid("the data must be floats");
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", -1), n.rank(0));
  if (!axis)
    return failure();
  auto axes = llvm::to_vector(llvm::seq<int64_t>(*axis, n.rank(0)));
  ElementType work = getAccumulatorType(type);
  ElementType stash = n.intAttr("stash_type", 1) == 1 ? ElementType::Float : type;
  Moments moments = getMoments(n, n.castTensor(n.input(0), type, work), axes, n.floatAttr("epsilon", 1e-5f));
  Value scale = n.castTensor(n.input(1), n.inputType(1), work);
  Value bias = n.hasInput(2) ? n.castTensor(n.input(2), n.inputType(2), work) : Value();
  Value result = applyMoments(n, moments, scale, bias);
  if (!result)
    return failure();
  if (cast<RankedTensorType>(result.getType()).getShape() != n.shape(0))
    return n.invalid("scale or bias does not broadcast to the data's shape");
  if (failed(n.setResult(0, n.castTensor(result, work, type), type)))
    return failure();
  if (n.hasOutput(1) && failed(n.setResult(1, n.castTensor(moments.mean, work, stash), stash)))
    return failure();
  if (n.hasOutput(2))
    return n.setResult(2, n.castTensor(moments.inverseDeviation, work, stash), stash);
  return success();
}

static LogicalResult importInstanceNormalization(NodeImporter &n) {
  ElementType type = n.inputType(0);
  if (!isFloat(type) || n.rank(0) < 3)
    return n.invalid("the data must be floats of rank 3 or more");
  int64_t channels = n.shape(0)[1], rank = n.rank(0);
  if (failed(checkVectors(n, 1, 3, channels)))
    return failure();
  ElementType work = getAccumulatorType(type);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  Moments moments = getMoments(n, n.castTensor(n.input(0), type, work), axes, n.floatAttr("epsilon", 1e-5f));
  SmallVector<int64_t> aligned = channelShape(channels, rank);
  Value scale = n.reshape(n.castTensor(n.input(1), n.inputType(1), work), aligned);
  Value bias = n.reshape(n.castTensor(n.input(2), n.inputType(2), work), aligned);
  Value result = applyMoments(n, moments, scale, bias);
  return n.setResult(0, result ? n.castTensor(result, work, type) : result, type);
}

static LogicalResult importGroupNormalization(NodeImporter &n) {
  ElementType type = n.inputType(0);
  if (!isFloat(type) || n.rank(0) < 3)
    return n.invalid("the data must be floats of rank 3 or more");
  int64_t channels = n.shape(0)[1], groups = n.intAttr("num_groups", 0);
  if (groups < 1 || channels % groups != 0)
    return n.invalid(Twine(channels) + " channels do not divide into " + Twine(groups) + " groups");
  // Scale and bias were one for each group until opset 21.
  bool perGroup = n.opset() < 21;
  if (failed(checkVectors(n, 1, 3, perGroup ? groups : channels)))
    return failure();
  ElementType work = getAccumulatorType(type);
  SmallVector<int64_t> grouped{n.shape(0)[0], groups, channels / groups};
  llvm::append_range(grouped, n.shape(0).drop_front(2));
  Value data = n.reshape(n.castTensor(n.input(0), type, work), grouped);
  if (!data)
    return failure();
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, grouped.size()));
  Moments moments = getMoments(n, data, axes, n.floatAttr("epsilon", 1e-5f));
  SmallVector<int64_t> aligned(grouped.size() - 1, 1);
  aligned[0] = groups;
  if (!perGroup)
    aligned[1] = channels / groups;
  Value scale = n.reshape(n.castTensor(n.input(1), n.inputType(1), work), aligned);
  Value bias = n.reshape(n.castTensor(n.input(2), n.inputType(2), work), aligned);
  Value result = n.reshape(applyMoments(n, moments, scale, bias), n.shape(0));
  return n.setResult(0, result ? n.castTensor(result, work, type) : result, type);
}

//===--- LRN -----------------------------------------------------------------------------------------------------===//

static LogicalResult importLrn(NodeImporter &n) {
  ElementType type = n.inputType(0);
  int64_t size = n.intAttr("size", 0), rank = n.rank(0);
  if (type != ElementType::Float || rank < 3)
    return type == ElementType::Float ? n.invalid("the data must have rank 3 or more")
                                      : n.unsupported("an element type but float");
  if (size < 1 || size > n.shape(0)[1] * 2 + 1)
    return n.unsupported("a size of " + Twine(size) + " for " + Twine(n.shape(0)[1]) + " channels");
  Type element = n.irType(type);
  Value zero = n.scalar(element, 0);
  SmallVector<int64_t> low(rank, 0), high(rank, 0);
  low[1] = (size - 1) / 2;
  high[1] = size - 1 - low[1];
  Value padded = n.pad(n.input(0), low, high, zero);
  if (!padded)
    return failure();
  // The sum of squares over a window of channels.
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < rank; ++i)
    exprs.push_back(n.b.getAffineDimExpr(i));
  AffineMap result = AffineMap::get(rank + 1, 0, exprs, n.getContext());
  AffineExpr window = n.b.getAffineDimExpr(rank);
  exprs[1] = exprs[1] + window;
  SmallVector<AffineMap> maps{AffineMap::get(rank + 1, 0, exprs, n.getContext()),
                              AffineMap::get(rank + 1, 0, window, n.getContext()), result};
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  Value init = n.filled(n.shape(0), zero);
  Value squares = linalg::GenericOp::create(n.b, init.getType(), ValueRange{padded, n.empty({size}, element)}, init,
                                            maps, iterators,
                                            [](OpBuilder &b, Location loc, ValueRange args) {
                                              Value square = arith::MulFOp::create(b, loc, args[0], args[0]);
                                              Value sum = arith::AddFOp::create(b, loc, args[2], square);
                                              linalg::YieldOp::create(b, loc, sum);
                                            })
                      .getResult(0);
  double alpha = n.floatAttr("alpha", 1e-4f), beta = n.floatAttr("beta", 0.75f), bias = n.floatAttr("bias", 1.0f);
  Value normalized =
      n.elementwise({n.input(0), squares}, element, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        Value scaled = arith::MulFOp::create(b, args[1], n.scalar(element, alpha / size));
        Value base = arith::AddFOp::create(b, scaled, n.scalar(element, bias));
        return arith::DivFOp::create(b, args[0], math::PowFOp::create(b, base, n.scalar(element, beta)));
      });
  return n.setResult(0, normalized, type);
}

void qnn::onnx_import::populateNormalization(OpTable &table) {
  table.add("BatchNormalization", importBatchNormalization, 5, 5);
  table.add("LayerNormalization", importLayerNormalization, 2, 3);
  table.add("InstanceNormalization", importInstanceNormalization, 3, 3);
  table.add("GroupNormalization", importGroupNormalization, 3, 3);
  table.add("LRN", importLrn, 1, 1);
}
