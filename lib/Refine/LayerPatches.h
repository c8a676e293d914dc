//===- LayerPatches.h - A contraction with a constant weight as a matrix product of patches -----------------------===//
#ifndef QUANT_OPT_LIB_REFINE_LAYERPATCHES_H
#define QUANT_OPT_LIB_REFINE_LAYERPATCHES_H

#include "quant-opt/Simulate/Simulation.h"

namespace mlir::qnn {

/// The loops of a contraction by what they walk: groups (in weight, activation and result), outputs (in weight and
/// result), inputs (summed over) and positions (in activation and result). At each position each group multiplies a
/// patch of `numInputs` elements of the activation by its own matrix [numOutputs, numInputs]. Any convolution or linear
/// layer is of this kind, and a depthwise one has groups of one output.
struct LayerPatches {
  int64_t numGroups = 1, numOutputs = 1, numInputs = 1, numPositions = 1;

  /// Nothing if the layer is no contraction with a constant weight or its loops are of another kind.
  static std::optional<LayerPatches> create(const SimulatedLayer &layer);

  /// Copies the patches of a group at some positions from the activation: [positions, numInputs].
  void gather(ArrayRef<float> activation, int64_t group, ArrayRef<int64_t> positions,
              std::vector<float> &patches) const;

  /// Row-major place in the weight of an element of a group's matrix.
  int64_t getWeightIndex(int64_t group, int64_t output, int64_t input) const {
    return groupInWeight[group] + outputInWeight[output] + inputInWeight[input];
  }
  /// The number of the output channel, in the order of the weight's channels.
  int64_t getChannel(int64_t group, int64_t output) const { return groupChannel[group] + outputChannel[output]; }

  /// A weight's elements as matrices [numGroups, numOutputs, numInputs], and back.
  std::vector<float> getMatrices(ArrayRef<float> weight) const;
  std::vector<float> getWeight(ArrayRef<float> matrices) const;

private:
  std::vector<int64_t> groupInWeight, outputInWeight, inputInWeight;
  std::vector<int64_t> groupInActivation, inputInActivation, positionInActivation;
  std::vector<int64_t> groupChannel, outputChannel;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REFINE_LAYERPATCHES_H
