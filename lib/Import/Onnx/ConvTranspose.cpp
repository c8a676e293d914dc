//===- ConvTranspose.cpp - ConvTranspose as an ordinary convolution of the data spread apart ---------------------===//
#include "Contraction.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

namespace {

/// Padding of the full convolution's result; negative numbers extend it instead.
struct Cropping {
  SmallVector<int64_t> low, high;
};

/// The rules of `pads`, `auto_pad`, `output_shape` and `output_padding`.
std::optional<Cropping> getCropping(NodeImporter &n, ArrayRef<int64_t> spatial, const Window &window,
                                    ArrayRef<int64_t> outputPadding) {
  int64_t rank = spatial.size();
  std::string autoPad = n.stringAttr("auto_pad", "NOTSET");
  bool sameUpper = autoPad == "SAME_UPPER", sameLower = autoPad == "SAME_LOWER";
  auto pads = getSpatialAttr(n, "pads", 2 * rank, 0, 0);
  if (!pads)
    return std::nullopt;
  SmallVector<int64_t> outputShape = n.intsAttr("output_shape");
  if (!outputShape.empty() && static_cast<int64_t>(outputShape.size()) == rank + 2)
    outputShape.erase(outputShape.begin(), outputShape.begin() + 2); // with batch and channels
  if (!outputShape.empty() && static_cast<int64_t>(outputShape.size()) != rank) {
    (void)n.invalid("attribute 'output_shape' has " + Twine(outputShape.size()) + " entries, expected " + Twine(rank));
    return std::nullopt;
  }
  Cropping cropping;
  for (int64_t i = 0; i < rank; ++i) {
    int64_t full = (spatial[i] - 1) * window.strides[i] + window.span(i) + outputPadding[i];
    int64_t low = (*pads)[i], high = (*pads)[rank + i];
    if (autoPad == "VALID") {
      low = high = 0;
    }
    if (!outputShape.empty() || sameUpper || sameLower) {
      int64_t output = outputShape.empty() ? spatial[i] * window.strides[i] : outputShape[i];
      if (output < 1 || output > (int64_t(1) << 31)) {
        (void)n.invalid("attribute 'output_shape' holds " + Twine(output));
        return std::nullopt;
      }
      int64_t total = std::max<int64_t>(full - output, 0);
      low = sameUpper ? total / 2 : total - total / 2;
      high = total - low;
      high -= std::max<int64_t>(output - full, 0); // a longer output is filled with zeros
    }
    if (low + high >= full) {
      (void)n.invalid("padding of " + Twine(low) + " and " + Twine(high) + " leaves nothing of " + Twine(full) +
                      " elements");
      return std::nullopt;
    }
    cropping.low.push_back(low);
    cropping.high.push_back(high - outputPadding[i]);
  }
  return cropping;
}

/// Weights [C, OC/G, kernel...] as those of an ordinary convolution, [OC, C/G, kernel...], with every kernel reversed.
Value turnWeights(NodeImporter &n, Value weights, int64_t groups) {
  ArrayRef<int64_t> shape = shapeOf(weights);
  int64_t inputs = shape[0] / groups, outputs = shape[1], rank = shape.size();
  SmallVector<int64_t> turned{outputs * groups, inputs};
  llvm::append_range(turned, shape.drop_front(2));
  auto type = cast<RankedTensorType>(weights.getType());

  if (ElementsAttr elements = qnn::getConstantElements(weights)) {
    std::optional<std::vector<char>> bytes = qnn::readBytes(elements);
    if (bytes) {
      size_t width = type.getElementTypeBitWidth() / 8;
      int64_t kernel = 1;
      for (int64_t extent : shape.drop_front(2))
        kernel *= extent;
      // Reversing every spatial dimension reverses the row-major order.
      std::vector<char> result(bytes->size());
      char *out = result.data();
      for (int64_t oc = 0; oc < turned[0]; ++oc) {
        for (int64_t ic = 0; ic < inputs; ++ic) {
          int64_t channel = (oc / outputs) * inputs + ic;
          for (int64_t k = kernel - 1; k >= 0; --k, out += width)
            std::memcpy(out, bytes->data() + ((channel * outputs + oc % outputs) * kernel + k) * width, width);
        }
      }
      return qnn::createConstantFromBytes(n.b, weights.getLoc(), type.clone(turned), result, n.getName());
    }
  }
  SmallVector<int64_t> split{groups, inputs, outputs};
  llvm::append_range(split, shape.drop_front(2));
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank + 1));
  std::swap(permutation[1], permutation[2]);
  Value ordinary = n.reshape(n.transpose(n.reshape(weights, split), permutation), turned);
  if (!ordinary)
    return {};
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < rank; ++i) {
    AffineExpr loop = n.b.getAffineDimExpr(i);
    exprs.push_back(i < 2 ? loop : n.b.getAffineConstantExpr(turned[i] - 1) - loop);
  }
  SmallVector<AffineMap> maps{AffineMap::get(rank, 0, exprs, n.getContext()), n.b.getMultiDimIdentityMap(rank)};
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  Value target = n.empty(turned, type.getElementType());
  return linalg::GenericOp::create(
             n.b, target.getType(), ordinary, target, maps, iterators,
             [](OpBuilder &b, Location loc, ValueRange args) { linalg::YieldOp::create(b, loc, args[0]); })
      .getResult(0);
}

