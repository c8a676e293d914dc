//===- Ranges.cpp - From a sketch to a range: masses, percentiles and the choice of method ------------------------===//
#include "quant-opt/Numerics/Ranges.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace mlir::qnn::numerics;

/// The value at `position` of the bucket `index`.
static double getBucketValue(uint32_t index, uint32_t position) {
  const uint32_t bits = (index << 16) | (position << 4);
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

std::vector<Mass> mlir::qnn::numerics::getMasses(const Sketch &sketch) {
  const Range &extrema = sketch.getExtrema();
  std::vector<Mass> negative, masses;
  sketch.forEachBucket([&](uint32_t index, const Sketch::Bucket &bucket) {
    const double base = getBucketValue(index, 0), unit = getBucketValue(index, 1) - base;
    const double count = static_cast<double>(bucket.count);
    const double position = static_cast<double>(bucket.positions) / count;
    const double variance = std::max(0.0, static_cast<double>(bucket.squares) / count - position * position);
    // An even spread of width w has the variance w^2 / 12. Nothing lies outside the extrema.
    const double mean = base + position * unit, half = std::sqrt(3.0 * variance) * std::fabs(unit);
    Mass mass{std::max<double>(mean - half, extrema.lo), std::min<double>(mean + half, extrema.hi), count};
    mass.hi = std::max(mass.lo, mass.hi);
    (index & 0x8000 ? negative : masses).push_back(mass);
  });
  // Buckets of negative values come by increasing magnitude.
  masses.insert(masses.begin(), negative.rbegin(), negative.rend());
  return masses;
}

/// The value below which `rank` values lie.
static double getQuantile(const std::vector<Mass> &masses, double rank) {
  double below = 0;
  for (const Mass &mass : masses) {
    if (below + mass.count >= rank)
      return mass.lo + (mass.hi - mass.lo) * std::max(0.0, rank - below) / mass.count;
    below += mass.count;
  }
  return masses.back().hi;
}

Range mlir::qnn::numerics::getPercentileRange(const std::vector<Mass> &masses, double percentile) {
  double total = 0;
  for (const Mass &mass : masses)
    total += mass.count;
  const double outside = total * (1.0 - percentile / 100.0) / 2.0;
  Range range;
  range.lo = static_cast<float>(getQuantile(masses, outside));
  range.hi = static_cast<float>(getQuantile(masses, total - outside));
  return range;
}

Params mlir::qnn::numerics::getParams(const Range &range, const RangeOptions &options) {
  return options.symmetric ? symmetricParams(range.lo, range.hi, options.bounds)
                           : asymmetricParams(range.lo, range.hi, options.bounds);
}

bool mlir::qnn::numerics::usesDistribution(const RangeOptions &options) {
  return options.method == RangeMethod::Entropy || options.method == RangeMethod::Mse ||
         (options.method == RangeMethod::Percentile && options.percentile < 100.0);
}

std::optional<Range> mlir::qnn::numerics::computeRange(const Sketch &sketch, const RangeOptions &options) {
  const Range &extrema = sketch.getExtrema();
  if (extrema.isEmpty())
    return std::nullopt;
  switch (options.method) {
  case RangeMethod::MinMax:
    return extrema;
  case RangeMethod::MovingAverage:
    return sketch.getMeanExtrema();
  case RangeMethod::Percentile:
    if (options.percentile >= 100.0)
      return extrema; // the masses only come near it
    return getPercentileRange(getMasses(sketch), options.percentile);
  case RangeMethod::Entropy:
    return getEntropyRange(getMasses(sketch), extrema, options);
  case RangeMethod::Mse:
    return getMseRange(getMasses(sketch), extrema, options);
  }
  return std::nullopt;
}
