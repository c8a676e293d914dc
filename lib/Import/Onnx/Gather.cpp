//===- Gather.cpp - Gather, GatherElements and GatherND -----------------------------------------------------------===//
#include "Indexing.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

/// An index read at run time as a position in [0, size): negative ones count from the end, and ones out of range, which
/// ONNX leaves undefined, are clamped, so that no memory outside the tensor is read.
static Value getPosition(ImplicitLocOpBuilder &b, Value index, int64_t size) {
  ScalarMath m(b, /*isUnsigned=*/false);
  Type type = index.getType();
  Value zero = m.integer(type, 0);
  Value wrapped = m.select(m.less(index, zero), m.add(index, m.integer(type, size)), index);
  Value clamped = m.min(m.max(wrapped, zero), m.integer(type, size - 1));
  return arith::IndexCastOp::create(b, b.getIndexType(), clamped);
}

static LogicalResult checkIndices(NodeImporter &n) {
  if (n.inputType(1) == ElementType::Int32 || n.inputType(1) == ElementType::Int64)
    return success();
  return n.invalid("the indices have " + Twine(getElementTypeName(n.inputType(1))) +
                   " elements, expected int32 or int64");
}

/// The constant indices as positions; nothing if they are not constant. Fails if one is out of range.
static FailureOr<std::optional<SmallVector<int64_t>>> getConstantPositions(NodeImporter &n, int64_t size) {
  std::optional<SmallVector<int64_t>> indices = n.ints(1);
  if (!indices)
    return std::optional<SmallVector<int64_t>>();
  for (int64_t &index : *indices) {
    if (index < -size || index >= size)
      return n.invalid("index " + Twine(index) + " is out of range for " + Twine(size) + " elements");
    index = index < 0 ? index + size : index;
  }
  return indices;
}

static LogicalResult importGather(NodeImporter &n) {
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), n.rank(0));
  if (!axis || failed(checkIndices(n)))
    return failure();
  int64_t size = n.shape(0)[*axis], indexRank = n.rank(1);
  SmallVector<int64_t> shape(n.shape(0).take_front(*axis));
  llvm::append_range(shape, n.shape(1));
  llvm::append_range(shape, n.shape(0).drop_front(*axis + 1));
  FailureOr<std::optional<SmallVector<int64_t>>> positions = getConstantPositions(n, size);
  if (failed(positions))
    return failure();
  if (*positions) {
    Value taken = takeAlong(n, n.input(0), {AxisPositions{*axis, **positions}});
    return n.setResult(0, n.reshape(taken, shape), n.inputType(0));
  }
  if (size == 0)
    return n.invalid("axis " + Twine(*axis) + " has no elements to gather");

  int64_t rank = shape.size();
  SmallVector<AffineExpr> indexDims;
  for (int64_t i = 0; i < indexRank; ++i)
    indexDims.push_back(n.b.getAffineDimExpr(*axis + i));
  SmallVector<AffineMap> maps{AffineMap::get(rank, 0, indexDims, n.getContext()), n.b.getMultiDimIdentityMap(rank)};
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  Value target = n.empty(shape, n.irType(n.inputType(0)));
  auto body = [&](OpBuilder &builder, Location loc, ValueRange args) {
    ImplicitLocOpBuilder b(loc, builder);
    SmallVector<Value> indices;
    for (int64_t i = 0; i < rank; ++i)
      if (i < *axis || i >= *axis + indexRank)
        indices.push_back(linalg::IndexOp::create(b, i));
    indices.insert(indices.begin() + *axis, getPosition(b, args[0], size));
    linalg::YieldOp::create(b, tensor::ExtractOp::create(b, n.input(0), indices).getResult());
  };
  Value result =
      linalg::GenericOp::create(n.b, target.getType(), n.input(1), target, maps, iterators, body).getResult(0);
  return n.setResult(0, result, n.inputType(0));
}

