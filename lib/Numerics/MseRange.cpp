//===- MseRange.cpp - The range of least squared quantization error -----------------------------------------------===//
#include "quant-opt/Numerics/Ranges.h"

#include <algorithm>
#include <cmath>

using namespace mlir::qnn::numerics;

namespace {

/// The integral of the squared quantization error from the first quantized value to x.
class ErrorIntegral {
public:
  ErrorIntegral(const Params &params, StorageBounds bounds)
      : step(params.scale), first((bounds.qmin - static_cast<double>(params.zeroPoint)) * step),
        last(static_cast<double>(bounds.qmax) - bounds.qmin), cube(step * step * step / 12.0) {}

  /// The mean error over a mass: the integral's difference over its width, or the error at its middle where it is
  /// narrow.
  double getMeanError(const Mass &mass) const {
    const double width = mass.hi - mass.lo;
    if (width > step * 1.0e-3)
      return (getIntegral(mass.hi) - getIntegral(mass.lo)) / width;
    const double rest = getRest((mass.lo + mass.hi) / 2, getNearest((mass.lo + mass.hi) / 2));
    return rest * rest;
  }

private:
  /// The quantized value nearest to x, counted from the first. Adding and taking away 1.5 * 2^52 rounds to an integer.
  double getNearest(double x) const {
    constexpr double kRound = 6755399441055744.0;
    const double steps = std::min(std::max((x - first) / step, 0.0), last);
    return (steps + kRound) - kRound;
  }
  double getRest(double x, double nearest) const { return x - first - nearest * step; }

  /// Each whole step adds step^3 / 12; what is left of the last, or lies beyond the bounds, adds a third of its cube.
  double getIntegral(double x) const {
    const double nearest = getNearest(x), rest = getRest(x, nearest);
    return nearest * cube + rest * rest * rest / 3.0;
  }

  double step, first, last, cube;
};

/// Searches shares of the two bounds; the best so far is kept.
class RangeSearch {
public:
  RangeSearch(const std::vector<Mass> &masses, const Range &extrema, const RangeOptions &options)
      : masses(masses), extrema(extrema), options(options) {
    tryShares(1.0, 1.0);
  }

  enum Bound { Lo = 1, Hi = 2, Both = 3 };

  /// Tries shares of one bound, or the same share of both, with the other as it is: first coarsely, then ever closer to
  /// the best.
  void searchAlong(Bound bound) {
    for (int i = 1; i <= 32; ++i)
      tryShare(bound, std::exp2(-i / 4.0));
    // Just below and above the extrema it matters how the steps fall on values of high count, such as the levels of an
    // image.
    for (int i = -30; i <= 10; ++i)
      tryShare(bound, 1.0 + i * 0.004);
    double factor = std::exp2(1.0 / 16.0);
    for (int round = 0; round < 3; ++round, factor = std::pow(factor, 0.25)) {
      const double loCenter = loShare, hiCenter = hiShare;
      for (int i = -4; i <= 4; ++i) {
        const double by = std::pow(factor, i);
        tryShares(bound & Lo ? loCenter * by : loCenter, bound & Hi ? hiCenter * by : hiCenter);
      }
    }
  }

  const Range &getBest() const { return best; }
  double getLeastError() const { return leastError; }

private:
  void tryShare(Bound bound, double share) { tryShares(bound & Lo ? share : loShare, bound & Hi ? share : hiShare); }

  void tryShares(double newLoShare, double newHiShare) {
    Range range;
    range.lo = static_cast<float>(extrema.lo * newLoShare);
    range.hi = static_cast<float>(extrema.hi * newHiShare);
    const double error = getMeanSquaredError(masses, getParams(range, options), options.bounds);
    if (error >= leastError)
      return;
    leastError = error;
    best = range;
    loShare = newLoShare;
    hiShare = newHiShare;
  }

  const std::vector<Mass> &masses;
  const Range extrema;
  const RangeOptions &options;
  Range best = extrema;
  double loShare = 1.0, hiShare = 1.0, leastError = HUGE_VAL;
};

} // namespace

double mlir::qnn::numerics::getMeanSquaredError(const std::vector<Mass> &masses, const Params &params,
                                                StorageBounds bounds) {
  const ErrorIntegral integral(params, bounds);
  double error = 0, count = 0;
  for (const Mass &mass : masses) {
    error += mass.count * integral.getMeanError(mass);
    count += mass.count;
  }
  return count ? error / count : 0;
}

/// Neighbouring masses far narrower than a step are joined: they say no more than their sum does.
static std::vector<Mass> joinNarrowMasses(const std::vector<Mass> &masses, double width) {
  std::vector<Mass> joined;
  for (const Mass &mass : masses) {
    if (joined.empty() || mass.hi - joined.back().lo > width || (joined.back().lo < 0) != (mass.lo < 0)) {
      joined.push_back(mass);
      continue;
    }
    Mass &last = joined.back();
    const double count = last.count + mass.count;
    const double mean = ((last.lo + last.hi) * last.count + (mass.lo + mass.hi) * mass.count) / (2 * count);
    last = {mean, mean, count};
  }
  return joined;
}

Range mlir::qnn::numerics::getMseRange(const std::vector<Mass> &masses, const Range &extrema,
                                       const RangeOptions &options) {
  Range widened = extrema;
  widened.include(0.0f);
  const double span = std::max(-static_cast<double>(widened.lo), static_cast<double>(widened.hi));
  const double levels = static_cast<double>(options.bounds.qmax) - options.bounds.qmin;
  const std::vector<Mass> joined = joinNarrowMasses(masses, span / (64 * levels));
  RangeSearch search(joined, widened, options);
  search.searchAlong(RangeSearch::Both);
  // A bound at zero stays there, and a symmetric range has only one.
  if (!options.symmetric && widened.lo < 0 && widened.hi > 0) {
    for (int round = 0; round < 3; ++round) {
      const double before = search.getLeastError();
      search.searchAlong(RangeSearch::Hi);
      search.searchAlong(RangeSearch::Lo);
      if (search.getLeastError() > before * 0.999)
        break;
    }
  }
  return search.getBest();
}
