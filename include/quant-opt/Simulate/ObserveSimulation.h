//===- ObserveSimulation.h - The trial build as the model that ranges are measured on -----------------------------===//
#ifndef QUANT_OPT_SIMULATE_OBSERVESIMULATION_H
#define QUANT_OPT_SIMULATE_OBSERVESIMULATION_H

#include "quant-opt/Simulate/Simulation.h"

namespace mlir::qnn {

/// A way to compile for calibration that makes the trial build which passes of Refine run later (see `shareBuild`),
/// with nothing quantized. What is on its edges is what errors are measured against. It is the float model's up to the
/// rounding of sums: a build whose weights are arguments sums depthwise convolutions without fused multiply-adds.
CompileObservedFn observeSimulation(const QuantizationScheme &scheme, CompileObservedFn compile);

} // namespace mlir::qnn

#endif // QUANT_OPT_SIMULATE_OBSERVESIMULATION_H
