//===- ReleaseConstants.cpp - Frees what a stage of a pipeline leaves behind --------------------------------------===//
#include "ReleaseConstants.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

class ReleaseConstantsPass : public PassWrapper<ReleaseConstantsPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ReleaseConstantsPass)

  StringRef getArgument() const override { return "qnn-release-constants"; }
  StringRef getDescription() const override { return "free constants that the module does not hold"; }
  void runOnOperation() override {
    releaseConstants(&getContext(), getOperation().getOperation());
    markAllAnalysesPreserved();
  }
};

} // namespace

std::unique_ptr<Pass> qnn::createReleaseConstantsPass() { return std::make_unique<ReleaseConstantsPass>(); }
