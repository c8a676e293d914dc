//===- Statistics.cpp - Errors and histograms of what a sketch saw ------------------------------------------------===//
#include "quant-opt/Report/Report.h"

#include "quant-opt/Numerics/Ranges.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::qnn;
using numerics::Mass;

numerics::Range qnn::getRepresentable(const numerics::Params &params, numerics::StorageBounds bounds) {
  return {static_cast<float>(bounds.qmin - params.zeroPoint) * params.scale,
          static_cast<float>(bounds.qmax - params.zeroPoint) * params.scale};
}

/// The part of `mass` within [lo, hi]; its count is 0 if there is none.
static Mass takePart(const Mass &mass, double lo, double hi) {
  const double from = std::max(mass.lo, lo), to = std::min(mass.hi, hi), width = mass.hi - mass.lo;
  if (from > to)
    return {from, from, 0};
  return {from, to, width > 0 ? mass.count * (to - from) / width : mass.count};
}

GridError qnn::getGridError(const std::vector<Mass> &masses, const numerics::Params &params,
                            numerics::StorageBounds bounds) {
  // Up to half a step beyond the last value of the grid, rounding goes to that value and nothing is clipped.
  const numerics::Range grid = getRepresentable(params, bounds);
  const double least = grid.lo - params.scale / 2.0, most = grid.hi + params.scale / 2.0;
  std::vector<Mass> beyond;
  double count = 0, clipped = 0, signal = 0;
  for (const Mass &mass : masses) {
    count += mass.count;
    signal += mass.count * (mass.lo * mass.lo + mass.lo * mass.hi + mass.hi * mass.hi) / 3;
    for (const Mass &part : {takePart(mass, -HUGE_VAL, least), takePart(mass, most, HUGE_VAL)})
      // Of a narrow mass that lies on the border both parts would be the whole of it.
      if (part.count > 0 && (part.hi < least || part.lo > most || part.hi > part.lo)) {
        beyond.push_back(part);
        clipped += part.count;
      }
  }
  GridError error;
  if (count == 0)
    return error;
  const double total = numerics::getMeanSquaredError(masses, params, bounds);
  error.clipping = clipped ? numerics::getMeanSquaredError(beyond, params, bounds) * clipped / count : 0;
  error.rounding = std::max(0.0, total - error.clipping);
  error.clipped = clipped / count;
  error.sqnr = total > 0 ? 10 * std::log10(signal / count / total) : HUGE_VAL;
  return error;
}

Histogram qnn::makeHistogram(const std::vector<Mass> &masses, const numerics::Range &extrema, unsigned bins) {
  Histogram histogram;
  if (extrema.isEmpty())
    return histogram;
  histogram.lo = extrema.lo;
  histogram.hi = extrema.hi;
  if (histogram.hi == histogram.lo)
    histogram.hi = histogram.lo + std::max(1.0, std::fabs(histogram.lo)) * 1.0e-3;
  histogram.counts.assign(bins, 0);
  const double width = (histogram.hi - histogram.lo) / bins;
  auto getBin = [&](double x) {
    return std::min<int64_t>(std::max<int64_t>(static_cast<int64_t>((x - histogram.lo) / width), 0), bins - 1);
  };
  for (const Mass &mass : masses)
    for (int64_t bin = getBin(mass.lo), last = getBin(mass.hi); bin <= last; ++bin) {
      const double lo = histogram.lo + bin * width;
      const double from = bin == getBin(mass.lo) ? -HUGE_VAL : lo, to = bin == last ? HUGE_VAL : lo + width;
      histogram.counts[bin] += takePart(mass, from, to).count;
    }
  return histogram;
}

const EdgeReport *Report::findEdge(StringRef name) const {
  auto it = llvm::find_if(edges, [&](const EdgeReport &edge) { return edge.name == name; });
  return it == edges.end() ? nullptr : &*it;
}

const LayerReport *Report::findLayer(StringRef name) const {
  auto it = llvm::find_if(layers, [&](const LayerReport &layer) { return layer.name == name; });
  return it == layers.end() ? nullptr : &*it;
}

const LayerReport *Report::getCostliest() const {
  const LayerReport *result = nullptr;
  for (const LayerReport &layer : layers)
    if (layer.noiseShare && *layer.noiseShare > (result ? *result->noiseShare : 0))
      result = &layer;
  return result;
}

std::vector<const LayerReport *> Report::getSuggestions(unsigned most, double atLeast) const {
  std::vector<const LayerReport *> result;
  if (!accuracy)
    return result;
  for (const LayerReport &layer : layers)
    if (layer.without && *layer.without - accuracy->sqnr >= atLeast)
      result.push_back(&layer);
  llvm::sort(result, [](const LayerReport *a, const LayerReport *b) {
    return *a->without != *b->without ? *a->without > *b->without : a < b; // both lie in `layers`, in program order
  });
  if (result.size() > most)
    result.resize(most);
  return result;
}
