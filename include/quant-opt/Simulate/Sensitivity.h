//===- Sensitivity.h - What quantizing each layer costs, measured at the model's output --------------------------===//
#ifndef QUANT_OPT_SIMULATE_SENSITIVITY_H
#define QUANT_OPT_SIMULATE_SENSITIVITY_H

#include "quant-opt/Simulate/Evaluate.h"

namespace mlir::qnn {

/// What one layer's quantization does to the model's outputs, compared with the float model's.
struct LayerSensitivity {
  unsigned layer; ///< of `Simulation::getLayers()`
  std::string name;
  OutputError alone;   ///< only this layer is quantized: its weight, its operands, and what they imply
  OutputError without; ///< every layer but this one is
};

struct Sensitivity {
  OutputError all;                      ///< everything is quantized
  std::vector<LayerSensitivity> layers; ///< the contractions, in program order
};

/// Measures the sensitivity of each contraction. An edge that several layers read belongs to each of them: it is
/// quantized when one of them is. Takes 2n + 1 passes over the samples, with a progress bar; settings are as before
/// afterwards.
Sensitivity analyzeSensitivity(Simulation &simulation, const Evaluation &evaluation);

/// Writes it as JSON, as `--qnn-analyze-sensitivity` does.
void writeSensitivity(raw_ostream &os, const Sensitivity &sensitivity, int64_t numSamples);

} // namespace mlir::qnn

#endif // QUANT_OPT_SIMULATE_SENSITIVITY_H
