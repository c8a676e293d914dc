//===- Generators.cpp - Operators that make tensors from shapes and numbers ---------------------------------------===//
#include "ScalarMath.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::onnx_import;

static LogicalResult importShape(NodeImporter &n) {
  int64_t rank = n.rank(0);
  auto clamp = [&](int64_t position) {
    position = position < 0 ? std::max(position, -rank) + rank : position;
    return std::min(position, rank);
  };
  int64_t start = clamp(n.intAttr("start", 0)), end = clamp(n.intAttr("end", rank));
  ArrayRef<int64_t> sizes = n.shape(0).slice(start, std::max<int64_t>(end - start, 0));
  return n.setResult(0, n.int64Tensor(sizes, {int64_t(sizes.size())}), ElementType::Int64);
}

static LogicalResult importSize(NodeImporter &n) {
  return n.setResult(0, n.int64Tensor({n.tensorType(0).getNumElements()}, {}), ElementType::Int64);
}

/// Element i is start + i * delta, computed in the element type.
static LogicalResult importRange(NodeImporter &n) {
  if (failed(expectSameTypes(n)))
    return failure();
  SmallVector<double> bounds;
  for (unsigned i = 0; i < 3; ++i) {
    std::optional<SmallVector<double>> bound = n.floats(i);
    if (!bound)
      return n.unsupported("a non-constant start, limit or delta");
    if (bound->size() != 1)
      return n.invalid("start, limit and delta are not scalars");
    bounds.push_back(bound->front());
  }
  if (bounds[2] == 0)
    return n.invalid("delta is 0");
  double exactCount = std::max(std::ceil((bounds[1] - bounds[0]) / bounds[2]), 0.0);
  if (!(exactCount <= double(int64_t(1) << 30)))
    return n.invalid("the range has too many elements");
  ElementType type = n.inputType(0);
  Type element = n.irType(type);
  Value start = n.reshape(n.input(0), {}), delta = n.reshape(n.input(2), {});
  Value numbers = n.elementwise({start, delta, n.empty({int64_t(exactCount)}, n.b.getI8Type())}, element,
                                [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                  ScalarMath m(b, isUnsigned(type));
                                  Value i =
                                      arith::IndexCastOp::create(b, b.getI64Type(), linalg::IndexOp::create(b, 0));
                                  return m.add(args[0], m.mul(n.castScalar(b, i, ElementType::Int64, type), args[1]));
                                });
  return n.setResult(0, numbers, type);
}

static LogicalResult importConstantOfShape(NodeImporter &n) {
  std::optional<SmallVector<int64_t>> shape = n.ints(0);
  if (!shape)
    return n.unsupported("a non-constant input 'input'");
  if (llvm::any_of(*shape, [](int64_t size) { return size < 0; }))
    return n.invalid("the shape has a negative dimension");
  if (!n.hasAttr("value"))
    return n.setResult(0, n.filled(*shape, n.scalar(n.b.getF32Type(), 0)), ElementType::Float);
  std::optional<GraphValue> value = n.tensorAttr("value");
  if (!value)
    return failure();
  auto elements = dyn_cast_or_null<DenseElementsAttr>(getConstantElements(value->value));
  if (!elements || elements.getNumElements() != 1)
    return n.invalid("attribute 'value' does not hold one element");
  Value scalar = arith::ConstantOp::create(n.b, cast<TypedAttr>(elements.getSplatValue<Attribute>()));
  return n.setResult(0, n.filled(*shape, scalar), value->type);
}

/// A tensor whose element is 1 where `column - row` of the last two dimensions is `offset`.
static LogicalResult importEyeLike(NodeImporter &n) {
  ElementType type = n.hasAttr("dtype") ? getElementType(n.intAttr("dtype", 0)) : n.inputType(0);
  if (type == ElementType::None)
    return n.unsupported("dtype " + Twine(n.intAttr("dtype", 0)));
  if (n.rank(0) != 2)
    return n.invalid("the input has rank " + Twine(n.rank(0)) + ", expected 2");
  int64_t offset = n.intAttr("k", 0);
  Type element = n.irType(type);
  Value shape = n.empty(n.shape(0), n.b.getI8Type());
  Value result = n.elementwise(shape, element, [&](ImplicitLocOpBuilder &b, ValueRange) {
    ScalarMath m(b, /*isUnsigned=*/false);
    Value row = arith::IndexCastOp::create(b, b.getI64Type(), linalg::IndexOp::create(b, 0));
    Value column = arith::IndexCastOp::create(b, b.getI64Type(), linalg::IndexOp::create(b, 1));
    Value isOn = m.equal(m.sub(column, row), m.integer(b.getI64Type(), offset));
    return m.select(isOn, m.constant(element, 1), m.constant(element, 0));
  });
  return n.setResult(0, result, type);
}

/// Keeps the elements on one side of a diagonal of the last two dimensions and sets the others to 0.
static LogicalResult importTrilu(NodeImporter &n) {
  int64_t rank = n.rank(0), offset = 0;
  if (rank < 2)
    return n.invalid("the input has rank " + Twine(rank) + ", expected 2 or more");
  if (n.hasInput(1)) {
    std::optional<SmallVector<int64_t>> given = n.ints(1);
    if (!given)
      return n.unsupported("a non-constant input 'k'");
    if (given->size() != 1)
      return n.invalid("input 'k' is not one element");
    offset = given->front();
  }
  bool isUpper = n.intAttr("upper", 1);
  Value result = n.elementwise(n.input(0), n.irType(n.inputType(0)), [&](ImplicitLocOpBuilder &b, ValueRange args) {
    ScalarMath m(b, /*isUnsigned=*/false);
    Value row = arith::IndexCastOp::create(b, b.getI64Type(), linalg::IndexOp::create(b, rank - 2));
    Value column = arith::IndexCastOp::create(b, b.getI64Type(), linalg::IndexOp::create(b, rank - 1));
    Value distance = m.sub(column, row), limit = m.integer(b.getI64Type(), offset);
    Value isKept = isUpper ? m.greaterOrEqual(distance, limit) : m.lessOrEqual(distance, limit);
    return m.select(isKept, args[0], m.constant(args[0], 0));
  });
  return n.setResult(0, result, n.inputType(0));
}

void mlir::qnn::onnx_import::populateGenerators(OpTable &table) {
  table.add("ConstantOfShape", importConstantOfShape, 1, 1);
  table.add("EyeLike", importEyeLike, 1, 1);
  table.add("Range", importRange, 3, 3);
  table.add("Shape", importShape, 1, 1);
  table.add("Size", importSize, 1, 1);
  table.add("Trilu", importTrilu, 1, 2);
}
