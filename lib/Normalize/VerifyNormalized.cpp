//===- VerifyNormalized.cpp - The Normalized form, checked --------------------------------------------------------===//
#include "Body.h"
#include "Convolution.h"
#include "Relayout.h"
#include "quant-opt/Normalize/Passes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_VERIFYNORMALIZEDPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// An error that names the pass whose work is missing.
static LogicalResult fail(Operation *op, const Twine &message, StringRef pass) {
  InFlightDiagnostic diagnostic = op->emitOpError(message);
  diagnostic.attachNote() << "--" << pass << " should have changed it";
  return diagnostic;
}

static LogicalResult checkShapes(Operation *op) {
  for (Type type : op->getResultTypes())
    if (auto tensor = dyn_cast<TensorType>(type); tensor && !tensor.hasStaticShape())
      return op->emitOpError("is not in the Normalized form: expected statically shaped tensors, found ") << type;
  return success();
}

static LogicalResult checkConvolution(linalg::GenericOp op) {
  std::optional<ConvolutionLoops> loops = matchConvolution(op);
  if (!loops)
    return success();
  SmallVector<unsigned> order = loops->getCanonicalOrder();
  bool canonical = llvm::equal(order, llvm::seq<unsigned>(0, order.size()));
  for (OpOperand &operand : op->getOpOperands())
    canonical &= isIdentity(loops->getChannelsLast(operand));
  if (!canonical)
    return fail(op, "is not in the Normalized form: expected a channels-last convolution or pooling",
                "qnn-channels-last");
  return success();
}

static LogicalResult checkTranspose(linalg::TransposeOp op) {
  if (op.getInput().getDefiningOp<linalg::TransposeOp>())
    return fail(op, "is not in the Normalized form: expected no transpose of a transpose", "qnn-cancel-transposes");
  if (getConstantBehindReshapes(op.getInput()))
    return fail(op, "is not in the Normalized form: expected no transpose of a constant", "qnn-cancel-transposes");
  return success();
}

namespace {
struct VerifyNormalizedPass : public qnn::impl::VerifyNormalizedPassBase<VerifyNormalizedPass> {
  using VerifyNormalizedPassBase::VerifyNormalizedPassBase;

  void runOnOperation() override {
    WalkResult result = getOperation()->walk([](Operation *op) -> WalkResult {
      if (failed(checkShapes(op)))
        return WalkResult::interrupt();
      if (auto transpose = dyn_cast<linalg::TransposeOp>(op))
        return checkTranspose(transpose);
      if (isa<linalg::LinalgOp>(op) && !isa<linalg::GenericOp, linalg::FillOp>(op))
        return fail(op, "is not in the Normalized form: expected linalg.generic, fill or transpose", "qnn-generalize");
      auto generic = dyn_cast<linalg::GenericOp>(op);
      if (!generic)
        return success();
      if (isFloatSum(generic) && !startsFromZero(generic))
        return fail(op, "is not in the Normalized form: expected a sum that starts from a zero fill", "qnn-split-bias");
      return checkConvolution(generic);
    });
    if (result.wasInterrupted())
      signalPassFailure();
    else
      markAllAnalysesPreserved();
  }
};
} // namespace
