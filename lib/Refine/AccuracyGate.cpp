//===- AccuracyGate.cpp - Judges outputs on held-out samples by an accuracy goal ----------------------------------===//
#include "Metric.h"
#include "quant-opt/Calibrate/SampleReader.h"
#include "quant-opt/Calibrate/SplitSamples.h"
#include "quant-opt/Refine/AccuracyGoal.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::qnn;

/// Multiplications that one measurement of a model may cost: of ResNet-50, 24 samples. A bound that followed the clock
/// would make results depend on it.
static constexpr double kOperationsPerMeasurement = 1e11;
/// The fewest samples that judge a model of any size.
static constexpr int64_t kMinHeldOut = 8;

FailureOr<AccuracyGoal> qnn::parseAccuracyGoal(Location loc, StringRef minSqnr, StringRef maxMetricDrop,
                                               StringRef labels, StringRef metricCommand) {
  AccuracyGoal goal;
  double number;
  if (minSqnr != "off") {
    if (minSqnr.getAsDouble(number) || !std::isfinite(number))
      return emitError(loc, "expected min-sqnr to be a number of dB or off, found \"") << minSqnr << "\"";
    goal.minSqnr = number;
  }
  goal.labels = labels.str();
  goal.metricCommand = metricCommand.str();
  const bool hasMetric = !labels.empty() || !metricCommand.empty();
  if (!labels.empty() && !metricCommand.empty())
    return emitError(loc, "labels and metric-command are two metrics; give one of them");
  if (maxMetricDrop.empty()) {
    if (hasMetric)
      return emitError(loc, "a metric needs max-metric-drop, the points it may lose");
    return goal;
  }
  if (maxMetricDrop.getAsDouble(number) || !(number >= 0))
    return emitError(loc, "expected max-metric-drop to be a number of points of at least 0, found \"")
           << maxMetricDrop << "\"";
  if (!hasMetric)
    return emitError(loc, "max-metric-drop needs a metric: labels=FILE.npz or metric-command=PROGRAM");
  goal.maxMetricDrop = number;
  return goal;
}

llvm::Expected<AccuracyGate> AccuracyGate::create(AccuracyGoal goal, const HeldOutSource &source, double operations,
                                                  Simulation &simulation) {
  const ArrayRef<TensorInfo> inputs = simulation.getInputs();
  llvm::Expected<SampleReader> reader = SampleReader::open(source.data, inputs);
  if (!reader)
    return reader.takeError();
  const auto affordable = static_cast<int64_t>(std::min(kOperationsPerMeasurement / std::max(operations, 1.0), 1e9) *
                                               static_cast<double>(reader->getBatch()));
  const SampleSplit split = splitSamples(reader->getNumSamples(), source.maxSamples, source.seed);
  const std::vector<int64_t> samples =
      thinSamples(split.heldOut, std::min<int64_t>(source.maxHeldOut, std::max(affordable, kMinHeldOut)));
  llvm::Expected<SampleSet> set = SampleSet::load(source.data, inputs, samples);
  if (!set)
    return set.takeError();
  llvm::Expected<Evaluation> evaluation = Evaluation::create(simulation, std::move(*set));
  if (!evaluation)
    return evaluation.takeError();
  AccuracyGate gate(std::move(goal), std::move(*evaluation));
  gate.areShared = split.areShared;
  if (!gate.goal.maxMetricDrop)
    return std::move(gate);
  if (!gate.goal.labels.empty()) {
    llvm::Expected<std::vector<int64_t>> labels = readLabels(gate.goal.labels, samples);
    if (!labels)
      return labels.takeError();
    gate.labels = std::move(*labels);
  }
  llvm::Expected<double> metric = gate.computeMetric(gate.evaluation.getReferences());
  if (!metric)
    return metric.takeError();
  gate.floatMetric = *metric;
  return std::move(gate);
}

llvm::Expected<double> AccuracyGate::computeMetric(const RunOutputs &outputs) const {
  if (!goal.labels.empty())
    return computeTop1(evaluation.getOutputs().front(), outputs, labels, goal.labels);
  return runMetricCommand(goal.metricCommand, evaluation.getOutputs(), outputs);
}

llvm::Expected<AccuracyMeasurement> AccuracyGate::measure(RunModelFn run) const {
  return judge(evaluation.collect(run));
}

llvm::Expected<AccuracyMeasurement> AccuracyGate::measure(Simulation &simulation) const {
  return judge(evaluation.collect(simulation));
}

llvm::Expected<AccuracyMeasurement> AccuracyGate::judge(const RunOutputs &outputs) const {
  AccuracyMeasurement measurement;
  measurement.sqnr = std::numeric_limits<double>::infinity();
  int64_t positions = 0, agreeing = 0;
  for (const OutputError &error : evaluation.compare(outputs)) {
    // An output that is always zero has nothing to be lost.
    if (error.signal > 0)
      measurement.sqnr = std::isnan(error.noise) ? -std::numeric_limits<double>::infinity()
                                                 : std::min(measurement.sqnr, error.getSqnr());
    positions += error.positions;
    agreeing += error.agreeing;
  }
  measurement.agreement = positions ? 100.0 * static_cast<double>(agreeing) / static_cast<double>(positions) : 100.0;
  if (goal.maxMetricDrop) {
    llvm::Expected<double> metric = computeMetric(outputs);
    if (!metric)
      return metric.takeError();
    measurement.metric = *metric;
  }
  return measurement;
}

std::string AccuracyGate::describeSamples() const {
  return llvm::formatv("{0} {1} samples", evaluation.getSamples().getNumSamples(),
                       areShared ? "calibration" : "held-out")
      .str();
}

double AccuracyGate::getShortfall(const AccuracyMeasurement &measurement) const {
  double shortfall = 0;
  if (goal.minSqnr)
    shortfall += std::max(0.0, *goal.minSqnr - measurement.sqnr);
  if (goal.maxMetricDrop && measurement.metric)
    shortfall += std::max(0.0, *floatMetric - *measurement.metric - *goal.maxMetricDrop);
  return shortfall;
}

std::string AccuracyGate::describe(const AccuracyMeasurement &measurement) const {
  std::string text = llvm::formatv("{0:F1} dB", measurement.sqnr).str();
  if (measurement.metric)
    text += llvm::formatv(", metric {0:F2} (float {1:F2})", *measurement.metric, *floatMetric).str();
  return text;
}
