//===- Ranges.h - From a sketch to the range that is quantized: min-max, moving average, percentile, entropy, MSE -===//
#ifndef QUANT_OPT_NUMERICS_RANGES_H
#define QUANT_OPT_NUMERICS_RANGES_H

#include "quant-opt/Numerics/Params.h"
#include "quant-opt/Numerics/Sketch.h"

#include <optional>

namespace mlir::qnn::numerics {

enum class RangeMethod {
  MinMax,        ///< the smallest and the largest value
  MovingAverage, ///< the mean over samples of the smallest and of the largest value
  Percentile,    ///< leaves out the same share of values at either end
  Entropy,       ///< least Kullback-Leibler divergence of the quantized distribution from the real one
  Mse            ///< least squared error of quantization
};

struct RangeOptions {
  RangeMethod method = RangeMethod::Mse;
  /// Share of the values, in percent, that a range by percentile holds; half of the rest is left out at each end.
  double percentile = 99.99;
  /// What the range will be quantized to; entropy and MSE depend on it.
  StorageBounds bounds = kU8;
  bool symmetric = false;
};

/// Whether ranges by this method follow from more than the extrema.
bool usesDistribution(const RangeOptions &options);

/// The range of a whole tensor, or nothing if the sketch has seen no finite value. Zero is not added: `params_c1` does
/// that. The sketch keeps the distribution if the method uses it.
std::optional<Range> computeRange(const Sketch &sketch, const RangeOptions &options);

/// Values that are taken to be spread evenly over [lo, hi]; all at one point where lo = hi.
struct Mass {
  double lo, hi, count;
};

/// The sketch's buckets as masses of the same mean and variance, in increasing order of their values.
std::vector<Mass> getMasses(const Sketch &sketch);

/// The mean squared error of quantizing the masses with the given parameters.
double getMeanSquaredError(const std::vector<Mass> &masses, const Params &params, StorageBounds bounds);

/// The parameters a range leads to: params_c1, or params_c2 if symmetric.
Params getParams(const Range &range, const RangeOptions &options);

// The methods that take more than a line; computeRange calls them.
Range getPercentileRange(const std::vector<Mass> &masses, double percentile);
Range getEntropyRange(const std::vector<Mass> &masses, const Range &extrema, const RangeOptions &options);
Range getMseRange(const std::vector<Mass> &masses, const Range &extrema, const RangeOptions &options);

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_RANGES_H
