//===- Layouts.cpp - Operations that can work in another order of dimensions --------------------------------------===//
#include "Layouts.h"

#include "Body.h"

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::qnn;

/// Operations whose operands and result all have the same dimensions, so that one layout serves all.
static bool sharesDimensions(Operation *op) {
  return TypeSwitch<Operation *, bool>(op)
      .Case([](tensor::PadOp pad) { return pad.getConstantPaddingValue() != nullptr; })
      .Case([](tensor::ExtractSliceOp slice) { return slice.getSourceType().getRank() == slice.getType().getRank(); })
      .Case([](tensor::InsertSliceOp slice) { return slice.getSourceType().getRank() == slice.getType().getRank(); })
      .Case<tensor::ConcatOp, quant::QuantizeCastOp, quant::DequantizeCastOp, quant::StorageCastOp, BarrierOp>(
          [](Operation *) { return true; })
      .Default([](Operation *) { return false; });
}

/// The loop that moves through each dimension of a value read by `map`, a permutation.
static SmallVector<int64_t> getLoops(AffineMap map) {
  return llvm::map_to_vector(map.getResults(),
                             [](AffineExpr expr) -> int64_t { return cast<AffineDimExpr>(expr).getPosition(); });
}

/// The layout of a value read by `map` when the loops run in `order`.
static Permutation getLayout(AffineMap map, ArrayRef<int64_t> order) {
  return permute(ArrayRef<int64_t>(invert(order)), getLoops(map));
}

/// The order of loops in which a value read by `map` in layout `layout` is read row by row.
static SmallVector<int64_t> getLoopOrder(AffineMap map, ArrayRef<int64_t> layout) {
  return permute(ArrayRef<int64_t>(getLoops(map)), invert(layout));
}

namespace {
/// A reshape whose split side is stored in another order.
struct Grouping {
  SmallVector<int64_t> order;                // of the groups, as they are stored
  SmallVector<ReassociationIndices> indices; // of the stored dimensions that each of them has
};
} // namespace

/// The groups as they lie in the stored dimensions `stored` (of the split shape), or nothing if a group's dimensions
/// are not side by side in their order. Dimensions of extent one go with whichever group they come to lie beside,
/// except that a group of nothing else keeps its first.
static std::optional<Grouping> getGrouping(ArrayRef<int64_t> stored, ArrayRef<ReassociationIndices> groups,
                                           ArrayRef<int64_t> splitShape) {
  SmallVector<int64_t> groupOf(stored.size(), -1);
  for (auto [group, dims] : llvm::enumerate(groups)) {
    for (int64_t dim : dims)
      if (splitShape[dim] != 1)
        groupOf[dim] = group;
    if (llvm::all_of(dims, [&](int64_t dim) { return splitShape[dim] == 1; }))
      groupOf[dims.front()] = group;
  }
  Grouping result;
  ReassociationIndices leading;
  int64_t lastDim = -1;
  for (auto [position, dim] : llvm::enumerate(stored)) {
    int64_t group = groupOf[dim];
    if (group < 0) {
      (result.indices.empty() ? leading : result.indices.back()).push_back(position);
      continue;
    }
    if (result.order.empty() || result.order.back() != group) {
      if (llvm::is_contained(result.order, group))
        return std::nullopt;
      result.order.push_back(group);
      result.indices.push_back(std::exchange(leading, {}));
    } else if (dim < lastDim) {
      return std::nullopt;
    }
    result.indices.back().push_back(position);
    lastDim = dim;
  }
  return result;
}

/// All dimensions of the groups, taken in `order`.
static SmallVector<int64_t> flattenGroups(ArrayRef<int64_t> order, ArrayRef<ReassociationIndices> groups) {
  SmallVector<int64_t> dims;
  for (int64_t group : order)
    llvm::append_range(dims, groups[group]);
  return dims;
}

std::optional<Permutation> qnn::getResultLayout(OpOperand &operand, ArrayRef<int64_t> layout) {
  Operation *op = operand.getOwner();
  if (sharesDimensions(op))
    return isa<RankedTensorType>(operand.get().getType()) ? std::optional<Permutation>(Permutation(layout))
                                                          : std::nullopt;
  if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
    AffineMap map = generic.getMatchingIndexingMap(&operand);
    if (!generic.hasPureTensorSemantics() || !isElementwise(generic) || !map.isPermutation())
      return std::nullopt;
    return getLayout(generic.getIndexingMapsArray().back(), getLoopOrder(map, layout));
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    SmallVector<ReassociationIndices> groups = expand.getReassociationIndices();
    return invert(flattenGroups(invert(layout), groups));
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    SmallVector<ReassociationIndices> groups = collapse.getReassociationIndices();
    if (std::optional<Grouping> grouping = getGrouping(invert(layout), groups, collapse.getSrcType().getShape()))
      return invert(grouping->order);
  }
  return std::nullopt;
}

