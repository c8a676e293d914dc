//===- HeldOutSamples.h - Samples to choose by, and others on which a choice is judged ----------------------------===//
#ifndef QUANT_OPT_LIB_REFINE_HELDOUTSAMPLES_H
#define QUANT_OPT_LIB_REFINE_HELDOUTSAMPLES_H

#include "quant-opt/Simulate/Evaluate.h"

namespace mlir::qnn {

/// Whether a choice can be judged: the model has an output of floats. Where it has none, a missed remark says that
/// nothing is chosen.
bool canJudge(ModuleOp module);

/// The samples of a data file, split by `splitSamples`, with the float model's outputs on those held out.
struct HeldOutSamples {
  SampleSet calibration, heldOut;
  std::optional<Evaluation> evaluation;
  bool areShared = false;

  /// Emits errors at `module`. Settings of the simulation are kept.
  static FailureOr<HeldOutSamples> load(ModuleOp module, Simulation &simulation, StringRef path, int64_t maxSamples,
                                        uint64_t seed);

  /// The SQNR of the outputs on held-out samples with the simulation as it is set.
  double getSqnr(Simulation &simulation) const { return evaluation->measure(simulation).getSqnr(); }

  /// What is to be said of the judgement where no samples were held out; empty otherwise.
  StringRef getNote() const {
    return areShared ? "; too few samples to hold some out, so that the same ones judge" : "";
  }
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REFINE_HELDOUTSAMPLES_H
