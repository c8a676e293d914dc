//===- DecomposeDataMovement.cpp - Pad and concat become insertions into one destination -------------------------===//
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Dialect/Tensor/Transforms/Transforms.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_DECOMPOSEDATAMOVEMENTPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;

namespace {
struct PadToInsertSlice : public OpRewritePattern<tensor::PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::PadOp pad, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(pad.getType());
    Value value = pad.getConstantPaddingValue();
    if (!value || !type.hasStaticShape() || !pad.getSourceType().hasStaticShape())
      return rewriter.notifyMatchFailure(pad, "expected a constant value and static shapes");
    if (llvm::any_of(pad.getStaticLow(), [](int64_t low) { return low < 0; }) ||
        llvm::any_of(pad.getStaticHigh(), [](int64_t high) { return high < 0; }))
      return rewriter.notifyMatchFailure(pad, "expected padding of at least 0 everywhere");
    if (value.getParentRegion() == &pad.getRegion())
      value = rewriter.clone(*value.getDefiningOp())->getResult(0);
    Location loc = pad.getLoc();
    Value empty = tensor::EmptyOp::create(rewriter, loc, type.getShape(), type.getElementType());
    auto fill = linalg::FillOp::create(rewriter, loc, value, empty);
    // Only the border needs it: the rest is overwritten by the insertion, the fill's one user.
    SmallVector<int64_t> overwritten(pad.getStaticLow());
    llvm::append_range(overwritten, pad.getSourceType().getShape());
    if (llvm::none_of(pad.getStaticLow(), ShapedType::isDynamic))
      fill->setAttr(qnn::kOverwrittenAttr, rewriter.getDenseI64ArrayAttr(overwritten));
    Value filled = fill.getResult(0);
    SmallVector<OpFoldResult> strides(type.getRank(), rewriter.getIndexAttr(1));
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(rewriter, loc, pad.getSource());
    rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(pad, pad.getSource(), filled, pad.getMixedLowPad(), sizes,
                                                       strides);
    return success();
  }
};

struct DecomposeDataMovement : public qnn::impl::DecomposeDataMovementPassBase<DecomposeDataMovement> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<PadToInsertSlice>(&getContext());
    tensor::populateDecomposeTensorConcatPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
