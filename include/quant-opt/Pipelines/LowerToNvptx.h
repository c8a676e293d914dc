//===- LowerToNvptx.h - From a model on tensors to NVVM dialect for an NVIDIA GPU --------------------------------===//
#ifndef QUANT_OPT_PIPELINES_LOWERTONVPTX_H
#define QUANT_OPT_PIPELINES_LOWERTONVPTX_H

#include "quant-opt/Emit/GpuProgram.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::qnn {

/// What `--lower-to-nvptx` takes on the command line.
struct LowerToNvptxOptions : public PassPipelineOptions<LowerToNvptxOptions> {
  Option<std::string> chip{*this, "chip", llvm::cl::desc("the GPU: sm_61, sm_70, sm_75, sm_80, sm_86, sm_89 or sm_90"),
                           llvm::cl::init("sm_75")};
  Option<bool> emulate{*this, "emulate",
                       llvm::cl::desc("end in LLVM dialect for the CPU, one thread of the GPU a call"),
                       llvm::cl::init(false)};
  Option<bool> tensorCores{*this, "tensor-cores", llvm::cl::desc("use tensor cores where the GPU has them"),
                           llvm::cl::init(true)};
};

/// From what all targets share, buffers in one arena, to launches of kernels.
void buildLowerToLaunchesPipeline(OpPassManager &manager, StringRef chip, bool tensorCores);

/// All of it, from tensors on; what `--lower-to-nvptx` runs.
void buildLowerToNvptxPipeline(OpPassManager &manager, const LowerToNvptxOptions &options);

void registerLowerToNvptxPipeline();

struct LowerGpuOptions {
  GpuChip chip;
  /// Code for the CPU that does what the kernels do, in place of code for the GPU.
  bool emulate = false;
  bool tensorCores = true;
  std::function<LogicalResult(PassManager &)> configure;
};

/// Lowers the one model in `module`, in the Integer form or any float form before it. `module` is left in an undefined
/// state. Kernels are named `kernel_<i>`. Errors are emitted on the operations at fault.
LogicalResult lowerToGpuProgram(ModuleOp module, const LowerGpuOptions &options, GpuProgram &program);

} // namespace mlir::qnn

#endif // QUANT_OPT_PIPELINES_LOWERTONVPTX_H
