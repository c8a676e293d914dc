//===- AccuracyGoal.h - What accuracy a quantized model must keep, and what was measured --------------------------===//
#ifndef QUANT_OPT_REFINE_ACCURACYGOAL_H
#define QUANT_OPT_REFINE_ACCURACYGOAL_H

#include "quant-opt/Simulate/Evaluate.h"

#include <optional>

namespace mlir::qnn {

/// What must hold of the quantized model's outputs on held-out samples.
struct AccuracyGoal {
  std::optional<double> minSqnr;       ///< dB, of the worst output
  std::optional<double> maxMetricDrop; ///< points
  std::string labels, metricCommand;   ///< the metric: one of them is given with `maxMetricDrop`

  bool isEmpty() const { return !minSqnr && !maxMetricDrop; }
};

/// A measurement of the quantized model against the float one.
struct AccuracyMeasurement {
  double sqnr = 0;      ///< dB, of the worst output
  double agreement = 0; ///< percent, of all outputs' largest elements
  std::optional<double> metric;
};

/// The held-out samples with the float model's outputs, and the goal to judge other outputs by.
class AccuracyGate {
public:
  /// Reads labels and measures the float model's metric, if the goal has one. `samples` are the numbers of the samples
  /// in the data file.
  static llvm::Expected<AccuracyGate> create(AccuracyGoal goal, Evaluation evaluation, ArrayRef<int64_t> samples);

  const Evaluation &getEvaluation() const { return evaluation; }
  const AccuracyGoal &getGoal() const { return goal; }
  std::optional<double> getFloatMetric() const { return floatMetric; }

  llvm::Expected<AccuracyMeasurement> measure(RunModelFn run) const;
  llvm::Expected<AccuracyMeasurement> measure(Simulation &simulation) const;

  /// How much is missing to the goal, in dB or points; 0 if it holds.
  double getShortfall(const AccuracyMeasurement &measurement) const;
  /// "27.3 dB", "27.3 dB, metric 91.5 (float 92.0)".
  std::string describe(const AccuracyMeasurement &measurement) const;

private:
  llvm::Expected<double> computeMetric(const RunOutputs &outputs) const;

  AccuracyGate(AccuracyGoal goal, Evaluation evaluation) : goal(std::move(goal)), evaluation(std::move(evaluation)) {}

  AccuracyGoal goal;
  Evaluation evaluation;
  std::vector<int64_t> labels; ///< of the held-out samples, row by row
  std::optional<double> floatMetric;
};

/// What the stages that refine and check a model tell each other and the tool; shared by the passes of one pipeline.
struct AccuracyReport {
  std::optional<AccuracyGate> gate;             ///< none until the budget's pass has run, or if there is no data
  std::optional<AccuracyMeasurement> simulated; ///< before integers were made
  std::optional<AccuracyMeasurement> measured;  ///< of the compiled integer model
  bool isReached = true;                        ///< the goal, as far as it was measured
};

} // namespace mlir::qnn

#endif // QUANT_OPT_REFINE_ACCURACYGOAL_H
