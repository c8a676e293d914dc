//===- VerifyInteger.cpp - Check the Integer form and list what stayed float --------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Integerize/Passes.h"
#include "quant-opt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Remarks.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_VERIFYINTEGERPASS
#include "quant-opt/Integerize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

bool isQuantized(Type type) { return isa<quant::QuantizedType>(getElementTypeOrSelf(type)); }

class VerifyIntegerPass : public qnn::impl::VerifyIntegerPassBase<VerifyIntegerPass> {
public:
  using VerifyIntegerPassBase::VerifyIntegerPassBase;

  void runOnOperation() override {
    bool valid = true;
    getOperation()->walk([&](Operation *op) { valid &= isLegal(op) && isAccountedFor(op); });
    if (!valid)
      signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  bool isLegal(Operation *op) {
    if (isa<RangeOp>(op) || isa_and_nonnull<quant::QuantDialect>(op->getDialect()) ||
        llvm::any_of(op->getOperandTypes(), isQuantized) || llvm::any_of(op->getResultTypes(), isQuantized)) {
      op->emitOpError("is not part of the Integer form").attachNote() << "the pass at fault is --qnn-integerize";
      return false;
    }
    auto certificate = op->getAttrOfType<DenseI64ArrayAttr>("qnn.certificate");
    if (certificate && llvm::any_of(certificate.asArrayRef(), [](int64_t bound) {
          return bound < 0 || bound > std::numeric_limits<int32_t>::max();
        })) {
      op->emitOpError("expected certificates of accumulators below 2^31, found ") << certificate;
      return false;
    }
    return true;
  }

  /// Lists an operation on floats that quantization could have changed.
  bool isAccountedFor(Operation *op) {
    if (!isa<QuantizableOpInterface>(op) && op->getNumRegions() == 0 && op->getNumResults() == 0)
      return true;
    QuantRule rule = getQuantRule(op);
    if (rule.role == QuantRole::ValuePreserving || rule.role == QuantRole::Elementwise)
      return true;
    if (rule.isFloat() && rule.reason.empty())
      return true;
    std::string reason = rule.isFloat() ? rule.reason : "its operands are not quantized";
    std::string what = rule.isFloat() ? "operation" : getRoleName(rule.role).str();
    remark::missed(op->getLoc(), remark::RemarkOpts::name("StaysFloat").category("qnn"))
        << remark::reason("{0}", reason);
    if (requireInteger && rule.role == QuantRole::Contraction) {
      emitError(op->getLoc()) << what << " stays float: " << reason;
      return false;
    }
    if (list)
      emitRemark(op->getLoc()) << what << " stays float: " << reason;
    return true;
  }
};

} // namespace
