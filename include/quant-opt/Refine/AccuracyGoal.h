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

/// Reads a goal from options: `minSqnr` is a number or "off", `maxMetricDrop` a number or empty. Emits an error for
/// what makes no sense.
FailureOr<AccuracyGoal> parseAccuracyGoal(Location loc, StringRef minSqnr, StringRef maxMetricDrop, StringRef labels,
                                          StringRef metricCommand);

/// Where the samples are by which results are judged; see `splitSamples`.
struct HeldOutSource {
  std::string data;
  int64_t maxSamples = 0; ///< that calibration was asked to use; 0 takes all
  uint64_t seed = 0;
  int64_t maxHeldOut = 64; ///< at most this many are run; fewer of models with many `operations`
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
  /// Loads the samples, runs the float model on them, and reads labels and measures the float model's metric, if the
  /// goal has one. `operations` are the multiplications of one run. Settings of the simulation are kept.
  static llvm::Expected<AccuracyGate> create(AccuracyGoal goal, const HeldOutSource &source, double operations,
                                             Simulation &simulation);

  const Evaluation &getEvaluation() const { return evaluation; }
  const AccuracyGoal &getGoal() const { return goal; }
  /// "62 held-out samples".
  std::string describeSamples() const;

  llvm::Expected<AccuracyMeasurement> measure(RunModelFn run) const;
  llvm::Expected<AccuracyMeasurement> measure(Simulation &simulation) const;

  /// How much is missing to the goal, in dB or points; 0 if it holds.
  double getShortfall(const AccuracyMeasurement &measurement) const;
  /// "27.3 dB", "27.3 dB, metric 91.5 (float 92.0)".
  std::string describe(const AccuracyMeasurement &measurement) const;

private:
  llvm::Expected<AccuracyMeasurement> judge(const RunOutputs &outputs) const;
  llvm::Expected<double> computeMetric(const RunOutputs &outputs) const;

  AccuracyGate(AccuracyGoal goal, Evaluation evaluation) : goal(std::move(goal)), evaluation(std::move(evaluation)) {}

  AccuracyGoal goal;
  Evaluation evaluation;
  bool areShared = false;
  std::vector<int64_t> labels; ///< of the held-out samples, row by row
  std::optional<double> floatMetric;
};

/// What the stages that refine and check a model tell each other and the tool; shared by the passes of one pipeline.
struct AccuracyReport {
  std::optional<AccuracyGate> gate;             ///< none if there are no samples to judge by
  std::optional<AccuracyMeasurement> simulated; ///< before integers were made
  std::optional<AccuracyMeasurement> measured;  ///< of the compiled integer model
  bool isMeasurable = true;                     ///< false without an output of floats
  bool isReached = true;                        ///< the goal, as far as it was measured
};

} // namespace mlir::qnn

#endif // QUANT_OPT_REFINE_ACCURACYGOAL_H
