//===- RangeSearch.h - Ranges by what they do to a simulated model, group after group -----------------------------===//
#ifndef QUANT_OPT_LIB_REFINE_RANGESEARCH_H
#define QUANT_OPT_LIB_REFINE_RANGESEARCH_H

#include "quant-opt/Simulate/Evaluate.h"

namespace mlir::qnn {

/// What a range is judged by.
enum class RangeCriterion {
  LayerOutput, ///< the squared error of the results of the layers that read the edge, relative to their squares
  ModelOutput, ///< the squared error of the model's outputs
  CrossEntropy ///< that of the model's output distribution against the float model's
};

/// The taps that a simulation needs for the criterion.
TapKind getTaps(RangeCriterion criterion);

struct RangeSearchOptions {
  RangeCriterion criterion = RangeCriterion::LayerOutput;
  QuantizationScheme scheme;
  /// Passes over all groups; one that changes nothing is the last.
  unsigned rounds = 2;
  /// A range is changed for a relative gain above this: less is what rounding does by chance. Far from the range, at
  /// the model's output, chance does more.
  double getMinGain() const { return criterion == RangeCriterion::LayerOutput ? 0.002 : 0.01; }
};

/// Chooses a range for each group that `quantizeAll` quantizes, by coordinate descent from the present ones: each
/// bound, and both together, are moved in steps as long as the criterion improves on `samples`. `fixed` is what each
/// group must hold besides its edges (constants, padding). Returns the ranges by group; those of groups that keep
/// theirs are empty. Leaves the simulation quantized with the result.
std::vector<numerics::Range> searchRanges(Simulation &simulation, const SampleSet &samples,
                                          ArrayRef<numerics::Range> fixed, const RangeSearchOptions &options);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REFINE_RANGESEARCH_H
