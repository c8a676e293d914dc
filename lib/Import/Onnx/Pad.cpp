//===- Pad.cpp - Pad in all its modes -----------------------------------------------------------------------------===//
#include "Indexing.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

/// Refuses paddings whose tables of positions alone would not fit in memory.
constexpr int64_t kMaxPadding = int64_t(1) << 24;

static int64_t floorMod(int64_t value, int64_t modulus) {
  int64_t rest = value % modulus;
  return rest < 0 ? rest + modulus : rest;
}

/// The position that the element `i` (negative: before the first) of a padded axis copies.
static int64_t getSource(StringRef mode, int64_t i, int64_t size) {
  if (mode == "edge")
    return std::clamp<int64_t>(i, 0, size - 1);
  if (mode == "wrap")
    return floorMod(i, size);
  // Reflection walks back and forth without repeating the ends.
  if (size == 1)
    return 0;
  int64_t position = floorMod(i, 2 * (size - 1));
  return position < size ? position : 2 * (size - 1) - position;
}

/// Low and high padding of each dimension. Fails if they are not constant or do not match the rank.
static LogicalResult getPads(NodeImporter &n, SmallVectorImpl<int64_t> &low, SmallVectorImpl<int64_t> &high) {
  SmallVector<int64_t> pads = n.intsAttr(n.hasAttr("paddings") ? "paddings" : "pads");
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(0)));
  if (n.opset() >= 11) {
    std::optional<SmallVector<int64_t>> given;
    if (n.hasInput(1) && !(given = n.ints(1)))
      return n.unsupported("a non-constant input 'pads'");
    if (!given)
      return n.invalid("input 'pads' is missing");
    pads = *given;
  }
  if (n.hasInput(3)) {
    std::optional<SmallVector<int64_t>> given = n.ints(3);
    if (!given)
      return n.unsupported("a non-constant input 'axes'");
    axes = *given;
  }
  if (pads.size() != 2 * axes.size())
    return n.invalid("pads has " + Twine(pads.size()) + " values, expected " + Twine(2 * axes.size()));
  low.assign(n.rank(0), 0);
  high.assign(n.rank(0), 0);
  for (auto [i, given] : llvm::enumerate(axes)) {
    std::optional<int64_t> axis = n.normalizeAxis(given, n.rank(0));
    if (!axis)
      return failure();
    low[*axis] = pads[i];
    high[*axis] = pads[axes.size() + i];
    if (std::max(std::abs(low[*axis]), std::abs(high[*axis])) > kMaxPadding)
      return n.invalid("a padding is out of range");
  }
  return success();
}

/// The scalar that constant padding writes, 0 unless given; null if it is known only at run time.
static FailureOr<Value> getPadValue(NodeImporter &n) {
  Type element = n.irType(n.inputType(0));
  if (n.opset() < 11)
    return n.scalar(element, n.floatAttr("value", 0));
  if (!n.hasInput(2))
    return n.scalar(element, 0);
  if (n.inputType(2) != n.inputType(0) || n.tensorType(2).getNumElements() != 1)
    return n.invalid("constant_value is not one element of the type of the input");
  if (!isFloat(n.inputType(0)))
    if (std::optional<SmallVector<int64_t>> value = n.ints(2))
      return n.scalarInt(element, value->front());
  if (std::optional<SmallVector<double>> value = n.floats(2))
    return n.scalar(element, value->front());
  return Value();
}

/// Pads with a scalar that is known only at run time: the data are inserted into the scalar, repeated.
static Value padWithInput(NodeImporter &n, Value data, ArrayRef<int64_t> low, ArrayRef<int64_t> high, Value scalar) {
  ArrayRef<int64_t> sizes = cast<RankedTensorType>(data.getType()).getShape();
  SmallVector<int64_t> shape;
  for (auto [size, before, after] : llvm::zip_equal(sizes, low, high))
    shape.push_back(size + before + after);
  Value target = n.broadcastTo(n.reshape(scalar, {}), shape);
  if (!target)
    return {};
  SmallVector<OpFoldResult> strides(sizes.size(), n.b.getIndexAttr(1));
  return tensor::InsertSliceOp::create(n.b, data, target, getAsIndexOpFoldResult(n.getContext(), low),
                                       getAsIndexOpFoldResult(n.getContext(), sizes), strides);
}

static LogicalResult importPad(NodeImporter &n) {
  std::string mode = n.stringAttr("mode", "constant");
  if (!llvm::is_contained({"constant", "edge", "reflect", "wrap"}, mode))
    return n.invalid("mode is '" + mode + "', expected 'constant', 'edge', 'reflect' or 'wrap'");
  SmallVector<int64_t> low, high;
  if (failed(getPads(n, low, high)))
    return failure();

  // Negative paddings cut first; what they leave is padded.
  SmallVector<int64_t> offsets, sizes, strides(n.rank(0), 1);
  for (auto [axis, size] : llvm::enumerate(n.shape(0))) {
    int64_t cutLow = std::max<int64_t>(-low[axis], 0), cutHigh = std::max<int64_t>(-high[axis], 0);
    if (cutLow + cutHigh > size)
      return n.invalid("the paddings of axis " + Twine(axis) + " cut more than its " + Twine(size) + " elements");
    offsets.push_back(cutLow);
    sizes.push_back(size - cutLow - cutHigh);
    low[axis] = std::max<int64_t>(low[axis], 0);
    high[axis] = std::max<int64_t>(high[axis], 0);
  }
  Value data = n.slice(n.input(0), offsets, sizes, strides);
  if (mode == "constant") {
    FailureOr<Value> value = getPadValue(n);
    if (failed(value))
      return failure();
    Value padded = *value ? n.pad(data, low, high, *value) : padWithInput(n, data, low, high, n.input(2));
    return n.setResult(0, padded, n.inputType(0));
  }
  SmallVector<AxisPositions> axes;
  for (auto [axis, size] : llvm::enumerate(sizes)) {
    if (low[axis] == 0 && high[axis] == 0)
      continue;
    if (size == 0)
      return n.invalid("axis " + Twine(axis) + " has no elements to repeat");
    AxisPositions positions{int64_t(axis), {}};
    for (int64_t i = -low[axis]; i < size + high[axis]; ++i)
      positions.positions.push_back(getSource(mode, i, size));
    axes.push_back(std::move(positions));
  }
  return n.setResult(0, takeAlong(n, data, axes), n.inputType(0));
}

void mlir::qnn::onnx_import::populatePad(OpTable &table) { table.add("Pad", importPad, 1, 4); }
