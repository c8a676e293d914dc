//===- Resize.cpp - Resize and Upsample, one axis after the other -------------------------------------------------===//
#include "Indexing.h"
#include "ResizePlan.h"
#include "ScalarMath.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::onnx_import;

/// Refuses outputs whose tables alone would not fit in memory.
constexpr int64_t kMaxTableElements = int64_t(1) << 24;

/// A constant tensor of doubles rounded to the float type `element`.
static Value createWeights(NodeImporter &n, ArrayRef<double> values, ArrayRef<int64_t> shape, ElementType type) {
  if (type == ElementType::Double)
    return createConstant<double>(n.b, n.b.getLoc(), RankedTensorType::get(shape, n.b.getF64Type()), values,
                                  n.getName());
  std::vector<float> rounded(values.begin(), values.end());
  return createConstant<float>(n.b, n.b.getLoc(), RankedTensorType::get(shape, n.b.getF32Type()), rounded, n.getName());
}

/// Weighted sums along one axis: a reduction over the taps that reads elements through a table of positions.
static Value interpolate(NodeImporter &n, Value value, int64_t axis, const ResizePlan &plan, ElementType type) {
  auto valueType = cast<RankedTensorType>(value.getType());
  int64_t rank = valueType.getRank(), size = plan.outside.size();
  SmallVector<int64_t> shape(valueType.getShape());
  shape[axis] = size;
  Value positions = n.int64Tensor(plan.positions, {size, plan.taps});
  Value weights = createWeights(n, plan.weights, {size, plan.taps}, type);
  AffineExpr tap = n.b.getAffineDimExpr(rank);
  AffineMap table = AffineMap::get(rank + 1, 0, {n.b.getAffineDimExpr(axis), tap}, n.getContext());
  AffineMap result = AffineMap::getMultiDimIdentityMap(rank + 1, n.getContext()).getMajorSubMap(rank);
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  Value target = n.filled(shape, n.scalar(valueType.getElementType(), 0));
  auto body = [&](OpBuilder &builder, Location loc, ValueRange args) {
    SmallVector<Value> indices;
    for (int64_t i = 0; i < rank; ++i)
      indices.push_back(linalg::IndexOp::create(builder, loc, i));
    indices[axis] = arith::IndexCastOp::create(builder, loc, builder.getIndexType(), args[0]);
    Value element = tensor::ExtractOp::create(builder, loc, value, indices);
    Value product = arith::MulFOp::create(builder, loc, element, args[1]);
    linalg::YieldOp::create(builder, loc, arith::AddFOp::create(builder, loc, args[2], product).getResult());
  };
  SmallVector<Value> operands{positions, weights};
  SmallVector<AffineMap> maps{table, table, result};
  return linalg::GenericOp::create(n.b, target.getType(), operands, target, maps, iterators, body).getResult(0);
}

/// Writes `fill` over the elements of an axis that the plan finds outside.
static Value fillOutside(NodeImporter &n, Value value, int64_t axis, const ResizePlan &plan, double fill) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> isOutside(plan.outside.begin(), plan.outside.end());
  SmallVector<int64_t> shape(type.getRank() - axis, 1);
  shape[0] = isOutside.size();
  Value mask = n.int64Tensor(isOutside, shape);
  return n.elementwise({value, mask}, type.getElementType(), [&](ImplicitLocOpBuilder &b, ValueRange args) {
    ScalarMath m(b, /*isUnsigned=*/false);
    return m.select(m.toBit(args[1]), m.constant(args[0], fill), args[0]);
  });
}

namespace {
/// What all forms of Resize come to.
struct Resizing {
  ResizeOptions options;
  SmallVector<ResizeAxis> axes; // one for each dimension
  double extrapolation = 0;
};
} // namespace

