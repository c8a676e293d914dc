//===- Passes.h - Passes that run a model with its quantization simulated, and change nothing --------------------===//
#ifndef QUANT_OPT_SIMULATE_PASSES_H
#define QUANT_OPT_SIMULATE_PASSES_H

#include "quant-opt/Calibrate/MeasureRanges.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Simulate/Passes.h.inc"

/// `--qnn-analyze-sensitivity` with a way to compile the trial build.
std::unique_ptr<Pass> createAnalyzeSensitivityPass(AnalyzeSensitivityPassOptions options, CompileObservedFn compile);

/// The same with the project's own code generator and options to be parsed: defined by Pipelines, which alone knows how
/// to lower.
std::unique_ptr<Pass> createAnalyzeSensitivityPass();

#define GEN_PASS_REGISTRATION
#include "quant-opt/Simulate/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_SIMULATE_PASSES_H
