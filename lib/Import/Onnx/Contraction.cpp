//===- Contraction.cpp - Sums of products, float and integer, for every operator that is one ---------------------===//
#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

using utils::IteratorType;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

ElementType qnn::onnx_import::getAccumulatorType(ElementType type) {
  switch (type) {
  case ElementType::Float16:
  case ElementType::BFloat16:
    return ElementType::Float;
  case ElementType::Int8:
  case ElementType::UInt8:
    return ElementType::Int32;
  default:
    return type;
  }
}

/// The element extended to the accumulator's type, minus its zero point.
static Value extend(NodeImporter &n, ImplicitLocOpBuilder &b, Value element, const Factor &factor,
                    ElementType accumulator) {
  Value extended = n.castScalar(b, element, factor.type, accumulator);
  if (factor.zeroPoint == 0)
    return extended;
  return arith::SubIOp::create(b, extended, n.scalarInt(extended.getType(), factor.zeroPoint));
}

Value qnn::onnx_import::contract(NodeImporter &n, const Factor &lhs, const Factor &rhs, ArrayRef<AffineMap> maps,
                                 ArrayRef<IteratorType> iterators, ArrayRef<int64_t> shape) {
  if (!lhs.value || !rhs.value)
    return {};
  ElementType accumulator = getAccumulatorType(lhs.type);
  Value init = n.filled(shape, n.scalar(n.irType(accumulator), 0));
  return linalg::GenericOp::create(n.b, init.getType(), ValueRange{lhs.value, rhs.value}, init, maps, iterators,
                                   [&](OpBuilder &builder, Location loc, ValueRange args) {
                                     OpBuilder::InsertionGuard guard(n.b);
                                     n.b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
                                     Value x = extend(n, n.b, args[0], lhs, accumulator);
                                     Value y = extend(n, n.b, args[1], rhs, accumulator);
                                     Value sum;
                                     if (isFloat(accumulator))
                                       sum = arith::AddFOp::create(n.b, args[2], arith::MulFOp::create(n.b, x, y));
                                     else
                                       sum = arith::AddIOp::create(n.b, args[2], arith::MulIOp::create(n.b, x, y));
                                     linalg::YieldOp::create(n.b, sum);
                                   })
      .getResult(0);
}

Value qnn::onnx_import::convolve(NodeImporter &n, const Factor &data, const Factor &weights, const Window &window,
                                 int64_t groups) {
  if (!data.value || !weights.value)
    return {};
  ArrayRef<int64_t> dataShape = shapeOf(data.value), weightShape = shapeOf(weights.value);
  int64_t rank = window.rank(), batch = dataShape[0], channels = dataShape[1], outputs = weightShape[0];
  if (groups < 1 || outputs % groups != 0 || channels % groups != 0 || channels / groups != weightShape[1]) {
    (void)n.invalid("data of " + Twine(channels) + " channels, weights of " + Twine(outputs) + " x " +
                    Twine(weightShape[1]) + " and " + Twine(groups) + " groups do not agree");
    return {};
  }
  Value padding = n.scalar(n.irType(data.type), data.zeroPoint);
  Factor padded{padForWindow(n, data.value, window, padding), data.type, data.zeroPoint};
  Factor kernels = weights;
  if (!padded.value)
    return {};

  int64_t inputsPerGroup = channels / groups, outputsPerGroup = outputs / groups;
  bool isDepthwise = groups > 1 && inputsPerGroup == 1 && outputsPerGroup == 1;
  bool isGrouped = groups > 1 && !isDepthwise;

  // Loops: n, [g], oc (or the depthwise channel), output..., [ic], kernel...
  SmallVector<AffineExpr> dataExprs, weightExprs, resultExprs;
  SmallVector<IteratorType> iterators;
  SmallVector<int64_t> shape;
  unsigned loops = 0;
  auto addLoop = [&](IteratorType type) {
    iterators.push_back(type);
    return n.b.getAffineDimExpr(loops++);
  };
  auto addParallel = [&](int64_t size) {
    AffineExpr loop = addLoop(IteratorType::parallel);
    resultExprs.push_back(loop);
    shape.push_back(size);
    return loop;
  };
  dataExprs.push_back(addParallel(batch));
  if (isGrouped) {
    AffineExpr group = addParallel(groups);
    dataExprs.push_back(group);
    weightExprs.push_back(group);
  }
  AffineExpr output = addParallel(isGrouped ? outputsPerGroup : outputs);
  weightExprs.push_back(output);
  unsigned firstOutput = loops;
  for (int64_t size : window.output)
    addParallel(size);
  if (isDepthwise) {
    dataExprs.push_back(output);
  } else {
    AffineExpr input = addLoop(IteratorType::reduction);
    dataExprs.push_back(input);
    weightExprs.push_back(input);
  }
  unsigned firstKernel = loops;
  for (int64_t i = 0; i < rank; ++i)
    weightExprs.push_back(addLoop(IteratorType::reduction));
  llvm::append_range(dataExprs, getWindowExprs(n, window, firstOutput, firstKernel));

  if (isGrouped) {
    SmallVector<int64_t> split(shapeOf(padded.value));
    split[1] = inputsPerGroup;
    split.insert(split.begin() + 1, groups);
    padded.value = n.reshape(padded.value, split);
    SmallVector<int64_t> splitWeights(weightShape);
    splitWeights[0] = outputsPerGroup;
    splitWeights.insert(splitWeights.begin(), groups);
    kernels.value = n.reshape(kernels.value, splitWeights);
  } else if (isDepthwise) {
    SmallVector<int64_t> dropped(weightShape);
    dropped.erase(dropped.begin() + 1);
    kernels.value = n.reshape(kernels.value, dropped);
  }
  SmallVector<AffineMap> maps;
  for (ArrayRef<AffineExpr> exprs : {ArrayRef(dataExprs), ArrayRef(weightExprs), ArrayRef(resultExprs)})
    maps.push_back(AffineMap::get(loops, 0, exprs, n.getContext()));
  Value result = contract(n, padded, kernels, maps, iterators, shape);
  SmallVector<int64_t> resultShape{batch, outputs};
  llvm::append_range(resultShape, window.output);
  return n.reshape(result, resultShape);
}

