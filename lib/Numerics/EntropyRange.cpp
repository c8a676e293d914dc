//===- EntropyRange.cpp - The range whose quantized distribution is nearest to the real one -----------------------===//
#include "quant-opt/Numerics/Ranges.h"

#include <algorithm>
#include <cmath>

using namespace mlir::qnn::numerics;

namespace {

/// A histogram of equal bins over [lo, lo + bins * width], without the values that are exactly zero: those are always
/// exact, and their spike behind a ReLU would hide everything else.
struct Histogram {
  double lo, width;
  std::vector<double> bins;
};

} // namespace

static Histogram makeHistogram(const std::vector<Mass> &masses, double lo, double hi, int numBins) {
  Histogram histogram{lo, (hi - lo) / numBins, std::vector<double>(numBins, 0.0)};
  const double last = numBins - 1;
  for (const Mass &mass : masses) {
    if (mass.lo == 0 && mass.hi == 0)
      continue;
    const double from = (mass.lo - lo) / histogram.width, to = (mass.hi - lo) / histogram.width;
    const int first = static_cast<int>(std::min(std::max(std::floor(from), 0.0), last));
    const int end = static_cast<int>(std::min(std::max(std::floor(to), 0.0), last));
    if (first == end) {
      histogram.bins[first] += mass.count;
      continue;
    }
    for (int i = first; i <= end; ++i) {
      const double overlap = std::min<double>(to, i + 1) - std::max<double>(from, i);
      histogram.bins[i] += mass.count * std::max(0.0, overlap) / (to - from);
    }
  }
  return histogram;
}

/// No range leaves out a larger share of the values other than zero.
static constexpr double kMaxClipped = 0.01;

/// The divergence, in nats, from the distribution with everything outside [begin, end) moved into the outermost bins,
/// of the distribution within [begin, end) after each of `levels` equal groups of bins has been made flat over its bins
/// in use.
static double getDivergence(const std::vector<double> &bins, int begin, int end, int levels) {
  std::vector<double> real(bins.begin() + begin, bins.begin() + end), quantized(real.size(), 0.0);
  const int size = end - begin;
  for (int level = 0; level < levels; ++level) {
    const int from = static_cast<int>(static_cast<int64_t>(size) * level / levels);
    const int to = static_cast<int>(static_cast<int64_t>(size) * (level + 1) / levels);
    double sum = 0, used = 0;
    for (int i = from; i < to; ++i) {
      sum += real[i];
      used += real[i] != 0;
    }
    for (int i = from; i < to; ++i)
      quantized[i] = real[i] != 0 ? sum / used : 0.0;
  }
  double quantizedTotal = 0, total = 0;
  for (double count : quantized)
    quantizedTotal += count;
  for (int i = 0; i < static_cast<int>(bins.size()); ++i) {
    total += bins[i];
    if (i < begin)
      real.front() += bins[i];
    else if (i >= end)
      real.back() += bins[i];
  }
  if (quantizedTotal == 0)
    return HUGE_VAL;
  // A bin that only clipped values fill has no quantized count; the floor makes that dear rather than infinite.
  constexpr double kFloor = 1.0e-6;
  double divergence = 0;
  for (int i = 0; i < size; ++i) {
    if (real[i] == 0)
      continue;
    const double p = real[i] / total, q = std::max(quantized[i] / quantizedTotal, kFloor);
    divergence += p * std::log(p / q);
  }
  return divergence;
}

Range mlir::qnn::numerics::getEntropyRange(const std::vector<Mass> &masses, const Range &extrema,
                                           const RangeOptions &options) {
  Range widened = extrema;
  widened.include(0.0f);
  const double lo = widened.lo, hi = widened.hi, magnitude = std::max(-lo, hi);
  const int levels = options.bounds.qmax - options.bounds.qmin + 1;
  if (magnitude == 0)
    return extrema;
  // Bins of equal width with an edge at zero, eight to a level over the larger half.
  const int half = 8 * levels;
  const double width = magnitude / half;
  const int below = static_cast<int>(std::ceil(-lo / width)), above = static_cast<int>(std::ceil(hi / width));
  const Histogram histogram = makeHistogram(masses, -below * width, above * width, below + above);

  double total = 0;
  for (double count : histogram.bins)
    total += count;
  double least = HUGE_VAL;
  int best = half;
  for (int threshold = half; threshold >= levels / 2; threshold -= levels / 16) {
    const int begin = std::max(0, below - threshold), end = std::min(below + above, below + threshold);
    if (end - begin < levels)
      continue;
    // Where few values carry most of the distribution, flattening them looks worse than losing all others.
    double kept = 0;
    for (int i = begin; i < end; ++i)
      kept += histogram.bins[i];
    if (kept < total * (1.0 - kMaxClipped))
      break;
    const double divergence = getDivergence(histogram.bins, begin, end, levels);
    if (divergence < least) {
      least = divergence;
      best = threshold;
    }
  }
  Range range;
  range.lo = static_cast<float>(std::max(lo, -best * width));
  range.hi = static_cast<float>(std::min(hi, best * width));
  return range;
}
