//===- LowerContractions.cpp - Each qnn.contract becomes a tiled kernel ------------------------------------------===//
#include "KernelBuilder.h"
#include "TargetPath.h"
#include "quant-opt/Lower/Common/StepAttributes.h"
#include "quant-opt/Lower/X86/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Remarks.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_LOWERCONTRACTIONSPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Products that take about a third of a microsecond: two threads that wait for each other gain nothing below.
constexpr int64_t kLeastSharedBytes = 64 * 1024, kLeastSharedFloats = 16 * 1024;
/// A byte that another core wrote last costs about as much as this many that come from the cache that all cores share.
constexpr int64_t kForeignCost = 4;

/// How many of the fastest iterations threads share. Those of one panel are places in the image: each thread then reads
/// what it wrote in the layer before, and nearly all of the weight. Shared by panels, threads read a part of the weight
/// each, and the rows that others wrote; and where panels are narrower than a cache line, they write to the same ones.
static int64_t chooseShared(ContractOp op, const ContractionPlan &plan, int64_t count, int64_t perPanel) {
  if (plan.getMacs() < (plan.isFloat ? kLeastSharedFloats : kLeastSharedBytes))
    return 0;
  auto bytes = [](Value value) {
    auto type = cast<MemRefType>(value.getType());
    return type.getNumElements() * type.getElementTypeBitWidth() / 8;
  };
  return bytes(op.getRhs()) <= kForeignCost * bytes(op.getLhs()) ? perPanel : count;
}

namespace {
struct LowerContractions : public qnn::impl::LowerContractionsPassBase<LowerContractions> {
  using LowerContractionsPassBase::LowerContractionsPassBase;
  void runOnOperation() override;
  LogicalResult lower(ContractOp op, CpuPath target);
};
} // namespace

LogicalResult LowerContractions::lower(ContractOp op, CpuPath target) {
  FailureOr<ContractionPlan> plan = ContractionPlan::getPacked(op);
  if (failed(plan))
    return failure();
  OpBuilder builder(op);
  std::unique_ptr<KernelBuilder> kernel;
  if (plan->isDepthwiseBytes())
    kernel = std::make_unique<DepthwiseByteKernel>(builder, op, *plan, target);
  else if (plan->depthwise)
    kernel = std::make_unique<DepthwiseKernel>(builder, op, *plan, target);
  else
    kernel = std::make_unique<PlainKernel>(builder, op, *plan, target);
  scf::ForallOp loop = kernel->build();
  Tile tile = kernel->getTile();
  std::string text = plan->str() + "; tile of " + (tile.lines > 1 ? std::to_string(tile.lines) + " lines x " : "") +
                     std::to_string(tile.rows) + " rows x " + std::to_string(tile.vectors * tile.lanes) + " channels";
  loop->setAttr(kStepPlanAttr, builder.getStringAttr(text));
  loop->setAttr(kStepMacsAttr, builder.getI64IntegerAttr(plan->getMacs()));
  const int64_t count = *getConstantIntValue(loop.getMixedUpperBound()[0]);
  if (int64_t shared = chooseShared(op, *plan, count, kernel->getIterationsPerPanel()); shared != count)
    loop->setAttr(kStepSharedAttr, builder.getI64IntegerAttr(shared));
  remark::passed(op.getLoc(), remark::RemarkOpts::name("ContractionPlan").category("qnn")) << text;
  ++numKernels;
  op.erase();
  return success();
}

void LowerContractions::runOnOperation() {
  FailureOr<CpuPath> target = readTargetPath(getOperation(), path);
  if (failed(target))
    return signalPassFailure();
  SmallVector<ContractOp> ops;
  getOperation()->walk([&](ContractOp op) { ops.push_back(op); });
  for (ContractOp op : ops)
    if (failed(lower(op, *target)))
      return signalPassFailure();
}