Value qnn::onnx_import::multiplyMatrices(NodeImporter &n, const Factor &lhs, const Factor &rhs) {
  if (!lhs.value || !rhs.value)
    return {};
  ArrayRef<int64_t> lhsShape = shapeOf(lhs.value), rhsShape = shapeOf(rhs.value);
  if (lhsShape.empty() || rhsShape.empty()) {
    (void)n.invalid("a matrix product needs operands of rank 1 or more");
    return {};
  }
  bool hasRows = lhsShape.size() > 1, hasColumns = rhsShape.size() > 1;
  int64_t depth = lhsShape.back(), rhsDepth = hasColumns ? rhsShape[rhsShape.size() - 2] : rhsShape[0];
  if (depth != rhsDepth) {
    (void)n.invalid("cannot multiply matrices of " + Twine(depth) + " columns and " + Twine(rhsDepth) + " rows");
    return {};
  }
  ArrayRef<int64_t> lhsBatch = lhsShape.drop_back(hasRows ? 2 : 1), rhsBatch = rhsShape.drop_back(hasColumns ? 2 : 1);
  std::optional<SmallVector<int64_t>> batch = n.broadcastShape({lhsBatch, rhsBatch});
  if (!batch)
    return {};

  // Loops: batch..., [m], [n], k.
  SmallVector<int64_t> shape(*batch);
  unsigned loops = batch->size();
  AffineExpr row, column;
  if (hasRows) {
    row = n.b.getAffineDimExpr(loops++);
    shape.push_back(lhsShape[lhsShape.size() - 2]);
  }
  if (hasColumns) {
    column = n.b.getAffineDimExpr(loops++);
    shape.push_back(rhsShape.back());
  }
  SmallVector<IteratorType> iterators(loops, IteratorType::parallel);
  SmallVector<AffineExpr> resultExprs;
  for (unsigned i = 0; i < loops; ++i)
    resultExprs.push_back(n.b.getAffineDimExpr(i));
  AffineExpr inner = n.b.getAffineDimExpr(loops++);
  iterators.push_back(IteratorType::reduction);

  // Broadcast batch dimensions are dropped from the operand.
  auto dropBroadcast = [&](const Factor &factor, ArrayRef<int64_t> ownBatch, ArrayRef<AffineExpr> matrix,
                           SmallVectorImpl<AffineExpr> &exprs) {
    SmallVector<int64_t> kept;
    size_t offset = batch->size() - ownBatch.size();
    for (auto [i, size] : llvm::enumerate(ownBatch)) {
      if (size == 1 && (*batch)[offset + i] != 1)
        continue;
      kept.push_back(size);
      exprs.push_back(n.b.getAffineDimExpr(offset + i));
    }
    llvm::append_range(kept, shapeOf(factor.value).drop_front(ownBatch.size()));
    llvm::append_range(exprs, matrix);
    return Factor{n.reshape(factor.value, kept), factor.type, factor.zeroPoint};
  };
  SmallVector<AffineExpr> lhsMatrix, rhsMatrix, lhsExprs, rhsExprs;
  if (hasRows)
    lhsMatrix.push_back(row);
  lhsMatrix.push_back(inner);
  rhsMatrix.push_back(inner);
  if (hasColumns)
    rhsMatrix.push_back(column);
  Factor left = dropBroadcast(lhs, lhsBatch, lhsMatrix, lhsExprs);
  Factor right = dropBroadcast(rhs, rhsBatch, rhsMatrix, rhsExprs);
  SmallVector<AffineMap> maps;
  for (ArrayRef<AffineExpr> exprs : {ArrayRef(lhsExprs), ArrayRef(rhsExprs), ArrayRef(resultExprs)})
    maps.push_back(AffineMap::get(loops, 0, exprs, n.getContext()));
  return contract(n, left, right, maps, iterators, shape);
}

Value qnn::onnx_import::addPerChannel(NodeImporter &n, Value value, Value vector) {
  if (!value || !vector)
    return {};
  if (shapeOf(vector).size() != 1 || shapeOf(vector)[0] != shapeOf(value)[1]) {
    (void)n.invalid("the bias does not have one element for each of " + Twine(shapeOf(value)[1]) + " channels");
    return {};
  }
  auto tensor = cast<RankedTensorType>(value.getType());
  AffineMap identity = n.b.getMultiDimIdentityMap(tensor.getRank());
  SmallVector<AffineMap> maps{identity, identity.getSubMap({1}), identity};
  SmallVector<IteratorType> iterators(tensor.getRank(), IteratorType::parallel);
  Value target = n.empty(tensor.getShape(), tensor.getElementType());
  return linalg::GenericOp::create(n.b, tensor, ValueRange{value, vector}, target, maps, iterators,
                                   [&](OpBuilder &b, Location loc, ValueRange args) {
                                     Value sum;
                                     if (isa<IntegerType>(tensor.getElementType()))
                                       sum = arith::AddIOp::create(b, loc, args[0], args[1]);
                                     else
                                       sum = arith::AddFOp::create(b, loc, args[0], args[1]);
                                     linalg::YieldOp::create(b, loc, sum);
                                   })
      .getResult(0);
}
