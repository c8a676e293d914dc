//===- Passes.h - Passes of the stage Equalize ---===//
#ifndef QUANT_OPT_EQUALIZE_PASSES_H
#define QUANT_OPT_EQUALIZE_PASSES_H

#include "quant-opt/Calibrate/MeasureRanges.h"

#include "mlir/Pass/Pass.h"

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Equalize/Passes.h.inc"

/// `--qnn-smooth` with a way to compile the model with observers.
std::unique_ptr<Pass> createSmoothPass(SmoothPassOptions options, CompileObservedFn compile);

/// `--qnn-absorb-bias` likewise.
std::unique_ptr<Pass> createAbsorbBiasPass(AbsorbBiasPassOptions options, CompileObservedFn compile);

/// The same with the project's own code generator and options to be parsed: defined by Pipelines, which alone knows how
/// to lower.
std::unique_ptr<Pass> createSmoothPass();
std::unique_ptr<Pass> createAbsorbBiasPass();

#define GEN_PASS_REGISTRATION
#include "quant-opt/Equalize/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_EQUALIZE_PASSES_H
