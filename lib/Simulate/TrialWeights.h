//===- TrialWeights.h - The weights that a trial build runs with --------------------------------------------------===//
#ifndef QUANT_OPT_LIB_SIMULATE_TRIALWEIGHTS_H
#define QUANT_OPT_LIB_SIMULATE_TRIALWEIGHTS_H

#include "quant-opt/Simulate/Simulation.h"

#include <cstdlib>

namespace mlir::qnn {

/// Where the weight of each layer comes from, and what runs read of it: a copy as the build's kernels want it, made of
/// what has changed before the first run that reads it. So there is one copy, and rounded weights are kept nowhere
/// else.
class TrialWeights {
public:
  using Source = Simulation::WeightSource;

  /// For each of the layers, which must outlive this, the number of its weight among the build's arguments.
  TrialWeights(ArrayRef<SimulatedLayer> layers, std::vector<unsigned> arguments)
      : layers(layers), numbers(std::move(arguments)), sources(layers.size()), given(layers.size()),
        copies(layers.size()), grids(layers.size()) {}

  ArrayRef<Source> getSources() const { return sources; }
  void set(unsigned layer, Source source) { sources[layer] = std::move(source); }
  /// The float weight rounded to the layer's grid, as the layer has it now.
  void setRounded(unsigned layer);
  /// The layer's grid has become another one.
  void forgetGrid(unsigned layer) { grids[layer] = nullptr; }
  /// Calls `use` with what the layer is to compute with; not at all if it has no weight.
  void with(unsigned layer, llvm::function_ref<void(ArrayRef<float>)> use) const;
  /// Brings up to date what `arguments` point to, for a build with these inputs.
  void give(MLIRContext *context, ArrayRef<TensorInfo> inputs, MutableArrayRef<const void *> arguments);

private:
  struct FreeDeleter {
    void operator()(float *memory) const { free(memory); }
  };
  void copy(unsigned layer, const TensorInfo &info);

  ArrayRef<SimulatedLayer> layers;
  std::vector<unsigned> numbers;
  std::vector<Source> sources;
  std::vector<std::optional<Source>> given;
  std::vector<std::unique_ptr<float, FreeDeleter>> copies;
  std::vector<std::shared_ptr<const ChosenWeight>> grids; ///< the layers' own, as soon as they are asked for
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_SIMULATE_TRIALWEIGHTS_H
