//===- ClippedNormal.h - Means of normally distributed values that were rectified or clipped ----------------------===//
//
// The values of one channel are sums of many terms, so a normal distribution describes them before an activation
// (M. Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019).
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_NUMERICS_CLIPPEDNORMAL_H
#define QUANT_OPT_NUMERICS_CLIPPEDNORMAL_H

namespace mlir::qnn::numerics {

struct Normal {
  double mean = 0, deviation = 0;
};

/// E min(max(x, lo), hi) of x of that distribution; lo or hi may be infinite. A deviation of 0 is a single value.
double getClippedMean(Normal normal, double lo, double hi);

/// The distribution of which max(x, 0) has this mean and this mean square. Values that vary no more than rounding, or
/// that are all 0, are a single value.
Normal fitRectified(double mean, double meanSquare);

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_CLIPPEDNORMAL_H
