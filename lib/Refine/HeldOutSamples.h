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

/// A simulation of the model, and samples to judge its settings by.
struct JudgedSimulation {
  std::unique_ptr<Simulation> simulation;
  HeldOutSamples samples;

  /// Emits errors at `module`.
  static FailureOr<JudgedSimulation> create(ModuleOp module, const SimulationOptions &options,
                                            const CompileObservedFn &compile, StringRef path, int64_t maxSamples,
                                            uint64_t seed);
};

/// A change that a pass made on trial.
struct TriedChange {
  StringRef pass;       ///< its name on the command line
  std::string what;     ///< "biases of 5 layers corrected"
  StringRef instead;    ///< what would be in its place: "the biases as they are"
  StringRef remark;     ///< the name of the remark: "Corrected"; "NotCorrected" if it does not help
  double before, after; ///< SQNR of the outputs on held-out samples, in dB
};

/// Whether the change helps. Records the decision, and emits a remark, either way.
bool isKept(ModuleOp module, const HeldOutSamples &samples, const TriedChange &change);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REFINE_HELDOUTSAMPLES_H
