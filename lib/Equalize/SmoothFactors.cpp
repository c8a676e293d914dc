//===- SmoothFactors.cpp - The factors that share the difficulty of quantizing between activations and weights ----===//
#include "SmoothFactors.h"

#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Numerics/Ranges.h"

#include "llvm/ADT/SetVector.h"
#include <cmath>

using namespace mlir;
using namespace mlir::qnn;

/// The strengths tried; beyond 0.9 an outlier fills a weight as it filled the activation.
static constexpr double kStrengths[] = {0.0, 0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

namespace {

/// A contraction's weight as rows of output channels.
struct Layer {
  const ScaledWeight *weight;
  std::vector<ScaleClass> in;     // by element
  std::vector<uint32_t> channels; // by element
  uint32_t numChannels = 0;
};

class SmoothSearch {
public:
  SmoothSearch(const ScaleClasses &classes, ArrayRef<SampledEdge> edges, const SmoothOptions &options)
      : classes(classes), edges(edges), options(options), magnitudes(classes.getNumClasses(), 0.0),
        energies(classes.getNumClasses(), 0.0), weightMagnitudes(classes.getNumClasses(), 0.0),
        layers(classes.numRegions), edgesOf(classes.numRegions) {
    result.logFactors.assign(classes.getNumClasses(), 0.0);
    for (const ScaledWeight &weight : classes.weights)
      addLayer(weight);
    for (auto [number, edge] : llvm::enumerate(edges))
      addEdge(number, edge);
  }

  SmoothFactors run() {
    for (uint32_t region = 1; region < classes.numRegions; ++region)
      smoothRegion(region);
    return std::move(result);
  }

private:
  void addLayer(const ScaledWeight &weight) {
    QuantRule rule = getQuantRule(weight.operand->getOwner());
    if (rule.role != QuantRole::Contraction)
      return;
    Layer layer{&weight, weight.in.expand(), {}, 0};
    ArrayRef<int64_t> shape = cast<RankedTensorType>(weight.operand->get().getType()).getShape();
    SmallVector<int64_t> strides(shape.size(), 0);
    int64_t stride = 1;
    for (int64_t dim : llvm::reverse(rule.getWeightChannelDims())) {
      strides[dim] = stride;
      stride *= shape[dim];
    }
    layer.numChannels = stride;
    for (size_t i = 0; i < weight.values.size(); ++i) {
      int64_t rest = i, channel = 0;
      for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
        channel += rest % shape[dim] * strides[dim];
        rest /= shape[dim];
      }
      layer.channels.push_back(channel);
    }
    double largest = 0.0;
    for (float value : weight.values)
      largest = std::max<double>(largest, std::fabs(value));
    llvm::SmallSetVector<uint32_t, 4> regions;
    for (size_t i = 0; i < weight.values.size(); ++i)
      if (ScaleClass in = layer.in[i]; in != kFixed && largest > 0.0) {
        regions.insert(classes.regionOf[in]);
        weightMagnitudes[in] = std::max(weightMagnitudes[in], std::fabs(weight.values[i]) / largest);
      }
    for (uint32_t region : regions)
      layers[region].push_back(layer);
  }

  /// A later edge is nearer to the layers that read the class: what earlier ones showed of it is forgotten.
  void addEdge(unsigned number, const SampledEdge &edge) {
    struct Sums {
      double largest = 0.0, squares = 0.0, count = 0.0;
    };
    std::vector<Sums> sums(classes.getNumClasses());
    for (auto [value, position] : llvm::zip_equal(edge.samples->values, edge.samples->positions)) {
      Sums &sum = sums[edge.classes[position]];
      sum.largest = std::max<double>(sum.largest, std::fabs(value));
      sum.squares += double(value) * value;
      sum.count += 1.0;
    }
    llvm::SmallSetVector<uint32_t, 4> regions;
    for (ScaleClass member = 1; member < classes.getNumClasses(); ++member) {
      if (sums[member].count == 0.0)
        continue;
      regions.insert(classes.regionOf[member]);
      magnitudes[member] = sums[member].largest;
      energies[member] = sums[member].squares / sums[member].count;
    }
    for (uint32_t region : regions)
      edgesOf[region].push_back(number);
  }

  /// The mean squared error that rounding an edge leaves in each class, in units of the unscaled values, added to
  /// `noise`.
  void addRoundingNoise(const SampledEdge &edge, ArrayRef<double> logs, std::vector<double> &noise) {
    std::vector<float> factors, scaled;
    for (double log : logs)
      factors.push_back(std::exp2(log));
    scaled.reserve(edge.samples->values.size());
    for (auto [value, position] : llvm::zip_equal(edge.samples->values, edge.samples->positions))
      scaled.push_back(value * factors[edge.classes[position]]);
    numerics::Sketch sketch;
    sketch.add(scaled.data(), scaled.size());
    numerics::RangeOptions rangeOptions;
    std::optional<numerics::Range> range = numerics::computeRange(sketch, rangeOptions);
    if (!range)
      return;
    numerics::Params params = numerics::getParams(*range, rangeOptions);
    std::vector<double> sums(factors.size(), 0.0), counts(factors.size(), 0.0);
    for (auto [value, position] : llvm::zip_equal(scaled, edge.samples->positions)) {
      double error = numerics::fakeQuantize(value, params, rangeOptions.bounds) - value;
      sums[edge.classes[position]] += error * error;
      counts[edge.classes[position]] += 1.0;
    }
    for (ScaleClass member = 1; member < sums.size(); ++member)
      if (counts[member] > 0.0)
        noise[member] += sums[member] / counts[member] * std::exp2(-2.0 * logs[member]);
  }

  /// Noise over signal at the outputs of the layers that read the region, summed over the layers.
  double estimate(uint32_t region, ArrayRef<double> logs) {
    std::vector<double> noise(classes.getNumClasses(), 0.0);
    for (unsigned edge : edgesOf[region])
      addRoundingNoise(edges[edge], logs, noise);
    double total = 0.0;
    for (const Layer &layer : layers[region])
      total += estimateLayer(layer, region, logs, noise);
    double pairNoise = 0.0, pairSignal = 0.0;
    for (ScaleClass member = 1; member < classes.getNumClasses(); ++member)
      if (ScaleClass inverse = classes.inverseOf[member]; inverse && classes.regionOf[member] == region) {
        pairNoise += noise[member] * energies[inverse];
        pairSignal += 0.5 * energies[member] * energies[inverse];
      }
    return total + (pairSignal > 0.0 ? pairNoise / pairSignal : 0.0);
  }

  double estimateLayer(const Layer &layer, uint32_t region, ArrayRef<double> logs, ArrayRef<double> noise) {
    const ScaledWeight &weight = *layer.weight;
    std::vector<double> scales(layer.numChannels, 0.0);
    for (size_t i = 0; i < weight.values.size(); ++i)
      scales[layer.channels[i]] =
          std::max(scales[layer.channels[i]], std::fabs(weight.values[i] * std::exp2(-logs[layer.in[i]])) / 127.0);
    double added = 0.0, signal = 0.0;
    for (size_t i = 0; i < weight.values.size(); ++i) {
      ScaleClass in = layer.in[i];
      double scale = scales[layer.channels[i]], value = weight.values[i], factor = std::exp2(logs[in]);
      if (scale == 0.0 || classes.regionOf[in] != region)
        continue;
      double error = (std::nearbyint(value / factor / scale) * scale) * factor - value;
      added += value * value * noise[in] + error * error * energies[in];
      signal += value * value * energies[in];
    }
    return signal > 0.0 ? added / signal : 0.0;
  }

  /// Sets the factors of the region's classes that layers read, or of those that cancel each other's.
  void setFactors(uint32_t region, double strength, bool ofPairs, std::vector<double> &logs) {
    double before = 0.0, after = 0.0;
    SmallVector<ScaleClass> members;
    for (ScaleClass member = 1; member < classes.getNumClasses(); ++member) {
      if (classes.regionOf[member] != region || (classes.inverseOf[member] != kFixed) != ofPairs)
        continue;
      logs[member] = 0.0;
      double other = ofPairs ? magnitudes[classes.inverseOf[member]] : weightMagnitudes[member];
      if (!(magnitudes[member] > 0.0) || !(other > 0.0))
        continue;
      members.push_back(member);
      if (ofPairs)
        logs[member] = 0.5 * strength * (std::log2(other) - std::log2(magnitudes[member]));
      else
        logs[member] = (1.0 - strength) * std::log2(other) - strength * std::log2(magnitudes[member]);
      before = std::max(before, magnitudes[member]);
      after = std::max(after, magnitudes[member] * std::exp2(logs[member]));
    }
    // The largest value stays, so that channels that share an edge without taking factors lose nothing.
    if (!ofPairs && after > 0.0)
      for (ScaleClass member : members)
        logs[member] += std::log2(before / after);
  }

  void smoothRegion(uint32_t region) {
    if (edgesOf[region].empty())
      return;
    std::vector<double> &logs = result.logFactors;
    const double before = estimate(region, logs);
    double best = before, bestStrength = 0.0;
    SmallVector<double> strengths(std::begin(kStrengths), std::end(kStrengths));
    if (options.strength)
      strengths = {*options.strength};
    for (bool ofPairs : {false, true}) {
      if (ofPairs ? !hasPairs(region) : layers[region].empty())
        continue;
      double chosen = options.strength ? HUGE_VAL : best;
      std::vector<double> kept = logs, tried = logs;
      for (double strength : strengths) {
        setFactors(region, strength, ofPairs, tried);
        double error = estimate(region, tried);
        if (error < chosen) {
          chosen = error;
          kept = tried;
          bestStrength = strength;
        }
      }
      logs = kept;
      best = std::min(chosen, options.strength ? chosen : best);
    }
    if (!options.strength && best > before * (1.0 - options.minGain)) {
      for (ScaleClass member = 1; member < classes.getNumClasses(); ++member)
        if (classes.regionOf[member] == region)
          logs[member] = 0.0;
      return;
    }
    result.regions.push_back({region, bestStrength, before, best});
  }

  bool hasPairs(uint32_t region) {
    for (ScaleClass member = 1; member < classes.getNumClasses(); ++member)
      if (classes.regionOf[member] == region && classes.inverseOf[member])
        return true;
    return false;
  }

  const ScaleClasses &classes;
  ArrayRef<SampledEdge> edges;
  const SmoothOptions &options;
  std::vector<double> magnitudes, energies, weightMagnitudes; // by class
  std::vector<std::vector<Layer>> layers;                     // by region
  std::vector<std::vector<unsigned>> edgesOf;                 // by region
  SmoothFactors result;
};

} // namespace

SmoothFactors qnn::chooseSmoothFactors(const ScaleClasses &classes, ArrayRef<SampledEdge> edges,
                                       const SmoothOptions &options) {
  return SmoothSearch(classes, edges, options).run();
}
