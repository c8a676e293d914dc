//===- RangeSearch.cpp - Ranges by what they do to a simulated model, group after group ---------------------------===//
#include "RangeSearch.h"

#include "quant-opt/Support/ProgressBar.h"

using namespace mlir;
using namespace mlir::qnn;

TapKind qnn::getTaps(RangeCriterion criterion) {
  return TapKind::Edge | (criterion == RangeCriterion::LayerOutput ? TapKind::Result : TapKind::None);
}

namespace {

class RangeSearch {
public:
  RangeSearch(Simulation &simulation, const SampleSet &samples, ArrayRef<numerics::Range> fixed,
              const RangeSearchOptions &options)
      : simulation(simulation), samples(samples), fixed(fixed), options(options) {}

  std::vector<numerics::Range> run();

private:
  void runFloat();
  void setRange(unsigned group, const numerics::Range &range);
  double measure(unsigned group);
  double measureLayers(unsigned group);
  double measureModel();
  void revert();
  bool improve(unsigned group, const numerics::Range &candidate);
  bool move(unsigned group, bool lo, bool hi, double factor);
  bool searchGroup(unsigned group);

  Simulation &simulation;
  const SampleSet &samples;
  ArrayRef<numerics::Range> fixed;
  const RangeSearchOptions &options;

  std::vector<std::optional<EdgeParams>> params; ///< of the groups, as `quantizeAll` has them
  std::vector<numerics::Range> before, ranges, extrema;
  std::vector<bool> changed;
  std::vector<llvm::SmallBitVector> readers; ///< layers by group
  double best = 0;                           ///< of the group at hand

