//===- AccuracyGate.cpp - Judges outputs on held-out samples by an accuracy goal ----------------------------------===//
#include "Metric.h"
#include "quant-opt/Refine/AccuracyGoal.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::qnn;

llvm::Expected<AccuracyGate> AccuracyGate::create(AccuracyGoal goal, Evaluation evaluation, ArrayRef<int64_t> samples) {
  AccuracyGate gate(std::move(goal), std::move(evaluation));
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
  const RunOutputs outputs = evaluation.collect(run);
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

llvm::Expected<AccuracyMeasurement> AccuracyGate::measure(Simulation &simulation) const {
  return measure([&](ArrayRef<const void *> inputs) {
    simulation.run(inputs);
    return simulation.getOutputData();
  });
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
