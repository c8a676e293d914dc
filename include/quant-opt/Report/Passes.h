//===- Passes.h - Passes of the stage Report ----------------------------------------------------------------------===//
#ifndef QUANT_OPT_REPORT_PASSES_H
#define QUANT_OPT_REPORT_PASSES_H

#include "quant-opt/Calibrate/MeasureRanges.h"
#include "quant-opt/InsertQdq/Schemes.h"

#include "quant-opt/Simulate/FloatReference.h"

#include "mlir/Pass/Pass.h"

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Report/Passes.h.inc"

/// `--qnn-report` and `--qnn-explain` with a way to compile the model.
/// Errors are those beside `reference`, if it is given and holds a module.
std::unique_ptr<Pass> createReportPass(ReportPassOptions options, CompileObservedFn compile,
                                       std::shared_ptr<FloatReference> reference = nullptr);
std::unique_ptr<Pass> createExplainPass(ExplainPassOptions options, CompileObservedFn compile);

/// The same with the project's own code generator and options to be parsed: defined by Pipelines, which alone knows how
/// to lower.
std::unique_ptr<Pass> createReportPass();
std::unique_ptr<Pass> createExplainPass();

#define GEN_PASS_REGISTRATION
#include "quant-opt/Report/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_REPORT_PASSES_H
