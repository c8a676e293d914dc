//===- ClippedNormal.cpp - Means of normally distributed values that were rectified or clipped --------------------===//
#include "quant-opt/Numerics/ClippedNormal.h"

#include <algorithm>
#include <cmath>

using namespace mlir::qnn::numerics;

static double getDensity(double t) { return std::exp(-t * t / 2) / std::sqrt(2 * M_PI); }
static double getCumulative(double t) { return std::erfc(-t / std::sqrt(2.0)) / 2; }

double mlir::qnn::numerics::getClippedMean(Normal normal, double lo, double hi) {
  if (!(normal.deviation > 0))
    return std::min(std::max(normal.mean, lo), hi);
  const double a = (lo - normal.mean) / normal.deviation, b = (hi - normal.mean) / normal.deviation;
  const double below = getCumulative(a), above = getCumulative(-b);
  const double inside = normal.mean * (1 - below - above) + normal.deviation * (getDensity(a) - getDensity(b));
  return inside + (below > 0 ? lo * below : 0) + (above > 0 ? hi * above : 0);
}

/// mean^2 / mean square of max(x, 0) for x of mean t and deviation 1; it grows with t.
static double getRatio(double t) {
  const double mean = t * getCumulative(t) + getDensity(t);
  const double square = (t * t + 1) * getCumulative(t) + t * getDensity(t);
  return square > 0 ? mean * mean / square : 0;
}

Normal mlir::qnn::numerics::fitRectified(double mean, double meanSquare) {
  constexpr double kFarthest = 8.0; // deviations from 0 at which it no longer matters where 0 is
  const double variance = meanSquare - mean * mean;
  if (!(mean > 0) || !(variance > 1e-12 * meanSquare))
    return {mean, 0};
  const double ratio = mean * mean / meanSquare;
  if (ratio >= getRatio(kFarthest))
    return {mean, std::sqrt(variance)};
  double lo = -kFarthest, hi = kFarthest;
  for (int i = 0; i < 60; ++i) {
    const double middle = (lo + hi) / 2;
    (getRatio(middle) < ratio ? lo : hi) = middle;
  }
  const double deviation = mean / (lo * getCumulative(lo) + getDensity(lo));
  return {lo * deviation, deviation};
}
