//===- VerifyCalibrated.cpp - Check the Calibrated form: a qnn.range on every quantized edge ----------------------===//
#include "quant-opt/Analysis/QuantizedEdges.h"
#include "quant-opt/Analysis/StatedRanges.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/InsertQdq/Passes.h"

#include "mlir/IR/OwningOpRef.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_VERIFYCALIBRATEDPASS
#include "quant-opt/InsertQdq/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

class VerifyCalibratedPass : public qnn::impl::VerifyCalibratedPassBase<VerifyCalibratedPass> {
public:
  void runOnOperation() override {
    bool valid = true;
    getOperation()->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      valid &= function.isExternal() || isCalibrated(function);
      return WalkResult::skip();
    });
    if (!valid)
      signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  bool isCalibrated(FunctionOpInterface function) {
    bool valid = true;
    function->walk([&](ObserveOp observe) {
      observe.emitOpError("is left over").attachNote()
          << "the pass at fault is the one that made the Calibrated form: --qnn-annotate-ranges takes observers out";
      valid = false;
    });
    // Edges are decided on IR without ranges, so a copy is stripped of them.
    OwningOpRef<FunctionOpInterface> copy(cast<FunctionOpInterface>(function->clone()));
    llvm::DenseMap<Value, StatedRange> ranges = stripRanges(*copy);
    for (const QuantizedEdge &edge : getQuantizedEdges(*copy).edges)
      if (!ranges.count(edge.value)) {
        InFlightDiagnostic diag = emitError(edge.value.getLoc(), "edge '") << edge.name << "' has no range";
        diag.attachNote() << "ranges are stated by --qnn-annotate-ranges, from a table that --calibrate makes";
        valid = false;
      }
    return valid;
  }
};

} // namespace
