//===- Indexing.cpp - Copies that pick elements of a tensor by position -------------------------------------------===//
#include "Indexing.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

Value mlir::qnn::onnx_import::reverse(NodeImporter &n, Value value, ArrayRef<int64_t> axes) {
  if (!value || axes.empty())
    return value;
  RankedTensorType type = typeOf(value);
  int64_t rank = type.getRank();
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < rank; ++i) {
    AffineExpr dim = n.b.getAffineDimExpr(i);
    bool isReversed = llvm::is_contained(axes, i) && type.getDimSize(i) > 1;
    exprs.push_back(isReversed ? (type.getDimSize(i) - 1) - dim : dim);
  }
  SmallVector<AffineMap> maps{AffineMap::get(rank, 0, exprs, n.getContext()), n.b.getMultiDimIdentityMap(rank)};
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  Value target = n.empty(type.getShape(), type.getElementType());
  return linalg::GenericOp::create(
             n.b, type, value, target, maps, iterators,
             [](OpBuilder &builder, Location loc, ValueRange args) { linalg::YieldOp::create(builder, loc, args[0]); })
      .getResult(0);
}

/// The constant difference between neighbours, if there is one; 1 for fewer than two positions.
static std::optional<int64_t> getStep(ArrayRef<int64_t> positions) {
  if (positions.size() < 2)
    return 1;
  int64_t step = positions[1] - positions[0];
  for (size_t i = 1; i < positions.size(); ++i)
    if (positions[i] - positions[i - 1] != step)
      return std::nullopt;
  return step;
}

/// k if the positions are 0 … size-1, each k times in a row.
static std::optional<int64_t> getRepeats(ArrayRef<int64_t> positions, int64_t size) {
  if (size == 0 || positions.empty() || positions.size() % size != 0)
    return std::nullopt;
  int64_t count = positions.size() / size;
  for (auto [i, position] : llvm::enumerate(positions))
    if (position != int64_t(i) / count)
      return std::nullopt;
  return count;
}

/// Slices and mirrors along the axes of even steps.
static Value takeEvenSteps(NodeImporter &n, Value value, ArrayRef<AxisPositions> axes) {
  SmallVector<int64_t> sizes(typeOf(value).getShape()), offsets(sizes.size(), 0), strides(sizes.size(), 1), reversed;
  for (const AxisPositions &axis : axes) {
    if (axis.positions.empty()) {
      sizes[axis.axis] = 0;
      continue;
    }
    int64_t step = *getStep(axis.positions);
    sizes[axis.axis] = axis.positions.size();
    offsets[axis.axis] = step < 0 ? axis.positions.back() : axis.positions.front();
    strides[axis.axis] = std::abs(step);
    if (step < 0)
      reversed.push_back(axis.axis);
  }
  return reverse(n, n.slice(value, offsets, sizes, strides), reversed);
}

/// Repeats each element along the axes, by a broadcast along a new dimension after each.
static Value takeRepeats(NodeImporter &n, Value value, ArrayRef<AxisPositions> axes) {
  SmallVector<int64_t> spread, target, merged;
  for (auto [dim, size] : llvm::enumerate(typeOf(value).getShape())) {
    spread.push_back(size);
    target.push_back(size);
    merged.push_back(size);
    for (const AxisPositions &axis : axes) {
      if (axis.axis != int64_t(dim))
        continue;
      int64_t count = axis.positions.size() / size;
      spread.push_back(1);
      target.push_back(count);
      merged.back() = size * count;
    }
  }
  return n.reshape(n.broadcastTo(n.reshape(value, spread), target), merged);
}

/// Reads elements through one table of positions for each axis.
static Value takeByTables(NodeImporter &n, Value value, ArrayRef<AxisPositions> axes) {
  RankedTensorType type = typeOf(value);
  int64_t rank = type.getRank();
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<Value> tables;
  SmallVector<AffineMap> maps;
  for (const AxisPositions &axis : axes) {
    int64_t size = axis.positions.size();
    shape[axis.axis] = size;
    tables.push_back(n.int64Tensor(axis.positions, {size}));
    maps.push_back(AffineMap::get(rank, 0, n.b.getAffineDimExpr(axis.axis)));
  }
  maps.push_back(n.b.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  Value target = n.empty(shape, type.getElementType());
  auto body = [&](OpBuilder &builder, Location loc, ValueRange args) {
    SmallVector<Value> indices;
    for (int64_t i = 0; i < rank; ++i) {
      const auto *axis = llvm::find_if(axes, [&](const AxisPositions &axis) { return axis.axis == i; });
      if (axis == axes.end())
        indices.push_back(linalg::IndexOp::create(builder, loc, i));
      else
        indices.push_back(arith::IndexCastOp::create(builder, loc, builder.getIndexType(), args[axis - axes.begin()]));
    }
    linalg::YieldOp::create(builder, loc, tensor::ExtractOp::create(builder, loc, value, indices).getResult());
  };
  return linalg::GenericOp::create(n.b, target.getType(), tables, target, maps, iterators, body).getResult(0);
}

Value mlir::qnn::onnx_import::takeAlong(NodeImporter &n, Value value, ArrayRef<AxisPositions> axes) {
  if (!value)
    return {};
  SmallVector<AxisPositions> even, repeated, other;
  for (const AxisPositions &axis : axes) {
    std::optional<int64_t> step = getStep(axis.positions);
    if (step && *step != 0)
      even.push_back(axis);
    else if (getRepeats(axis.positions, typeOf(value).getDimSize(axis.axis)))
      repeated.push_back(axis);
    else
      other.push_back(axis);
  }
  if (!even.empty())
    value = takeEvenSteps(n, value, even);
  if (!other.empty())
    value = takeByTables(n, value, other);
  return repeated.empty() ? value : takeRepeats(n, value, repeated);
}
