//===- LowerContractionsToGpu.cpp - Each qnn.contract becomes a kernel of a GPU's threads ------------------------===//
#include "StreamKernel.h"
#include "TiledKernel.h"
#include "quant-opt/Lower/Nvptx/Passes.h"
#include "quant-opt/Support/Locations.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/IR/Remarks.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_LOWERCONTRACTIONSTOGPUPASS
#include "quant-opt/Lower/Nvptx/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
struct LowerContractionsToGpu : public qnn::impl::LowerContractionsToGpuPassBase<LowerContractionsToGpu> {
  using LowerContractionsToGpuPassBase::LowerContractionsToGpuPassBase;
  void runOnOperation() override;
  LogicalResult lower(ContractOp op, GpuChip target);
};
} // namespace

LogicalResult LowerContractionsToGpu::lower(ContractOp op, GpuChip target) {
  FailureOr<ContractionPlan> plan = ContractionPlan::getPacked(op);
  if (failed(plan))
    return failure();
  Type lhs = getElementTypeOrSelf(op.getLhs().getType());
  if (!plan->isFloat && !lhs.isInteger(8))
    return op.emitOpError("of layer '") << getNodeName(op.getLoc())
                                        << "' has no kernel on a GPU: expected bytes or floats, found " << lhs;
  OpBuilder builder(op);
  // The best first.
  std::unique_ptr<GpuKernel> kernels[] = {
      std::make_unique<DepthwiseGpuKernel>(builder, op, *plan, target),
      std::make_unique<StreamKernel>(builder, op, *plan, target),
      std::make_unique<MmaKernel>(builder, op, *plan, target),
      std::make_unique<TiledKernel>(builder, op, *plan, target),
      std::make_unique<ElementKernel>(builder, op, *plan, target),
  };
  for (std::unique_ptr<GpuKernel> &kernel : kernels) {
    if (!kernel->fits() || (!tensorCores && kernel->usesTensorCores()))
      continue;
    kernel->build();
    remark::passed(op.getLoc(), remark::RemarkOpts::name("ContractionPlan").category("qnn"))
        << (plan->str() + "; " + kernel->describe());
    ++numKernels;
    op.erase();
    return success();
  }
  llvm_unreachable("the last kernel fits every plan");
}

void LowerContractionsToGpu::runOnOperation() {
  std::optional<GpuChip> target = parseGpuChip(chip);
  if (!target) {
    getOperation()->emitError("unknown GPU '") << chip << "'; expected one of " << listGpuChips();
    return signalPassFailure();
  }
  SmallVector<ContractOp> ops;
  getOperation()->walk([&](ContractOp op) { ops.push_back(op); });
  for (ContractOp op : ops)
    if (failed(lower(op, *target)))
      return signalPassFailure();
}