std::optional<SmallVector<Permutation>> qnn::getOperandLayouts(Operation *op, ArrayRef<int64_t> layout) {
  if (sharesDimensions(op)) {
    SmallVector<Permutation> layouts;
    for (Value operand : op->getOperands()) {
      if (!isa<RankedTensorType>(operand.getType()))
        return std::nullopt; // sizes known only at run time
      layouts.push_back(Permutation(layout));
    }
    return layouts;
  }
  if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
    if (!generic.hasPureTensorSemantics() || !isElementwise(generic))
      return std::nullopt;
    SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
    SmallVector<int64_t> order = getLoopOrder(maps.back(), layout);
    return llvm::map_to_vector(
        maps, [&](AffineMap map) { return map.isPermutation() ? getLayout(map, order) : Permutation(); });
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    SmallVector<ReassociationIndices> groups = expand.getReassociationIndices();
    std::optional<Grouping> grouping = getGrouping(invert(layout), groups, expand.getResultType().getShape());
    if (!grouping || !expand.getOutputShape().empty())
      return std::nullopt;
    return SmallVector<Permutation>{invert(grouping->order)};
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    SmallVector<ReassociationIndices> groups = collapse.getReassociationIndices();
    return SmallVector<Permutation>{invert(flattenGroups(invert(layout), groups))};
  }
  return std::nullopt;
}

/// A copy of `op` with other operands and another result type.
static Operation *cloneWith(OpBuilder &builder, Operation *op, ValueRange operands, Type type) {
  OperationState state(op->getLoc(), op->getName(), operands, type, op->getAttrs());
  for (Region &region : op->getRegions()) {
    IRMapping mapping;
    region.cloneInto(state.addRegion(), mapping);
  }
  return builder.create(state);
}

Value qnn::createInLayout(OpBuilder &builder, Operation *op, ValueRange operands, ArrayRef<Permutation> operandLayouts,
                          ArrayRef<int64_t> layout) {
  Permutation stored = invert(layout);
  if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
    SmallVector<int64_t> order = getLoopOrder(generic.getIndexingMapsArray().back(), layout);
    SmallVector<Permutation> permutations =
        llvm::map_to_vector(operandLayouts, [](const Permutation &p) { return invert(p); });
    return createRelaidGeneric(builder, generic, operands, permutations,
                               SmallVector<unsigned>(order.begin(), order.end()))
        .getResult(0);
  }
  RankedTensorType type = permuteType(cast<RankedTensorType>(op->getResult(0).getType()), stored);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    std::optional<Grouping> grouping =
        getGrouping(stored, expand.getReassociationIndices(), expand.getResultType().getShape());
    return tensor::ExpandShapeOp::create(builder, op->getLoc(), type, operands[0], grouping->indices);
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    std::optional<Grouping> grouping =
        getGrouping(invert(operandLayouts[0]), collapse.getReassociationIndices(), collapse.getSrcType().getShape());
    return tensor::CollapseShapeOp::create(builder, op->getLoc(), type, operands[0], grouping->indices);
  }

  Operation *copy = cloneWith(builder, op, operands, type);
  auto reorder = [&](ArrayRef<int64_t> values) { return permute(values, stored); };
  TypeSwitch<Operation *>(copy)
      .Case([&](tensor::PadOp pad) {
        pad.setStaticLow(reorder(pad.getStaticLow()));
        pad.setStaticHigh(reorder(pad.getStaticHigh()));
      })
      .Case<tensor::ExtractSliceOp, tensor::InsertSliceOp>([&](auto slice) {
        slice.setStaticOffsets(reorder(slice.getStaticOffsets()));
        slice.setStaticSizes(reorder(slice.getStaticSizes()));
        slice.setStaticStrides(reorder(slice.getStaticStrides()));
      })
      .Case([&](tensor::ConcatOp concat) { concat.setDim(layout[concat.getDim()]); });
  return copy->getResult(0);
}
