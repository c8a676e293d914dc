//===- Passes.h - Passes of the stage Calibrate ---===//
#ifndef QUANT_OPT_CALIBRATE_PASSES_H
#define QUANT_OPT_CALIBRATE_PASSES_H

#include "quant-opt/Calibrate/MeasureRanges.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

#include "mlir/Pass/Pass.h"

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Calibrate/Passes.h.inc"

/// `--qnn-calibrate` with a way to compile the model with observers.
std::unique_ptr<Pass> createCalibratePass(CalibratePassOptions options, CompileObservedFn compile);

/// The same with the project's own code generator and options to be parsed: defined by Pipelines, which alone knows how
/// to lower.
std::unique_ptr<Pass> createCalibratePass();

#define GEN_PASS_REGISTRATION
#include "quant-opt/Calibrate/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_CALIBRATE_PASSES_H
