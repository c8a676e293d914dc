//===- Sensitivity.cpp - What quantizing each layer costs, measured at the model's output -------------------------===//
#include "quant-opt/Simulate/Sensitivity.h"

#include "quant-opt/Support/ProgressBar.h"

using namespace mlir;
using namespace mlir::qnn;

Sensitivity qnn::analyzeSensitivity(Simulation &simulation, const Evaluation &evaluation) {
  Simulation::Settings settings = simulation.getSettings();
  ArrayRef<SimulatedLayer> layers = simulation.getLayers();
  llvm::BitVector contractions(layers.size());
  for (auto [i, layer] : llvm::enumerate(layers))
    if (layer.role == QuantRole::Contraction)
      contractions.set(i);

  ProgressBar progress("measuring sensitivity", 2 * contractions.count() + 1);
  Sensitivity result;
  simulation.quantizeAll();
  result.all = evaluation.measure(simulation);
  int64_t done = 0;
  progress.update(++done);
  for (unsigned layer : contractions.set_bits()) {
    LayerSensitivity entry{layer, layers[layer].name, {}, {}};
    llvm::BitVector others = contractions, self(layers.size());
    others.reset(layer);
    self.set(layer);
    simulation.setFloatLayers(others);
    entry.alone = evaluation.measure(simulation);
    progress.update(++done);
    simulation.setFloatLayers(self);
    entry.without = evaluation.measure(simulation);
    progress.update(++done);
    result.layers.push_back(std::move(entry));
  }
  simulation.setSettings(settings);
  return result;
}