static LogicalResult setResized(NodeImporter &n, const Resizing &resizing) {
  ElementType type = n.inputType(0), computed = type;
  bool isNearest = resizing.options.mode == "nearest";
  if (!isNearest && type != ElementType::Double)
    computed = ElementType::Float;
  SmallVector<std::pair<int64_t, ResizePlan>> plans;
  for (auto [i, axis] : llvm::enumerate(resizing.axes)) {
    bool isCropped = resizing.options.coordinates == "tf_crop_and_resize" && (axis.roiStart != 0 || axis.roiEnd != 1);
    if (axis.outputSize == axis.inputSize && axis.scale == 1 && !isCropped)
      continue;
    if (axis.inputSize == 0 || axis.outputSize < 0)
      return n.invalid("dimension " + Twine(i) + " cannot be resized from " + Twine(axis.inputSize) + " to " +
                       Twine(axis.outputSize) + " elements");
    double taps = resizing.options.antialias ? 4 / std::min(axis.scale, 1.0) : 4;
    if (double(axis.outputSize) * taps > kMaxTableElements)
      return n.unsupported("resizing dimension " + Twine(i) + " to " + Twine(axis.outputSize) + " elements");
    plans.emplace_back(i, planResize(resizing.options, axis));
  }
  Value value = n.castTensor(n.input(0), type, computed);
  if (isNearest) {
    SmallVector<AxisPositions> positions;
    for (auto &[axis, plan] : plans)
      positions.push_back({axis, plan.positions});
    value = takeAlong(n, value, positions);
  }
  for (auto &[axis, plan] : plans) {
    if (!isNearest && value)
      value = interpolate(n, value, axis, plan, computed);
    if (plan.hasOutside && value)
      value = fillOutside(n, value, axis, plan, resizing.extrapolation);
  }
  return n.setResult(0, value ? n.castTensor(value, computed, type) : Value(), type);
}

/// The axes that sizes, scales and roi speak of, in the order given.
static FailureOr<SmallVector<int64_t>> getResizedAxes(NodeImporter &n) {
  SmallVector<int64_t> axes = n.intsAttr("axes");
  if (!n.hasAttr("axes"))
    return llvm::to_vector(llvm::seq<int64_t>(0, n.rank(0)));
  for (int64_t &axis : axes) {
    std::optional<int64_t> normalized = n.normalizeAxis(axis, n.rank(0));
    if (!normalized)
      return failure();
    axis = *normalized;
  }
  return axes;
}

