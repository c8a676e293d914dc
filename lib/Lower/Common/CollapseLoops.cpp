//===- CollapseLoops.cpp - Neighbouring loops over contiguous memory become one -----------------------------------===//
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_COLLAPSELOOPSPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;

/// Whether `operand` is read along loops `dim` and `dim + 1` as along one loop: not at all, or as neighbouring
/// dimensions of memory without a gap.
static bool isContiguous(OpOperand &operand, AffineMap map, unsigned dim) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!type)
    return true;
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return false;
  for (unsigned i = 0, e = map.getNumResults(); i < e; ++i) {
    unsigned position = map.getDimPosition(i);
    if (position == dim + 1)
      return false;
    if (position != dim)
      continue;
    return i + 1 < e && map.getDimPosition(i + 1) == dim + 1 && strides[i] == strides[i + 1] * type.getDimSize(i + 1);
  }
  return true;
}

/// The loops of `op` in groups that may each become one loop.
static SmallVector<ReassociationIndices> groupLoops(linalg::LinalgOp op) {
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  SmallVector<ReassociationIndices> groups;
  for (unsigned dim = 0, e = op.getNumLoops(); dim < e; ++dim) {
    bool joins = dim > 0 && kinds[dim] == kinds[dim - 1] && llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
                   return isContiguous(operand, op.getMatchingIndexingMap(&operand), dim - 1);
                 });
    if (!joins)
      groups.emplace_back();
    groups.back().push_back(dim);
  }
  return groups;
}

static bool isCollapsible(linalg::LinalgOp op) {
  return op.hasPureBufferSemantics() && !op.hasIndexSemantics() && op.getNumLoops() > 1 &&
         llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) { return map.isProjectedPermutation(); }) &&
         !llvm::is_contained(op.getStaticLoopRanges(), 0);
}

namespace {
struct CollapseLoops : public qnn::impl::CollapseLoopsPassBase<CollapseLoops> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      // Its box is stated in the dimensions that it has.
      if (op->hasAttr(qnn::kOverwrittenAttr))
        continue;
      rewriter.setInsertionPoint(op);
      // A named operation collapses to a shape that its name may not allow.
      if (!isa<linalg::GenericOp>(op)) {
        FailureOr<linalg::GenericOp> generic = linalg::generalizeNamedOp(rewriter, op);
        if (failed(generic))
          continue;
        op = *generic;
      }
      if (!isCollapsible(op))
        continue;
      SmallVector<ReassociationIndices> groups = groupLoops(op);
      if (groups.size() == op.getNumLoops())
        continue;
      rewriter.setInsertionPoint(op);
      if (failed(linalg::collapseOpIterationDims(op, groups, rewriter)))
        continue;
      rewriter.eraseOp(op);
      ++numCollapsed;
    }
  }
};
} // namespace
