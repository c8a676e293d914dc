//===- SmoothFactors.h - The factors that share the difficulty of quantizing between activations and weights ------===//
#ifndef QUANT_OPT_LIB_EQUALIZE_SMOOTHFACTORS_H
#define QUANT_OPT_LIB_EQUALIZE_SMOOTHFACTORS_H

#include "ActivationSamples.h"
#include "ScaleClasses.h"

namespace mlir::qnn {

/// An edge with the class of each of its elements and values that it took.
struct SampledEdge {
  ArrayRef<ScaleClass> classes;
  const EdgeSamples *samples;
};

struct SmoothOptions {
  /// The exponent of the activations' magnitudes, in [0, 1]; nothing searches.
  std::optional<double> strength;
  /// Factors are kept if they lower the estimated error of a region by at least this share of it.
  double minGain = 0.15;
};

/// What was chosen for one region.
struct SmoothedRegion {
  uint32_t region;
  double strength;
  /// Noise over signal at the outputs of the region's layers, estimated, before and after.
  double errorBefore, errorAfter;
};

struct SmoothFactors {
  /// The binary logarithm of each class's factor.
  std::vector<double> logFactors;
  std::vector<SmoothedRegion> regions;
};

/// Factors of each region by the rule of Xiao et al., SmoothQuant (2022): a channel whose largest magnitude is a, read
/// by weights of which the largest is w, is multiplied by w^(1 - strength) / a^strength. The strength of each region is
/// the one with the least error at the outputs of the layers that read it: noise of activations rounded to 8 bits in
/// the range of least squared error, as weights carry it on, and that of the weights as the activations do.
SmoothFactors chooseSmoothFactors(const ScaleClasses &classes, ArrayRef<SampledEdge> edges,
                                  const SmoothOptions &options);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_EQUALIZE_SMOOTHFACTORS_H