static LogicalResult checkOptions(NodeImporter &n, const ResizeOptions &options) {
  if (!llvm::is_contained({"nearest", "linear", "cubic"}, options.mode))
    return n.invalid("mode is '" + options.mode + "', expected 'nearest', 'linear' or 'cubic'");
  if (!llvm::is_contained({"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
                           "tf_crop_and_resize", "tf_half_pixel_for_nn"},
                          options.coordinates))
    return n.invalid("coordinate_transformation_mode '" + options.coordinates + "' is not known");
  if (!llvm::is_contained({"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}, options.nearest))
    return n.invalid("nearest_mode '" + options.nearest + "' is not known");
  return success();
}

/// One finite positive scale for each of `axes`.
static LogicalResult setScales(NodeImporter &n, ArrayRef<double> scales, ArrayRef<int64_t> axes, Resizing &resizing) {
  if (scales.size() != axes.size())
    return n.invalid(Twine(scales.size()) + " scales for " + Twine(axes.size()) + " axes");
  for (auto [scale, i] : llvm::zip_equal(scales, axes)) {
    ResizeAxis &axis = resizing.axes[i];
    bool isCropped = resizing.options.coordinates == "tf_crop_and_resize";
    // In f32, as the scales are: 10 * 0.7 is 7 there, and less in double.
    float extent = isCropped ? axis.roiEnd - axis.roiStart : 1;
    double size = std::floor(axis.inputSize * extent * static_cast<float>(scale));
    if (!(scale > 0) || !(size >= 0) || size > kMaxTableElements)
      return n.invalid("a scale is out of range");
    axis.scale = scale;
    axis.outputSize = size;
  }
  return success();
}

static LogicalResult setSizes(NodeImporter &n, ArrayRef<int64_t> sizes, ArrayRef<int64_t> axes, Resizing &resizing) {
  if (sizes.size() != axes.size())
    return n.invalid(Twine(sizes.size()) + " sizes for " + Twine(axes.size()) + " axes");
  std::string policy = n.stringAttr("keep_aspect_ratio_policy", "stretch");
  if (!llvm::is_contained({"stretch", "not_larger", "not_smaller"}, policy))
    return n.invalid("keep_aspect_ratio_policy '" + policy + "' is not known");
  std::optional<double> common;
  for (auto [size, i] : llvm::zip_equal(sizes, axes)) {
    ResizeAxis &axis = resizing.axes[i];
    if (size < 0 || axis.inputSize == 0)
      return n.invalid("a size is negative or resizes an empty dimension");
    axis.outputSize = size;
    axis.scale = double(size) / axis.inputSize;
    if (policy != "stretch")
      common = !common                  ? axis.scale
               : policy == "not_larger" ? std::min(*common, axis.scale)
                                        : std::max(*common, axis.scale);
  }
  if (!common)
    return success();
  for (int64_t i : axes) {
    resizing.axes[i].scale = *common;
    resizing.axes[i].outputSize = std::floor(*common * resizing.axes[i].inputSize + 0.5);
  }
  return success();
}

static LogicalResult setRegion(NodeImporter &n, ArrayRef<int64_t> axes, Resizing &resizing) {
  std::optional<SmallVector<double>> region = n.hasInput(1) ? n.floats(1) : std::nullopt;
  if (!region)
    return n.unsupported("a missing or non-constant input 'roi'");
  if (region->size() != 2 * axes.size())
    return n.invalid("roi has " + Twine(region->size()) + " values, expected " + Twine(2 * axes.size()));
  for (auto [i, axis] : llvm::enumerate(axes)) {
    resizing.axes[axis].roiStart = (*region)[i];
    resizing.axes[axis].roiEnd = (*region)[axes.size() + i];
  }
  return success();
}

static LogicalResult importResize(NodeImporter &n) {
  Resizing resizing;
  ResizeOptions &options = resizing.options;
  options.mode = n.stringAttr("mode", "nearest");
  if (n.opset() >= 11) {
    options.coordinates = n.stringAttr("coordinate_transformation_mode", "half_pixel");
    options.nearest = n.stringAttr("nearest_mode", "round_prefer_floor");
    options.cubicCoefficient = n.floatAttr("cubic_coeff_a", -0.75);
    options.excludeOutside = n.intAttr("exclude_outside", 0);
    options.antialias = n.intAttr("antialias", 0);
    resizing.extrapolation = n.floatAttr("extrapolation_value", 0);
  }
  FailureOr<SmallVector<int64_t>> axes = getResizedAxes(n);
  if (failed(axes) || failed(checkOptions(n, options)))
    return failure();
  for (int64_t size : n.shape(0))
    resizing.axes.push_back({size, size, 1});
  if (options.coordinates == "tf_crop_and_resize" && failed(setRegion(n, *axes, resizing)))
    return failure();

  unsigned scalesInput = n.opset() >= 11 ? 2 : 1, sizesInput = 3;
  // An empty list of scales stands for none.
  bool hasScales = n.hasInput(scalesInput) && n.tensorType(scalesInput).getNumElements() != 0;
  bool hasSizes = n.opset() >= 11 && n.hasInput(sizesInput) && n.tensorType(sizesInput).getNumElements() != 0;
  if (hasSizes) {
    std::optional<SmallVector<int64_t>> sizes = n.ints(sizesInput);
    if (!sizes)
      return n.unsupported("a non-constant input 'sizes'");
    if (failed(setSizes(n, *sizes, *axes, resizing)))
      return failure();
  } else if (hasScales) {
    std::optional<SmallVector<double>> scales = n.floats(scalesInput);
    if (!scales)
      return n.unsupported("a non-constant input 'scales'");
    if (failed(setScales(n, *scales, *axes, resizing)))
      return failure();
  } else {
    return n.invalid("neither scales nor sizes are given");
  }
  return setResized(n, resizing);
}

static LogicalResult importUpsample(NodeImporter &n) {
  Resizing resizing;
  resizing.options.mode = n.stringAttr("mode", "nearest");
  if (failed(checkOptions(n, resizing.options)))
    return failure();
  SmallVector<double> scales(llvm::map_range(n.floatsAttr("scales"), [](float scale) { return double(scale); }));
  if (n.hasInput(1)) {
    std::optional<SmallVector<double>> given = n.floats(1);
    if (!given)
      return n.unsupported("a non-constant input 'scales'");
    scales = std::move(*given);
  }
  for (int64_t size : n.shape(0))
    resizing.axes.push_back({size, size, 1});
  if (failed(setScales(n, scales, llvm::to_vector(llvm::seq<int64_t>(0, n.rank(0))), resizing)))
    return failure();
  return setResized(n, resizing);
}

void mlir::qnn::onnx_import::populateResize(OpTable &table) {
  table.add("Resize", importResize, 1, 4);
  table.add("Upsample", importUpsample, 1, 2);
}
