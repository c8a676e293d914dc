//===- RoundLayer.h - The best of several ways to round one layer, judged on samples of its own -------------------===//
#ifndef QUANT_OPT_LIB_REFINE_ROUNDLAYER_H
#define QUANT_OPT_LIB_REFINE_ROUNDLAYER_H

#include "LayerFit.h"

namespace mlir::qnn {

/// Weights on a grid and biases for one layer.
struct RoundedLayer {
  std::vector<float> weight; ///< in the weight's own order; empty for the nearest integers on the grid that there was
  std::vector<float> limits; ///< one, or one for each of the weight's channels
  std::vector<float> bias;   ///< one for each channel

  bool isNearest() const { return weight.empty(); }
};

struct RoundedLayers {
  RoundedLayer best;
  /// Mean squared error of the layer's result on the samples set aside: with the nearest integers and the model's bias,
  /// and of the best.
  double nearestError = 0, error = 0;
};

/// Rounds a layer by the sums of `fit` with each of `dampings` (see `Moments::getProblem`), and to the nearest integers
/// with the model's own bias and with the best one; the way of least error on the sums of `judge` is taken.
RoundedLayers roundLayer(const FitLayer &layer, const ChosenWeight &weight, ArrayRef<numerics::Moments> fit,
                         ArrayRef<numerics::Moments> judge, ArrayRef<double> dampings);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REFINE_ROUNDLAYER_H
