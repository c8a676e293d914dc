//===- Bufferize.cpp - Tensors become memrefs, written in place where their values allow it ----------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Dialect/Bufferization/Transforms/Bufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_BUFFERIZEPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;

/// Gives each user of a fill its own, right before it: a fill that two accumulators share would be kept, and copied to
/// each.
static void separateFills(func::FuncOp function) {
  SmallVector<linalg::FillOp> fills;
  function.walk([&](linalg::FillOp fill) {
    if (fill.hasPureTensorSemantics() && fill.getDpsInits()[0].getDefiningOp<tensor::EmptyOp>())
      fills.push_back(fill);
  });
  for (linalg::FillOp fill : fills) {
    for (OpOperand &use : llvm::make_early_inc_range(fill->getUses())) {
      OpBuilder builder(use.getOwner());
      Operation *empty = builder.clone(*fill.getDpsInits()[0].getDefiningOp());
      Operation *copy = builder.clone(*fill);
      copy->setOperand(1, empty->getResult(0));
      use.set(copy->getResult(0));
    }
    fill.erase();
  }
}

namespace {
struct Bufferize : public qnn::impl::BufferizePassBase<Bufferize> {
  void runOnOperation() override {
    bufferization::OneShotBufferizationOptions options;
    // All shapes are static and every buffer's layout is known where it is made: no dynamic offsets and no casts.
    options.setFunctionBoundaryTypeConversion(bufferization::LayoutMapOption::IdentityLayoutMap);
    options.unknownTypeConverterFn = [](TensorType type, Attribute memorySpace,
                                        const bufferization::BufferizationOptions &) {
      return bufferization::getMemRefTypeWithStaticIdentityLayout(type, memorySpace);
    };
    options.bufferAlignment = 0;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      separateFills(function);
      IRRewriter rewriter(&getContext());
      if (failed(bufferization::eliminateEmptyTensors(rewriter, function)))
        return signalPassFailure();
      bufferization::BufferizationState state;
      if (failed(bufferization::runOneShotBufferize(function, options, state)))
        return signalPassFailure();
    }
  }
};
} // namespace