static LogicalResult importGatherElements(NodeImporter &n) {
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), n.rank(0));
  if (!axis || failed(checkIndices(n)))
    return failure();
  int64_t rank = n.rank(0), size = n.shape(0)[*axis];
  if (n.rank(1) != rank)
    return n.invalid("the indices have rank " + Twine(n.rank(1)) + ", expected " + Twine(rank));
  for (int64_t i = 0; i < rank; ++i)
    if (i != *axis && n.shape(1)[i] > n.shape(0)[i])
      return n.invalid("dimension " + Twine(i) + " of the indices is larger than that of the data");
  if (size == 0 && n.tensorType(1).getNumElements() != 0)
    return n.invalid("axis " + Twine(*axis) + " has no elements to gather");
  if (failed(getConstantPositions(n, size)))
    return failure();
  SmallVector<AffineMap> maps(2, n.b.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  Value target = n.empty(n.shape(1), n.irType(n.inputType(0)));
  auto body = [&](OpBuilder &builder, Location loc, ValueRange args) {
    ImplicitLocOpBuilder b(loc, builder);
    SmallVector<Value> indices;
    for (int64_t i = 0; i < rank; ++i)
      indices.push_back(i == *axis ? getPosition(b, args[0], size) : linalg::IndexOp::create(b, i).getResult());
    linalg::YieldOp::create(b, tensor::ExtractOp::create(b, n.input(0), indices).getResult());
  };
  Value result =
      linalg::GenericOp::create(n.b, target.getType(), n.input(1), target, maps, iterators, body).getResult(0);
  return n.setResult(0, result, n.inputType(0));
}

static LogicalResult importGatherND(NodeImporter &n) {
  int64_t batch = n.intAttr("batch_dims", 0), rank = n.rank(0), indexRank = n.rank(1);
  if (failed(checkIndices(n)))
    return failure();
  if (batch < 0 || batch >= rank || batch >= indexRank)
    return n.invalid("batch_dims is " + Twine(batch) + " for ranks " + Twine(rank) + " and " + Twine(indexRank));
  int64_t length = n.shape(1).back();
  if (length < 1 || batch + length > rank)
    return n.invalid("index tuples of " + Twine(length) + " do not fit data of rank " + Twine(rank));
  if (n.shape(0).take_front(batch) != n.shape(1).take_front(batch))
    return n.invalid("the batch dimensions of data and indices differ");
  SmallVector<int64_t> shape(n.shape(1).drop_back());
  int64_t tuples = shape.size();
  llvm::append_range(shape, n.shape(0).drop_front(batch + length));
  if (llvm::is_contained(n.shape(0).slice(batch, length), 0))
    return n.invalid("the data have no elements to gather");

  int64_t resultRank = shape.size();
  // One operand for each component of the tuples.
  SmallVector<Value> components;
  SmallVector<AffineMap> maps;
  SmallVector<int64_t> offsets(indexRank, 0), sizes(n.shape(1)), strides(indexRank, 1);
  sizes.back() = 1;
  for (int64_t i = 0; i < length; ++i) {
    offsets.back() = i;
    components.push_back(n.reshape(n.slice(n.input(1), offsets, sizes, strides), n.shape(1).drop_back()));
    maps.push_back(AffineMap::getMultiDimIdentityMap(resultRank, n.getContext()).getMajorSubMap(tuples));
  }
  maps.push_back(n.b.getMultiDimIdentityMap(resultRank));
  SmallVector<utils::IteratorType> iterators(resultRank, utils::IteratorType::parallel);
  Value target = n.empty(shape, n.irType(n.inputType(0)));
  auto body = [&](OpBuilder &builder, Location loc, ValueRange args) {
    ImplicitLocOpBuilder b(loc, builder);
    SmallVector<Value> indices;
    for (int64_t i = 0; i < batch; ++i)
      indices.push_back(linalg::IndexOp::create(b, i));
    for (int64_t i = 0; i < length; ++i)
      indices.push_back(getPosition(b, args[i], n.shape(0)[batch + i]));
    for (int64_t i = tuples; i < resultRank; ++i)
      indices.push_back(linalg::IndexOp::create(b, i));
    linalg::YieldOp::create(b, tensor::ExtractOp::create(b, n.input(0), indices).getResult());
  };
  Value result =
      linalg::GenericOp::create(n.b, target.getType(), components, target, maps, iterators, body).getResult(0);
  return n.setResult(0, result, n.inputType(0));
}

void mlir::qnn::onnx_import::populateGather(OpTable &table) {
  table.add("Gather", importGather, 2, 2);
  table.add("GatherElements", importGatherElements, 2, 2);
  table.add("GatherND", importGatherND, 2, 2);
}
