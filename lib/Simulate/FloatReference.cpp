//===- FloatReference.cpp - The float model as it was before anything was done for accuracy's sake ----------------===//
#include "quant-opt/Simulate/FloatReference.h"

#include "quant-opt/Analysis/StatedRanges.h"
#include "quant-opt/Calibrate/MeasureRanges.h"
#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Support/Decisions.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

class KeepFloatPass : public PassWrapper<KeepFloatPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(KeepFloatPass)

  explicit KeepFloatPass(std::shared_ptr<FloatReference> reference) : reference(std::move(reference)) {}

  StringRef getArgument() const override { return "qnn-keep-float"; }
  StringRef getDescription() const override { return "keep a copy of the float model to measure errors against"; }
  void runOnOperation() override {
    reference->module = getOperation().clone();
    markAllAnalysesPreserved();
  }

private:
  std::shared_ptr<FloatReference> reference;
};

} // namespace

std::unique_ptr<Pass> qnn::createKeepFloatPass(std::shared_ptr<FloatReference> reference) {
  return std::make_unique<KeepFloatPass>(std::move(reference));
}

bool qnn::haveEqualWeights(ModuleOp a, ModuleOp b) {
  auto hash = [](ModuleOp module) {
    OwningOpRef<ModuleOp> copy(module.clone());
    dropDecisions(*copy);
    copy->walk([](FunctionOpInterface function) {
      if (!function.isExternal())
        stripRanges(function);
    });
    copy->walk([](Operation *op) { op->removeAttr(kPrecisionAttr); });
    return hashModule(*copy);
  };
  return hash(a) == hash(b);
}
