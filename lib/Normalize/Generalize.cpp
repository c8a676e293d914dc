//===- Generalize.cpp - Named linalg operations as their maps and bodies ------------------------------------------===//
#include "quant-opt/Normalize/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_GENERALIZEPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
struct GeneralizePass : public qnn::impl::GeneralizePassBase<GeneralizePass> {
  using GeneralizePassBase::GeneralizePassBase;

  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> named;
    // Fills and transposes say more by their name: a contraction's start, a change of layout.
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (!isa<linalg::GenericOp, linalg::FillOp, linalg::TransposeOp>(op.getOperation()))
        named.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      if (failed(linalg::generalizeNamedOp(rewriter, op))) {
        op.emitOpError("has no body to generalize: expected an operation that linalg can write as linalg.generic");
        return signalPassFailure();
      }
      ++numGeneralized;
    }
  }
};
} // namespace
