//===- VerifyQdq.cpp - Check the Qdq form: no ranges, quantized values between casts only -------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/InsertQdq/Passes.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_VERIFYQDQPASS
#include "quant-opt/InsertQdq/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

bool isQuantized(Type type) { return isa<quant::QuantizedType>(getElementTypeOrSelf(type)); }

class VerifyQdqPass : public qnn::impl::VerifyQdqPassBase<VerifyQdqPass> {
public:
  void runOnOperation() override {
    bool valid = true;
    getOperation()->walk([&](Operation *op) {
      auto observe = dyn_cast<ObserveOp>(op);
      if (isa<RangeOp>(op) || (observe && !observe.getStep())) {
        op->emitOpError("is left over").attachNote() << "the pass at fault is --qnn-insert-qdq, which takes ranges out";
        valid = false;
      } else if (!isa<quant::QuantizeCastOp, quant::DequantizeCastOp, quant::StorageCastOp, BarrierOp>(op) &&
                 (llvm::any_of(op->getOperandTypes(), isQuantized) ||
                  llvm::any_of(op->getResultTypes(), isQuantized))) {
        op->emitOpError("has a quantized operand or result; expected quantized values between casts of 'quant' only");
        valid = false;
      }
    });
    if (!valid)
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
