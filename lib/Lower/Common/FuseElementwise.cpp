//===- FuseElementwise.cpp - Joins elementwise operations with the one operation that reads them -----------------===//
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_FUSEELEMENTWISEPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Whether the consumer visits each element of the operand exactly once, so that computing it there repeats nothing.
static bool visitsEachElementOnce(OpOperand *operand) {
  auto consumer = cast<linalg::LinalgOp>(operand->getOwner());
  return consumer.getMatchingIndexingMap(operand).isPermutation();
}

static bool isWorthFusing(OpOperand *operand) {
  Operation *producer = operand->get().getDefiningOp();
  if (!producer || !producer->hasOneUse())
    return false;
  if (isa<linalg::FillOp>(producer))
    return true;
  return visitsEachElementOnce(operand);
}

namespace {
struct FuseElementwise : public qnn::impl::FuseElementwisePassBase<FuseElementwise> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, [this](OpOperand *operand) {
      bool fuse = isWorthFusing(operand);
      numFused += fuse;
      return fuse;
    });
    linalg::GenericOp::getCanonicalizationPatterns(patterns, &getContext());
    // Going down from producers keeps the number of visits linear in the length of an elementwise chain.
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(true);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};
} // namespace
