//===- DropUnitChannels.cpp - Depthwise convolutions without channels inside their groups -------------------------===//
#include "Convolution.h"
#include "Relayout.h"
#include "quant-opt/Normalize/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_DROPUNITCHANNELSPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// The dimensions of a value of `rank` in groups around those that stay; the others go with what stands before them.
static SmallVector<ReassociationIndices> getGroups(int64_t rank, ArrayRef<int64_t> dropped) {
  SmallVector<ReassociationIndices> groups(1);
  bool occupied = false;
  for (int64_t dim = 0; dim < rank; ++dim) {
    bool stays = !llvm::is_contained(dropped, dim);
    if (stays && occupied)
      groups.emplace_back();
    occupied |= stays;
    groups.back().push_back(dim);
  }
  return groups;
}

namespace {
struct DropUnitChannelsPass : public qnn::impl::DropUnitChannelsPassBase<DropUnitChannelsPass> {
  using DropUnitChannelsPassBase::DropUnitChannelsPassBase;

  void runOnOperation() override {
    SmallVector<linalg::GenericOp> generics;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics() && op.getBody()->getOps<linalg::IndexOp>().empty())
        generics.push_back(op);
    });
    for (linalg::GenericOp op : generics) {
      std::optional<ConvolutionLoops> loops = matchConvolution(op);
      if (!loops || !loops->weights || loops->group.empty())
        continue;
      SmallVector<unsigned> channels(loops->outputChannel);
      llvm::append_range(channels, loops->inputChannel);
      SmallVector<int64_t> extents = op.getStaticLoopRanges();
      if (!channels.empty() && llvm::all_of(channels, [&](unsigned loop) { return extents[loop] == 1; }))
        dropLoops(op, channels);
    }
  }

  void dropLoops(linalg::GenericOp op, ArrayRef<unsigned> dropped) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    SmallVector<AffineExpr> newDims(op.getNumLoops(), builder.getAffineConstantExpr(0));
    SmallVector<utils::IteratorType> iterators;
    for (auto [loop, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
      if (!llvm::is_contained(dropped, loop)) {
        newDims[loop] = builder.getAffineDimExpr(iterators.size());
        iterators.push_back(iterator);
      }

    SmallVector<Value> operands;
    SmallVector<AffineMap> maps;
    SmallVector<ReassociationIndices> groups;
    for (OpOperand &operand : op->getOpOperands()) {
      auto type = cast<RankedTensorType>(operand.get().getType());
      SmallVector<int64_t> droppedDims, shape;
      SmallVector<AffineExpr> exprs;
      for (auto [dim, expr] : llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults())) {
        auto bare = dyn_cast<AffineDimExpr>(expr);
        if (bare && llvm::is_contained(dropped, bare.getPosition())) {
          droppedDims.push_back(dim);
          continue;
        }
        shape.push_back(type.getDimSize(dim));
        exprs.push_back(expr.replaceDims(newDims));
      }
      groups = getGroups(type.getRank(), droppedDims);
      operands.push_back(createReshaped(builder, loc, operand.get(), shape, groups));
      maps.push_back(AffineMap::get(iterators.size(), 0, exprs, builder.getContext()));
    }
    ValueRange values(operands);
    auto smaller = linalg::GenericOp::create(builder, loc, TypeRange(values.take_back()), values.drop_back(),
                                             values.take_back(), maps, iterators);
    IRMapping mapping;
    op.getRegion().cloneInto(&smaller.getRegion(), mapping);
    smaller->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    Value result = createReshaped(builder, loc, smaller.getResult(0), type.getShape(), groups);
    op.getResult(0).replaceAllUsesWith(result);
    op.erase();
    ++numDropped;
  }
};
} // namespace
