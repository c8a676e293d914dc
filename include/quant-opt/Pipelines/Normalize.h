//===- Normalize.h - The pipeline from the Imported to the Normalized form ----------------------------------------===//
#ifndef QUANT_OPT_PIPELINES_NORMALIZE_H
#define QUANT_OPT_PIPELINES_NORMALIZE_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::qnn {

struct NormalizeOptions : PassPipelineOptions<NormalizeOptions> {
  Option<bool> foldBatchNorm{*this, "fold-batch-norm",
                             llvm::cl::desc("fold constant affine functions into weights and bias"),
                             llvm::cl::init(true)};
  Option<bool> channelsLast{*this, "channels-last",
                            llvm::cl::desc("make channels the innermost dimension of convolutions and poolings"),
                            llvm::cl::init(true)};
  Option<bool> verify{*this, "verify", llvm::cl::desc("check the Normalized form at the end"), llvm::cl::init(true)};
};

/// Adds the passes of `--qnn-normalize` to `pm`, a pass manager on modules.
void buildNormalizePipeline(OpPassManager &pm, const NormalizeOptions &options);

void registerNormalizePipeline();

} // namespace mlir::qnn

#endif // QUANT_OPT_PIPELINES_NORMALIZE_H
