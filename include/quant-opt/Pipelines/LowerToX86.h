//===- LowerToX86.h - From a model on tensors to LLVM dialect for x86 --------------------------------------------===//
#ifndef QUANT_OPT_PIPELINES_LOWERTOX86_H
#define QUANT_OPT_PIPELINES_LOWERTOX86_H

#include "quant-opt/Emit/Program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::qnn {

/// What `--lower-to-x86` takes on the command line.
struct LowerToX86Options : public PassPipelineOptions<LowerToX86Options> {
  Option<std::string> path{
      *this, "path",
      llvm::cl::desc("CPU path: avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2, x86-64, or host"),
      llvm::cl::init("host")};
  Option<std::string> prefix{*this, "prefix", llvm::cl::desc("put before the name of each function made"),
                             llvm::cl::init("")};
};

/// The part that all CPU paths share: from tensors to buffers in one arena, with packed weights. Constants
/// that it leaves behind are freed on the way if nothing but the module needs them.
void buildLowerCommonPipeline(OpPassManager &manager, bool ownsConstants = false);

/// The rest, for one path: from buffers to the Lowered form.
void buildLowerToStepsPipeline(OpPassManager &manager, CpuPath path, StringRef prefix);

/// From the Lowered form to LLVM dialect.
void buildConvertToLLVMPipeline(OpPassManager &manager, CpuPath path);

/// All three for the path named in `options`; what `--lower-to-x86` runs.
void buildLowerToX86Pipeline(OpPassManager &manager, const LowerToX86Options &options);

void registerLowerToX86Pipeline();

class ProgramOp;

/// Signature, memory and weights of what `buildLowerCommonPipeline` leaves; `program` has no code yet.
void readProgram(ProgramOp op, Program &program);

struct LowerOptions {
  std::vector<CpuPath> paths = {getHostCpuPath()};
  /// Called on each pass manager before it runs, for timing, statistics or printing.
  std::function<LogicalResult(PassManager &)> configure;
  /// Nothing else of the module's context is needed any more: constants are freed as soon as they have been copied on.
  bool releaseConstants = false;
  /// Whoever runs the program gives arguments marked `qnn.parameter` as `TensorInfo::packing` says.
  bool packParameters = false;
};

/// Lowers the one model in `module`, in the Integer form or any float form before it, to LLVM dialect for each path;
/// avx512vbmi stands for avx512bf16 if the model has no bf16 contraction, and avx512vnni for that if it has no lookup.
/// `module` is left in an undefined state. Step functions are named `<model>_<path>_step_<i>`, '-' in a path replaced
/// by '_'. Errors are emitted on the operations at fault.
LogicalResult lowerToProgram(ModuleOp module, const LowerOptions &options, Program &program);

} // namespace mlir::qnn

#endif // QUANT_OPT_PIPELINES_LOWERTOX86_H