  std::optional<Evaluation> evaluation;
  std::vector<std::vector<std::vector<float>>> results; ///< of the float model: by run and layer
};

/// What the float model computes on the samples, as far as the criterion asks, and the extrema of each group.
void RangeSearch::runFloat() {
  simulation.quantizeNothing();
  for (int64_t run = 0; run < samples.getNumRuns(); ++run) {
    std::vector<std::vector<float>> kept(simulation.getLayers().size());
    simulation.run(samples.getInputs(run), [&](const Tap &tap, ArrayRef<float> data) {
      if (tap.kind == TapKind::Result) {
        kept[tap.index] = data.vec();
        return;
      }
      numerics::Range &group = extrema[simulation.getEdges()[tap.index].group];
      for (float value : data)
        if (std::isfinite(value))
          group.include(value);
    });
    if (options.criterion == RangeCriterion::LayerOutput)
      results.push_back(std::move(kept));
  }
}

void RangeSearch::setRange(unsigned group, const numerics::Range &range) {
  EdgeParams edge = getEdgeParams(range, options.scheme);
  // A type wider than the scheme's keeps its width.
  if (params[group]->bounds.qmin != edge.bounds.qmin || params[group]->bounds.qmax != edge.bounds.qmax) {
    edge.bounds = params[group]->bounds;
    edge.params = options.scheme.activationScheme == ActivationScheme::Asymmetric
                      ? numerics::asymmetricParams(range.lo, range.hi, edge.bounds)
                      : numerics::symmetricParams(range.lo, range.hi, edge.bounds);
  }
  for (auto [i, info] : llvm::enumerate(simulation.getEdges()))
    if (info.group == group && simulation.getEdge(i))
      simulation.setEdge(i, edge);
}

/// The relative squared error of what the group's readers compute, summed over them.
double RangeSearch::measureLayers(unsigned group) {
  std::vector<double> noise(simulation.getLayers().size()), signal(noise);
  for (int64_t run = 0; run < samples.getNumRuns(); ++run)
    simulation.run(samples.getInputs(run), [&](const Tap &tap, ArrayRef<float> data) {
      if (tap.kind != TapKind::Result || !readers[group].test(tap.index))
        return;
      for (auto [wanted, found] : llvm::zip_equal(results[run][tap.index], data)) {
        if (!std::isfinite(wanted))
          continue;
        const double difference = static_cast<double>(found) - wanted;
        noise[tap.index] += difference * difference;
        signal[tap.index] += static_cast<double>(wanted) * wanted;
      }
    });
  double sum = 0;
  for (auto [n, s] : llvm::zip_equal(noise, signal))
    sum += s > 0 ? n / s : 0;
  return sum;
}

/// What quantization costs at the model's outputs. Cross-entropy counts less the float model's own entropy, so that
/// gains are relative.
double RangeSearch::measureModel() {
  double sum = 0;
  for (const OutputError &error : evaluation->measureEach(simulation))
    sum += options.criterion == RangeCriterion::CrossEntropy ? error.getDivergence()
           : error.signal > 0                                ? error.noise / error.signal
                                                             : 0;
  return sum;
}

double RangeSearch::measure(unsigned group) {
  return options.criterion == RangeCriterion::LayerOutput ? measureLayers(group) : measureModel();
}

/// What helps the layers that read a group need not help the model: each change without which its outputs are better is
/// taken back.
void RangeSearch::revert() {
  double error = measureModel();
  for (unsigned group = 0; group < changed.size(); ++group) {
    if (!changed[group])
      continue;
    setRange(group, before[group]);
    const double without = measureModel();
    if (without < error) {
      error = without;
      changed[group] = false;
    } else {
      setRange(group, ranges[group]);
    }
  }
}

bool RangeSearch::improve(unsigned group, const numerics::Range &candidate) {
  numerics::Range range = candidate;
  range.include(fixed[group]);
  if (range == ranges[group])
    return false;
  setRange(group, range);
  const double error = measure(group);
  if (error < best * (1 - options.getMinGain())) {
    best = error;
    ranges[group] = range;
    changed[group] = true;
    return true;
  }
  setRange(group, ranges[group]);
  return false;
}

/// Multiplies bounds by `factor` for as long as that helps; true if it did at all.
bool RangeSearch::move(unsigned group, bool lo, bool hi, double factor) {
  constexpr unsigned kMaxSteps = 6;
  unsigned steps = 0;
  while (steps < kMaxSteps) {
    numerics::Range next = ranges[group];
    if (lo)
      next.lo = static_cast<float>(next.lo * factor);
    if (hi)
      next.hi = static_cast<float>(next.hi * factor);
    if (!improve(group, next))
      break;
    ++steps;
  }
  return steps != 0;
}

bool RangeSearch::searchGroup(unsigned group) {
  const numerics::Range start = ranges[group];
  best = measure(group);
  // All that was seen: inputs with few different values, such as pixels, are exact on a grid from end to end.
  if (!extrema[group].isEmpty())
    improve(group, extrema[group]);
  // A bound that is zero, or nearly, stays so.
  const float width = ranges[group].hi - ranges[group].lo;
  const bool hasLo = ranges[group].lo < -0.02f * width, hasHi = ranges[group].hi > 0.02f * width;
  for (double step : {0.1, 0.04}) {
    if (hasLo && hasHi && !move(group, true, true, 1 - step))
      move(group, true, true, 1 + step);
    if (options.scheme.activationScheme == ActivationScheme::Symmetric && hasLo && hasHi)
      continue;
    if (hasHi && !move(group, false, true, 1 - step))
      move(group, false, true, 1 + step);
    if (hasLo && !move(group, true, false, 1 - step))
      move(group, true, false, 1 + step);
  }
  return !(ranges[group] == start);
}

std::vector<numerics::Range> RangeSearch::run() {
  const unsigned numGroups = simulation.getNumGroups();
  params.resize(numGroups);
  ranges.resize(numGroups);
  extrema.resize(numGroups);
  changed.resize(numGroups);
  readers.assign(numGroups, llvm::SmallBitVector(simulation.getLayers().size()));
  runFloat();
  simulation.quantizeAll();
  // The outputs were checked before any search.
  evaluation = llvm::cantFail(Evaluation::create(simulation, samples));
  for (auto [i, edge] : llvm::enumerate(simulation.getEdges()))
    if (std::optional<EdgeParams> present = simulation.getEdge(i); present && !edge.isConstant) {
      params[edge.group] = present;
      ranges[edge.group] = edge.groupRange;
    }
  before = ranges;
  for (auto [i, layer] : llvm::enumerate(simulation.getLayers()))
    for (const auto *list : {&layer.inputs, &layer.epilogueInputs})
      for (unsigned edge : *list)
        readers[simulation.getEdges()[edge].group].set(i);

  ProgressBar progress("choosing ranges", static_cast<int64_t>(numGroups) * options.rounds);
  for (unsigned round = 0; round < options.rounds; ++round) {
    bool any = false;
    for (unsigned group = 0; group < numGroups; ++group) {
      if (params[group] && !ranges[group].isEmpty())
        any |= searchGroup(group);
      progress.update(static_cast<int64_t>(round) * numGroups + group + 1);
    }
    if (!any)
      break;
  }
  if (options.criterion == RangeCriterion::LayerOutput)
    revert();
  std::vector<numerics::Range> result(numGroups);
  for (unsigned group = 0; group < numGroups; ++group)
    if (changed[group])
      result[group] = ranges[group];
  return result;
}

} // namespace

std::vector<numerics::Range> qnn::searchRanges(Simulation &simulation, const SampleSet &samples,
                                               ArrayRef<numerics::Range> fixed, const RangeSearchOptions &options) {
  return RangeSearch(simulation, samples, fixed, options).run();
}
