//===- RoundWeights.h - Integer weights and biases of least squared error at a layer's output ---------------------===//
#ifndef QUANT_OPT_NUMERICS_ROUNDWEIGHTS_H
#define QUANT_OPT_NUMERICS_ROUNDWEIGHTS_H

#include "quant-opt/Numerics/LeastSquares.h"
#include "quant-opt/Numerics/Params.h"

namespace mlir::qnn::numerics {

struct RoundingOptions {
  StorageBounds bounds = kS8Narrow; ///< symmetric, as weights are
  bool perTensor = false;           ///< one scale for all channels, in place of one for each
  float limit = 0;                  ///< of all channels, unless it is to be chosen
  int maxSweeps = 64;               ///< over the weights of a channel, for each scale tried
};

/// What became of the weights [numOutputs, numInputs] of a problem.
struct RoundedWeights {
  std::vector<int32_t> integers; ///< [numOutputs, numInputs]
  /// [numOutputs], or one if per tensor: the range of the weights. The scale is that of `params_c2`, so weights that
  /// are an integer times the scale are quantized to that integer.
  std::vector<float> limits;
  std::vector<float> bias; ///< [numOutputs]: the best for these integers
  /// Summed over channels, mean squared error at the output: of the nearest integers to the weights, with the limit
  /// max |w| and the best bias; and of the integers chosen, which is never more.
  double nearestError = 0, error = 0;
};

/// Chooses integers, scales and biases for the problem. For each of several scales a channel's weights are rounded one
/// after the other, each rounding error being taken up by those not yet rounded (E. Frantar et al., OPTQ, 2023, there
/// by the inverse of the matrix; here as the nearest plane of L. Babai, 1986, by its Cholesky factor), then moved one
/// at a time to the best integer until none moves. The result depends on the arguments alone.
RoundedWeights roundWeights(const LeastSquares &problem, const float *weights, const RoundingOptions &options);

/// The limit in (0, max |w|] for which quantizing the weights [count] has the least sum of squared errors, each
/// weighted by importance [count] (all alike if null); max |w| if the weights are zero.
float chooseWeightLimit(const float *weights, const double *importance, int64_t count, StorageBounds bounds);

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_ROUNDWEIGHTS_H
