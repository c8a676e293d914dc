//===- Passes.h - Passes of the stage Refine: from the Calibrated form to the Calibrated form ---------------------===//
#ifndef QUANT_OPT_REFINE_PASSES_H
#define QUANT_OPT_REFINE_PASSES_H

#include "quant-opt/Calibrate/MeasureRanges.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/InsertQdq/Schemes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Refine/Passes.h.inc"

struct AccuracyReport;

/// Passes that run the model, with a way to compile it. `report`, if there is one, receives what was measured.
std::unique_ptr<Pass> createChooseRangesPass(ChooseRangesPassOptions options, CompileObservedFn compile);
std::unique_ptr<Pass> createCorrectBiasPass(CorrectBiasPassOptions options, CompileObservedFn compile);
std::unique_ptr<Pass> createRoundWeightsPass(RoundWeightsPassOptions options, CompileObservedFn compile);
std::unique_ptr<Pass> createMeetBudgetPass(MeetBudgetPassOptions options, CompileObservedFn compile,
                                           std::shared_ptr<AccuracyReport> report = nullptr);

/// The same with the project's own code generator and options to be parsed: defined by Pipelines, which alone knows how
/// to lower.
std::unique_ptr<Pass> createChooseRangesPass();
std::unique_ptr<Pass> createCorrectBiasPass();
std::unique_ptr<Pass> createRoundWeightsPass();
std::unique_ptr<Pass> createMeetBudgetPass();

#define GEN_PASS_REGISTRATION
#include "quant-opt/Refine/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_REFINE_PASSES_H
