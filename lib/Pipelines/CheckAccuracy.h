//===- CheckAccuracy.h - Passes that run the model before and after quantization, to compare its outputs ----------===//
#ifndef QUANT_OPT_LIB_PIPELINES_CHECKACCURACY_H
#define QUANT_OPT_LIB_PIPELINES_CHECKACCURACY_H

#include "quant-opt/Pipelines/QuantizeStatic.h"
#include "quant-opt/Refine/AccuracyGoal.h"

#include "mlir/Pass/Pass.h"

namespace mlir::qnn {

/// Runs the model, in the Calibrated form, on held-out samples and keeps its outputs in `report->gate`, to be judged by
/// the goal of `options`, with `minSqnr` in place of theirs.
std::unique_ptr<Pass> createKeepReferencePass(const QuantizeStaticOptions &options, StringRef minSqnr,
                                              CompileObservedFn compile, std::shared_ptr<AccuracyReport> report);

/// Compiles the model, in the Integer form, for this machine, runs it on the same samples and puts the result into
/// `report`. Changes nothing; does nothing without a gate.
std::unique_ptr<Pass> createCheckAccuracyPass(std::shared_ptr<AccuracyReport> report);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_PIPELINES_CHECKACCURACY_H
