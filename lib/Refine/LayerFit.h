//===- LayerFit.h - What a layer reads when quantized, beside what it gives in float, on samples ------------------===//
#ifndef QUANT_OPT_LIB_REFINE_LAYERFIT_H
#define QUANT_OPT_LIB_REFINE_LAYERFIT_H

#include "LayerPatches.h"
#include "quant-opt/Numerics/LeastSquares.h"
#include "quant-opt/Simulate/Evaluate.h"

namespace mlir::qnn {

/// A layer of a simulation with a constant weight, as matrices.
struct FitLayer {
  unsigned number; ///< in the simulation
  LayerPatches patches;
  ArrayRef<float> weight, bias; ///< of the float model, in the weight's order and by channel; the simulation's

  /// Float weights [groups, outputs, inputs]. Made anew each time, because all layers' would be one more model.
  std::vector<float> getMatrices() const { return patches.getMatrices(weight); }
};

/// Of each element of a layer's patches, [groups, inputs]. Values that are not finite count as 0.
struct PatchStatistics {
  std::vector<double> mean, meanSquare;
  std::vector<float> least, greatest;
};

/// Samples on which layers are fitted or judged, with what the float model's layers give there. Of a layer with many
/// positions some are taken in each run, spread evenly, others in each run.
class FitData {
public:
  /// `positions`: of each layer, over all samples, about.
  FitData(SampleSet samples, int64_t positions) : samples(std::move(samples)), positions(positions) {}

  const SampleSet &getSamples() const { return samples; }

  /// Bytes that the targets of a layer take.
  int64_t getTargetBytes(const FitLayer &layer) const;
  /// Runs the float model and keeps what `layers` give, in place of what was kept before.
  void collectTargets(Simulation &simulation, ArrayRef<const FitLayer *> layers);
  /// Runs the simulation as it is set and sums what the layer, whose targets are kept, reads and should give: one for
  /// each group.
  std::vector<numerics::Moments> collectMoments(Simulation &simulation, const FitLayer &layer) const;
  /// What the layers read with the simulation as it is set, by layer.
  std::vector<PatchStatistics> collectStatistics(Simulation &simulation, ArrayRef<FitLayer> layers) const;
  /// The same of layer after layer, in the order in which they run: `change` is given the number of one of `layers` and
  /// what it reads, may change its bias, and the layers behind it read what it gives then. All samples run
  /// side by side, once for all layers.
  llvm::Error changeInTurn(Simulation &simulation, ArrayRef<FitLayer> layers,
                           function_ref<void(size_t number, const PatchStatistics &statistics)> change) const;

private:
  std::vector<int64_t> choosePositions(const FitLayer &layer, int64_t run) const;
  void addTo(PatchStatistics &sums, const FitLayer &layer, int64_t run, ArrayRef<float> activation) const;

  SampleSet samples;
  int64_t positions;
  /// By layer: runs, groups, positions, outputs.
  llvm::DenseMap<unsigned, std::vector<float>> targets;
};

/// Rounds biases, by channel, to those that the layer can have by `bias_c1`, with the scale `getScale` of the weight's
/// element of that number and that of the edge that it reads in the simulation as it is set.
void roundBiases(const Simulation &simulation, const FitLayer &layer, function_ref<float(int64_t element)> getScale,
                 std::vector<float> &bias);

/// The layers of a simulation that can be fitted. `refuse` is told of the others that have a weight.
std::vector<FitLayer> getFitLayers(const Simulation &simulation,
                                   function_ref<void(const SimulatedLayer &layer, StringRef reason)> refuse);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REFINE_LAYERFIT_H
