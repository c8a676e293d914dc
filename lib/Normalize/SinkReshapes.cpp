//===- SinkReshapes.cpp - Reshapes move behind the elementwise operations that belong to a contraction ------------===//
#include "Body.h"
#include "Relayout.h"
#include "quant-opt/Normalize/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_SINKRESHAPESPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// How the loops of an elementwise operation on a reshaped value become loops on the value before.
struct Reshape {
  Operation *op;
  RankedTensorType before;
  SmallVector<ReassociationIndices> groups;
  bool merges; // tensor.collapse_shape: group i is dimension i after; else dimension i before

  static std::optional<Reshape> match(Operation *op) {
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
      return Reshape{op, collapse.getSrcType(), collapse.getReassociationIndices(), true};
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
      return Reshape{op, expand.getSrcType(), expand.getReassociationIndices(), false};
    return std::nullopt;
  }
};

/// An operand of the operation as it reads on the shape before the reshape.
struct NewOperand {
  Value value;
  AffineMap map;
};
} // namespace

/// Splits each dimension of `operand` into the dimensions that were merged into its loop.
static NewOperand split(OpBuilder &builder, Location loc, Value operand, AffineMap map, const Reshape &reshape) {
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> exprs;
  SmallVector<ReassociationIndices> groups;
  for (AffineExpr expr : map.getResults()) {
    ReassociationIndices &group = groups.emplace_back();
    for (int64_t dim : reshape.groups[cast<AffineDimExpr>(expr).getPosition()]) {
      group.push_back(shape.size());
      shape.push_back(reshape.before.getDimSize(dim));
      exprs.push_back(builder.getAffineDimExpr(dim));
    }
  }
  return {createReshaped(builder, loc, operand, shape, groups),
          AffineMap::get(reshape.before.getRank(), 0, exprs, builder.getContext())};
}

/// Merges the dimensions of `operand` that one dimension was split into; nothing if they are not all there in their
/// order. One dimension may stand for a group if the others have an extent of one.
static std::optional<NewOperand> merge(OpBuilder &builder, Location loc, Value operand, AffineMap map,
                                       const Reshape &reshape) {
  auto type = cast<RankedTensorType>(operand.getType());
  // A single element has no groups to merge into.
  if (reshape.before.getRank() == 0)
    return NewOperand{createReshaped(builder, loc, operand, {}, {}), AffineMap::get(0, 0, builder.getContext())};
  auto after = cast<RankedTensorType>(reshape.op->getResult(0).getType());
  SmallVector<int64_t> groupOf(after.getRank()), shape;
  for (auto [group, dims] : llvm::enumerate(reshape.groups))
    for (int64_t dim : dims)
      groupOf[dim] = group;
  SmallVector<AffineExpr> exprs;
  SmallVector<ReassociationIndices> groups;
  int64_t lastDim = -1, lastGroup = -1;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    int64_t dim = cast<AffineDimExpr>(expr).getPosition(), group = groupOf[dim];
    if (dim <= lastDim)
      return std::nullopt;
    if (group != lastGroup) {
      groups.emplace_back();
      shape.push_back(1);
      exprs.push_back(builder.getAffineDimExpr(group));
    }
    groups.back().push_back(i);
    shape.back() *= type.getDimSize(i);
    lastDim = dim;
    lastGroup = group;
  }
  for (auto [extent, expr] : llvm::zip_equal(shape, exprs))
    if (extent != reshape.before.getDimSize(cast<AffineDimExpr>(expr).getPosition()))
      return std::nullopt;
  return NewOperand{createReshaped(builder, loc, operand, shape, groups),
                    AffineMap::get(reshape.before.getRank(), 0, exprs, builder.getContext())};
}

/// Whether `op` can take the reshape behind it: an elementwise operation in row-major order that reads the reshaped
/// value so.
static bool canSinkThrough(linalg::GenericOp op, OpOperand &use) {
  return op && op.hasPureTensorSemantics() && isElementwise(op) && op.getMatchingIndexingMap(&use).isIdentity() &&
         op.getIndexingMapsArray().back().isIdentity() && op.getBody()->getOps<linalg::IndexOp>().empty() &&
         op.isDpsInput(&use);
}

namespace {
struct SinkReshapesPass : public qnn::impl::SinkReshapesPassBase<SinkReshapesPass> {
  using SinkReshapesPassBase::SinkReshapesPassBase;

  void runOnOperation() override {
    SmallVector<Operation *> reshapes;
    getOperation()->walk([&](Operation *op) {
      if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
        reshapes.push_back(op);
    });
    for (Operation *op : reshapes)
      while (Operation *sunk = sink(op))
        op = sunk;
  }

  /// Moves `op` behind its one user; the new reshape, or null if it stays.
  Operation *sink(Operation *op) {
    Value before = op->getOperand(0), after = op->getResult(0);
    auto source = before.getDefiningOp<linalg::GenericOp>();
    if (!source || !before.hasOneUse() || !after.hasOneUse())
      return nullptr;
    OpOperand &use = *after.getUses().begin();
    auto user = dyn_cast<linalg::GenericOp>(use.getOwner());
    if (!canSinkThrough(user, use) || cast<RankedTensorType>(after.getType()).getRank() == 0)
      return nullptr;
    Reshape reshape = *Reshape::match(op);

    OpBuilder builder(user);
    Location loc = user.getLoc();
    SmallVector<Value> values;
    SmallVector<AffineMap> maps;
    for (OpOperand &operand : user->getOpOperands()) {
      AffineMap map = user.getMatchingIndexingMap(&operand);
      std::optional<NewOperand> made;
      if (&operand == &use)
        made = NewOperand{before, builder.getMultiDimIdentityMap(reshape.before.getRank())};
      else if (!isa<RankedTensorType>(operand.get().getType()))
        made = NewOperand{operand.get(), AffineMap::get(reshape.before.getRank(), 0, builder.getContext())};
      else
        made = reshape.merges ? split(builder, loc, operand.get(), map, reshape)
                              : merge(builder, loc, operand.get(), map, reshape);
      if (!made)
        return nullptr;
      values.push_back(made->value);
      maps.push_back(made->map);
    }
    SmallVector<utils::IteratorType> iterators(reshape.before.getRank(), utils::IteratorType::parallel);
    ValueRange operands(values);
    auto moved = linalg::GenericOp::create(builder, loc, TypeRange(operands.take_back()), operands.drop_back(),
                                           operands.take_back(), maps, iterators);
    IRMapping mapping;
    user.getRegion().cloneInto(&moved.getRegion(), mapping);
    moved->setDiscardableAttrs(user->getDiscardableAttrDictionary());

    IRMapping reshapeMapping;
    reshapeMapping.map(before, moved.getResult(0));
    Operation *sunk = builder.clone(*op, reshapeMapping);
    auto type = cast<RankedTensorType>(user.getResult(0).getType());
    sunk->getResult(0).setType(type);
    user.getResult(0).replaceAllUsesWith(sunk->getResult(0));
    user.erase();
    op->erase();
    ++numSunk;
    return sunk;
  }
};
} // namespace