/// The data with stride - 1 zeros after each element, including the last.
Value spread(NodeImporter &n, Value data, ArrayRef<int64_t> strides, Value zero) {
  if (llvm::all_of(strides, [](int64_t stride) { return stride == 1; }))
    return data;
  ArrayRef<int64_t> shape = shapeOf(data);
  SmallVector<int64_t> split(shape.take_front(2)), low, high(2, 0), merged(shape.take_front(2));
  for (auto [extent, stride] : llvm::zip_equal(shape.drop_front(2), strides)) {
    split.push_back(extent);
    merged.push_back(extent * stride);
    high.push_back(0);
    if (stride == 1)
      continue;
    split.push_back(1);
    high.push_back(stride - 1);
  }
  low.assign(split.size(), 0);
  return n.reshape(n.pad(n.reshape(data, split), low, high, zero), merged);
}

} // namespace

static LogicalResult importConvTranspose(NodeImporter &n) {
  ElementType type = n.inputType(0);
  if (!isFloat(type) || n.inputType(1) != type)
    return n.invalid("data and weights must have one float element type");
  int64_t rank = n.rank(0) - 2, groups = n.intAttr("group", 1);
  if (rank < 1 || n.rank(1) != n.rank(0))
    return n.invalid("data of rank " + Twine(n.rank(0)) + " and weights of rank " + Twine(n.rank(1)) +
                     " do not make a convolution");
  ArrayRef<int64_t> kernel = n.shape(1).drop_front(2), spatial = n.shape(0).drop_front(2);
  if (n.hasAttr("kernel_shape") && ArrayRef<int64_t>(n.intsAttr("kernel_shape")) != kernel)
    return n.invalid("attribute 'kernel_shape' differs from the weights' shape");
  if (groups < 1 || n.shape(0)[1] != n.shape(1)[0] || n.shape(1)[0] % groups != 0)
    return n.invalid("data of " + Twine(n.shape(0)[1]) + " channels, weights of " + Twine(n.shape(1)[0]) + " and " +
                     Twine(groups) + " groups do not agree");
  Window window;
  auto strides = getSpatialAttr(n, "strides", rank, 1, 1), dilations = getSpatialAttr(n, "dilations", rank, 1, 1);
  auto outputPadding = getSpatialAttr(n, "output_padding", rank, 0, 0);
  if (!strides || !dilations || !outputPadding)
    return failure();
  window.kernel.assign(kernel.begin(), kernel.end());
  window.strides = *strides;
  window.dilations = *dilations;
  for (int64_t i = 0; i < rank; ++i)
    if (kernel[i] < 1 || spatial[i] < 1)
      return n.invalid("data and kernels must not be empty");
  std::optional<Cropping> cropping = getCropping(n, spatial, window, *outputPadding);
  if (!cropping)
    return failure();

  // y[o] = sum over i * stride + k * dilation = o + low of x[i] w[k]. With the zeros that `spread` puts between the
  // elements, x'[i * stride] = x[i], this is an ordinary convolution of stride 1 by the reversed kernel, padded by span
  // - 1 - low.
  Value zero = n.scalar(n.irType(type), 0);
  Value data = spread(n, n.input(0), *strides, zero);
  Value weights = turnWeights(n, n.input(1), groups);
  if (!data || !weights)
    return failure();
  SmallVector<int64_t> offsets(2, 0), sizes(shapeOf(data).take_front(2)), ones(rank + 2, 1);
  window.strides.assign(rank, 1);
  for (int64_t i = 0; i < rank; ++i) {
    int64_t length = spatial[i] * (*strides)[i];
    int64_t low = window.span(i) - 1 - cropping->low[i];
    int64_t high = window.span(i) - 1 - cropping->high[i] - ((*strides)[i] - 1);
    // What is cropped beyond the kernel's reach is cut from the data.
    int64_t cutLow = std::max<int64_t>(-low, 0), cutHigh = std::max<int64_t>(-high, 0);
    int64_t kept = length - cutLow - cutHigh;
    if (kept < 1)
      return n.unsupported("padding that reaches across all of the data");
    offsets.push_back(cutLow);
    sizes.push_back(kept);
    window.low.push_back(std::max<int64_t>(low, 0));
    window.high.push_back(std::max<int64_t>(high, 0));
    window.extraHigh.push_back(0);
    window.input.push_back(kept);
    window.output.push_back(kept + window.low[i] + window.high[i] - window.span(i) + 1);
  }
  data = n.slice(data, offsets, sizes, ones);
  Value result = convolve(n, {data, type}, {weights, type}, window, groups);
  ElementType accumulator = getAccumulatorType(type);
  if (result && n.hasInput(2))
    result = addPerChannel(n, result, n.castTensor(n.input(2), type, accumulator));
  return n.setResult(0, result ? n.castTensor(result, accumulator, type) : result, type);
}

void qnn::onnx_import::populateConvTranspose(OpTable &table) { table.add("ConvTranspose", importConvTranspose, 2, 3); }
