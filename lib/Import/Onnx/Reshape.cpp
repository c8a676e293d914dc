//===- Reshape.cpp - Operators that give the same elements another shape, or leave them alone ---------------------===//
#include "NodeImporter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

static int64_t product(ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<int64_t>());
}

static LogicalResult setReshaped(NodeImporter &n, ArrayRef<int64_t> shape) {
  return n.setResult(0, n.reshape(n.input(0), shape), n.inputType(0));
}

/// The list of integers that is input 1 since some version and was attribute `attr` before; empty if neither is given.
static std::optional<SmallVector<int64_t>> getList(NodeImporter &n, StringRef attr) {
  if (!n.hasInput(1))
    return n.intsAttr(attr);
  std::optional<SmallVector<int64_t>> list = n.ints(1);
  if (!list)
    (void)n.unsupported("a non-constant input '" + attr + "'");
  return list;
}

static LogicalResult importReshape(NodeImporter &n) {
  std::optional<SmallVector<int64_t>> given = getList(n, "shape");
  if (!given)
    return failure();
  SmallVector<int64_t> shape = *given;
  bool allowZero = n.intAttr("allowzero", 0);
  int64_t known = 1, unknown = -1;
  for (auto [i, size] : llvm::enumerate(shape)) {
    if (size == 0 && !allowZero) {
      if (int64_t(i) >= n.rank(0))
        return n.invalid("dimension " + Twine(i) + " of the shape is 0, but the input has rank " + Twine(n.rank(0)));
      size = n.shape(0)[i];
    }
    if (size == -1) {
      if (unknown >= 0)
        return n.invalid("more than one dimension of the shape is -1");
      unknown = i;
    } else if (size < 0 || llvm::MulOverflow(known, size, known)) {
      return n.invalid("dimension " + Twine(i) + " of the shape is " + Twine(size));
    }
  }
  int64_t count = n.tensorType(0).getNumElements();
  if (unknown >= 0) {
    if (known == 0 || count % known != 0)
      return n.invalid(Twine(count) + " elements do not divide by " + Twine(known));
    shape[unknown] = count / known;
  }
  return setReshaped(n, shape);
}

static LogicalResult importFlatten(NodeImporter &n) {
  int64_t axis = n.intAttr("axis", 1), rank = n.rank(0);
  if (axis < -rank || axis > rank)
    return n.invalid("axis " + Twine(axis) + " is out of range for rank " + Twine(rank));
  axis = axis < 0 ? axis + rank : axis;
  return setReshaped(n, {product(n.shape(0).take_front(axis)), product(n.shape(0).drop_front(axis))});
}

static LogicalResult importSqueeze(NodeImporter &n) {
  std::optional<SmallVector<int64_t>> given = getList(n, "axes");
  if (!given)
    return failure();
  std::optional<SmallVector<int64_t>> axes = n.normalizeAxes(*given, n.rank(0));
  if (!axes)
    return failure();
  SmallVector<int64_t> shape;
  for (auto [i, size] : llvm::enumerate(n.shape(0))) {
    bool isNamed = llvm::is_contained(*axes, int64_t(i));
    if (isNamed && size != 1)
      return n.invalid("axis " + Twine(i) + " has " + Twine(size) + " elements, expected one");
    if (!isNamed && (size != 1 || !axes->empty()))
      shape.push_back(size);
  }
  return setReshaped(n, shape);
}

static LogicalResult importUnsqueeze(NodeImporter &n) {
  std::optional<SmallVector<int64_t>> given = getList(n, "axes");
  if (!given)
    return failure();
  int64_t rank = n.rank(0) + given->size();
  std::optional<SmallVector<int64_t>> axes = n.normalizeAxes(*given, rank);
  if (!axes)
    return failure();
  if (axes->size() != given->size())
    return n.invalid("an axis is given twice");
  SmallVector<int64_t> shape(n.shape(0));
  for (int64_t axis : *axes)
    shape.insert(shape.begin() + axis, 1);
  return setReshaped(n, shape);
}

static LogicalResult importIdentity(NodeImporter &n) { return n.setResult(0, n.input(0), n.inputType(0)); }

/// Dropout at inference: its input, and a mask that keeps everything.
static LogicalResult importDropout(NodeImporter &n) {
  if (n.opset() < 7 && n.intAttr("is_test", 0) == 0)
    return n.unsupported("training mode");
  if (n.hasInput(2)) {
    std::optional<SmallVector<int64_t>> training = n.ints(2);
    if (!training)
      return n.unsupported("a non-constant input 'training_mode'");
    // A ratio of zero drops nothing even in training.
    std::optional<SmallVector<double>> ratio = n.hasInput(1) ? n.floats(1) : std::nullopt;
    bool dropsNothing = ratio && ratio->size() == 1 && ratio->front() == 0;
    if (!training->empty() && training->front() != 0 && !dropsNothing)
      return n.unsupported("training mode");
  }
  if (failed(n.setResult(0, n.input(0), n.inputType(0))))
    return failure();
  if (!n.hasOutput(1))
    return success();
  // The mask was of the input's type before version 10.
  ElementType maskType = n.opset() < 10 ? n.inputType(0) : ElementType::Bool;
  return n.setResult(1, n.filled(n.shape(0), n.scalar(n.irType(maskType), 1)), maskType);
}

void mlir::qnn::onnx_import::populateReshape(OpTable &table) {
  table.add("Dropout", importDropout, 1, 3);
  table.add("Flatten", importFlatten, 1, 1);
  table.add("Identity", importIdentity, 1, 1);
  table.add("Reshape", importReshape, 1, 2);
  table.add("Squeeze", importSqueeze, 1, 2);
  table.add("Unsqueeze", importUnsqueeze, 1, 2);
}
