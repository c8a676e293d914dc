//===- LowerToNvptx.cpp - From a model on tensors to NVVM dialect for an NVIDIA GPU ------------------------------===//
#include "quant-opt/Pipelines/LowerToNvptx.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Lower/Nvptx/Passes.h"
#include "quant-opt/Lower/X86/Passes.h"
#include "quant-opt/Pipelines/LowerToX86.h"
#include "quant-opt/Support/Packing.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::qnn;

void qnn::buildLowerToLaunchesPipeline(OpPassManager &manager, StringRef chip, bool tensorCores) {
  OpPassManager &functions = manager.nest<func::FuncOp>();
  functions.addPass(createLowerContractionsToGpuPass({chip.str(), tensorCores}));
  functions.addPass(createLowerToLoopsPass({/*flat=*/true}));
  manager.addPass(createOutlineStepsPass());
  // After outlining, so that a shared kernel is expanded once. What the CPU expands for its own sake is expanded here
  // for equal bits.
  OpPassManager &kernels = manager.nest<func::FuncOp>();
  // A path with fused multiply-adds: exact reciprocals take the place of divisions.
  kernels.addPass(createExpandArithPass({"avx2"}));
  kernels.addPass(createExpandMathPass());
  kernels.addPass(createWidenShortFloatsPass({"x86-64"}));
  kernels.addPass(createCSEPass());
  manager.addPass(createVerifyLoweredPass());
  manager.addPass(createMakeLaunchesPass());
  // A path without vectors: each byte is a load from the table.
  manager.addPass(createLowerLookupsPass({"x86-64"}));
  // Constant indices fold, which a wrong alignment or an idle branch would hide.
  manager.nest<func::FuncOp>().addPass(createCanonicalizerPass());
}

void qnn::buildLowerToNvptxPipeline(OpPassManager &manager, const LowerToNvptxOptions &options) {
  buildLowerCommonPipeline(manager);
  buildLowerToLaunchesPipeline(manager, options.chip, options.tensorCores);
  if (options.emulate)
    manager.addPass(createConvertToEmulationPass());
  else
    manager.addPass(createConvertToNvvmPass({options.chip}));
}

void qnn::registerLowerToNvptxPipeline() {
  PassPipelineRegistration<LowerToNvptxOptions>(
      "lower-to-nvptx", "From a model on tensors to NVVM dialect for one NVIDIA GPU", buildLowerToNvptxPipeline);
}

LogicalResult qnn::lowerToGpuProgram(ModuleOp module, const LowerGpuOptions &options, GpuProgram &program) {
  auto run = [&](function_ref<void(OpPassManager &)> build) -> LogicalResult {
    PassManager manager(module.getContext());
    if (options.configure && failed(options.configure(manager)))
      return failure();
    build(manager);
    return manager.run(module);
  };
  dropParameters(module);
  if (failed(run([](OpPassManager &manager) { buildLowerCommonPipeline(manager); })))
    return failure();
  ProgramOp op = *module.getOps<ProgramOp>().begin();
  program.chip = options.chip;
  readProgram(op, program.model);
  if (failed(run([&](OpPassManager &manager) {
        buildLowerToLaunchesPipeline(manager, options.chip.getName(), options.tensorCores);
        if (options.emulate)
          manager.addPass(createConvertToEmulationPass());
        else
          manager.addPass(createConvertToNvvmPass({options.chip.getName()}));
      })))
    return failure();
  op = *module.getOps<ProgramOp>().begin();
  program.launches.clear();
  for (auto launch : op.getSteps().getOps<LaunchOp>()) {
    GpuLaunch result{launch.getKernel().str(),
                     static_cast<int64_t>(launch.getGrid()),
                     static_cast<int64_t>(launch.getBlock()),
                     static_cast<int64_t>(launch.getCount()),
                     {},
                     launch.getLayer().str()};
    for (auto [kind, position] : llvm::zip_equal(launch.getKinds(), launch.getPositions()))
      result.buffers.push_back({kind, position});
    program.launches.push_back(std::move(result));
  }
  op.erase();
  program.module = OwningOpRef<ModuleOp>(module.clone());
  return success();
}
