//===- QuantizeWeights.cpp - Constant operands become stored integers
//-------------------------------------------------===//
#include "QuantizeWeights.h"

#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace mlir::qnn;

/// A weight seen as [outer, channels, inner], with parameters for each channel.
namespace {
struct ChannelView {
  int64_t outer = 1, channels = 1, inner = 1;
  SmallVector<int64_t> storedShape;
  int64_t axis = 0;
  SmallVector<ReassociationIndices> reassociation; // empty unless the stored shape is not the weight's
};
} // namespace

static ChannelView getChannelView(const QuantRule &rule, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> dims = rule.getWeightChannelDims();
  ChannelView view;
  view.storedShape.assign(shape.begin(), shape.end());
  bool leading = dims.size() > 1;
  for (auto [i, dim] : llvm::enumerate(dims))
    leading &= static_cast<int64_t>(i) == dim;
  int64_t first = dims.empty() ? 0 : dims.back(), last = first;
  if (leading) {
    // [G, OC/G, k...] is stored as [OC, k...].
    first = 0;
    view.storedShape = {1};
    view.reassociation.emplace_back();
    for (int64_t dim : dims) {
      view.storedShape[0] *= shape[dim];
      view.reassociation.back().push_back(dim);
    }
    for (int64_t dim = dims.size(), e = shape.size(); dim < e; ++dim) {
      view.storedShape.push_back(shape[dim]);
      view.reassociation.push_back({dim});
    }
  }
  view.axis = first;
  for (int64_t dim = 0, e = shape.size(); dim < e; ++dim)
    (dim < first ? view.outer : dim <= last && !dims.empty() ? view.channels : view.inner) *= shape[dim];
  return view;
}

LogicalResult qnn::quantizeWeight(OpBuilder &builder, Operation *contraction, const QuantRule &rule,
                                  WeightScheme scheme, std::string &reason) {
  OpOperand &operand = *rule.weight;
  std::optional<std::vector<float>> values = readConstant<float>(operand.get());
  if (!values) {
    reason = "its weight is not a constant that can be read";
    return failure();
  }
  auto type = cast<RankedTensorType>(operand.get().getType());
  ChannelView view = getChannelView(rule, type.getShape());
  bool perChannel = scheme == WeightScheme::PerChannel;

  std::vector<float> bound(perChannel ? view.channels : 1, 0.0f);
  for (auto [i, value] : llvm::enumerate(*values)) {
    if (!std::isfinite(value)) {
      reason = "its weight holds a value that is not finite";
      return failure();
    }
    float &channel = bound[perChannel ? i / view.inner % view.channels : 0];
    channel = std::max(channel, std::fabs(value));
  }
  SmallVector<double> scales;
  for (float limit : bound)
    scales.push_back(numerics::symmetricParams(-limit, limit, numerics::kS8Narrow).scale);
  std::vector<int8_t> stored(values->size());
  for (auto [i, value] : llvm::enumerate(*values)) {
    float scale = scales[perChannel ? i / view.inner % view.channels : 0];
    stored[i] = numerics::quantize(value, scale, 0, numerics::kS8Narrow.qmin, numerics::kS8Narrow.qmax);
  }

  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(contraction);
  Location loc = operand.get().getLoc();
  Type i8 = builder.getI8Type(), f32 = builder.getF32Type();
  unsigned flags = quant::QuantizationFlags::Signed;
  Type element;
  if (perChannel) {
    SmallVector<int64_t> zeroPoints(scales.size(), 0);
    element = quant::UniformQuantizedPerAxisType::get(flags, i8, f32, scales, zeroPoints, view.axis,
                                                      numerics::kS8Narrow.qmin, numerics::kS8Narrow.qmax);
  } else {
    element = quant::UniformQuantizedType::get(flags, i8, f32, scales[0], 0, numerics::kS8Narrow.qmin,
                                               numerics::kS8Narrow.qmax);
  }
  auto storedType = RankedTensorType::get(view.storedShape, i8);
  Value constant =
      createConstant<int8_t>(builder, loc, storedType, stored, getNodeName(contraction->getLoc()) + "_weight");
  Value quantized = quant::StorageCastOp::create(builder, loc, storedType.clone(element), constant);
  Value weight = quant::DequantizeCastOp::create(builder, loc, storedType.clone(f32), quantized);
  if (!view.reassociation.empty())
    weight = tensor::ExpandShapeOp::create(builder, loc, type, weight, view.reassociation);
  Operation *floats = operand.get().getDefiningOp();
  operand.set(weight);
  if (floats->use_empty())
    floats->erase();
  return success();
}
