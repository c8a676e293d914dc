//===- ArgReduction.cpp - ArgMax, ArgMin and what is made of them -------------------------------------------------===//
#include "ScalarMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

/// The i64 index along `axis` of the largest (or smallest) element, the first or the last of equal ones. The axis is
/// dropped.
static Value argReduce(NodeImporter &n, Value data, ElementType type, int64_t axis, bool isMax, bool selectLast) {
  ImplicitLocOpBuilder &b = n.b;
  auto dataType = cast<RankedTensorType>(data.getType());
  Type element = dataType.getElementType();
  int64_t rank = dataType.getRank();
  SmallVector<int64_t> kept(dataType.getShape());
  kept.erase(kept.begin() + axis);
  SmallVector<AffineExpr> keptDims;
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  iterators[axis] = utils::IteratorType::reduction;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      keptDims.push_back(b.getAffineDimExpr(i));

  // An index of -1 says that no element was seen, so that no element needs to beat a limit of its type.
  Value best = n.filled(kept, n.scalarInt(b.getI64Type(), -1));
  Value bestValue = n.filled(kept, n.scalar(element, 0));
  AffineMap keptMap = AffineMap::get(rank, 0, keptDims, n.getContext());
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank), keptMap, keptMap};
  auto body = [&](OpBuilder &builder, Location loc, ValueRange args) {
    ImplicitLocOpBuilder inner(loc, builder);
    ScalarMath m(inner, isUnsigned(type));
    Value x = args[0], value = args[1], index = args[2];
    Value isBetter = isMax ? m.greater(x, value) : m.less(x, value);
    if (selectLast)
      isBetter = m.apply<arith::OrIOp>(isBetter, m.equal(x, value));
    isBetter = m.apply<arith::OrIOp>(isBetter, m.equal(index, m.integer(index.getType(), -1)));
    Value here = arith::IndexCastOp::create(inner, inner.getI64Type(), linalg::IndexOp::create(inner, axis));
    linalg::YieldOp::create(inner, ValueRange{m.select(isBetter, x, value), m.select(isBetter, here, index)});
  };
  SmallVector<Type> types{bestValue.getType(), best.getType()};
  return linalg::GenericOp::create(b, TypeRange(types), data, ValueRange{bestValue, best}, maps, iterators, body)
      .getResult(1);
}

static LogicalResult importArgReduction(NodeImporter &n, bool isMax) {
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), n.rank(0));
  if (!axis)
    return failure();
  if (n.shape(0)[*axis] == 0)
    return n.invalid("the axis has no elements");
  SmallVector<int64_t> shape(n.shape(0));
  if (n.intAttr("keepdims", 1))
    shape[*axis] = 1;
  else
    shape.erase(shape.begin() + *axis);
  Value result = argReduce(n, n.input(0), n.inputType(0), *axis, isMax, n.intAttr("select_last_index", 0));
  return n.setResult(0, n.reshape(result, shape), ElementType::Int64);
}

static LogicalResult importArgMax(NodeImporter &n) { return importArgReduction(n, /*isMax=*/true); }
static LogicalResult importArgMin(NodeImporter &n) { return importArgReduction(n, /*isMax=*/false); }

/// One at the first maximum, zero elsewhere.
static LogicalResult importHardmax(NodeImporter &n) {
  if (failed(expectFloat(n, 0)))
    return failure();
  bool isOneAxis = n.opset() >= 13;
  int64_t rank = n.rank(0);
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", isOneAxis ? -1 : 1), rank);
  if (!axis)
    return failure();
  // Before version 13 all dimensions from the axis on count as one.
  SmallVector<int64_t> shape(n.shape(0));
  if (!isOneAxis) {
    int64_t flattened = 1;
    for (int64_t size : ArrayRef<int64_t>(shape).drop_front(*axis))
      flattened *= size;
    shape.resize(*axis);
    shape.push_back(flattened);
  }
  Value data = n.reshape(n.input(0), shape);
  if (!data)
    return failure();
  Value index = argReduce(n, data, n.inputType(0), *axis, /*isMax=*/true, /*selectLast=*/false);
  SmallVector<int64_t> indexShape(shape);
  indexShape[*axis] = 1;
  Value positions = n.int64Tensor(llvm::to_vector(llvm::seq<int64_t>(0, shape[*axis])), {shape[*axis]});
  SmallVector<int64_t> positionShape(shape.size() - *axis, 1);
  positionShape[0] = shape[*axis];
  Type element = n.irType(n.inputType(0));
  Value result =
      n.elementwise({n.reshape(index, indexShape), n.reshape(positions, positionShape)}, element,
                    [&](ImplicitLocOpBuilder &b, ValueRange args) {
                      ScalarMath m(b, /*isUnsigned=*/false);
                      return m.select(m.equal(args[0], args[1]), m.constant(element, 1), m.constant(element, 0));
                    });
  return n.setResult(0, n.reshape(result, n.shape(0)), n.inputType(0));
}

void mlir::qnn::onnx_import::populateArgReduction(OpTable &table) {
  table.add("ArgMax", importArgMax, 1, 1);
  table.add("ArgMin", importArgMin, 1, 1);
  table.add("Hardmax", importHardmax, 1, 1);
}
