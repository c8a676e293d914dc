//===- Evaluate.h - Samples in memory, and how far a simulation's outputs are from the float model's -------------===//
#ifndef QUANT_OPT_SIMULATE_EVALUATE_H
#define QUANT_OPT_SIMULATE_EVALUATE_H

#include "quant-opt/Simulate/Simulation.h"

namespace mlir::qnn {

/// Samples of a data file as a model's inputs, in memory.
class SampleSet {
public:
  /// Loads the samples with the given increasing indices; see `SampleReader`. Fails if the file does not fit the model,
  /// or the samples need more than `maxBytes`.
  static llvm::Expected<SampleSet> load(StringRef path, ArrayRef<TensorInfo> inputs, ArrayRef<int64_t> samples,
                                        int64_t maxBytes = int64_t(4) << 30);
  /// All samples, or the first `maxSamples` if that is not 0.
  static llvm::Expected<SampleSet> loadAll(StringRef path, ArrayRef<TensorInfo> inputs, int64_t maxSamples = 0);

  int64_t getNumSamples() const { return numSamples; }
  /// A run takes as many samples as the model's batch; samples of the last run may repeat to fill it.
  int64_t getNumRuns() const { return static_cast<int64_t>(runs.size()); }
  /// A pointer for each input.
  ArrayRef<const void *> getInputs(int64_t run) const { return runs[run].pointers; }
  /// The samples in a run that are not repetitions; they come first.
  int64_t getNumValid(int64_t run) const { return runs[run].valid; }
  int64_t getBatch() const { return batch; }

  /// Every `step`-th run, beginning with the one of number `first`. Shares memory with this set.
  SampleSet takeEvery(int64_t step, int64_t first = 0) const;
  /// At most `count` runs, spread evenly. Shares memory with this set.
  SampleSet takeSpread(int64_t count) const;

private:
  struct Run {
    std::vector<std::shared_ptr<std::vector<char>>> arrays;
    std::vector<const void *> pointers;
    int64_t valid = 0;
  };
  std::vector<Run> runs;
  int64_t numSamples = 0, batch = 1;
};

/// How far values are from a reference; sums in double, in the order of the samples. Pairs in which the reference is
/// not finite are set aside.
struct OutputError {
  double signal = 0, noise = 0; ///< sum of squares of the reference and of the difference
  int64_t positions = 0;        ///< rows along the last axis
  int64_t agreeing = 0;         ///< those whose largest element is at the same place
  double crossEntropy = 0;      ///< sum over rows of that of softmax(values) against softmax(reference), in nats
  double entropy = 0;           ///< sum over rows of the entropy of softmax(reference)

  /// 10 * log10(signal / noise); infinite without noise, and -infinity without signal but noise.
  double getSqnr() const;
  /// The share of rows that agree, in percent.
  double getAgreement() const;
  /// The mean over rows, in nats. At least the reference's own entropy.
  double getCrossEntropy() const;
  /// The mean over rows of the cross-entropy less the reference's own entropy: the Kullback-Leibler divergence.
  double getDivergence() const;

  /// Compares rows of `width` elements.
  void add(ArrayRef<float> reference, ArrayRef<float> values, int64_t width);
  void add(const OutputError &other);
};

/// Runs a model once: takes a pointer for each input and returns one for each output, valid until the next call.
using RunModelFn = llvm::function_ref<ArrayRef<const void *>(ArrayRef<const void *> inputs)>;

/// What a model computed: run by run, one vector for each float output, without what only fills the last run.
using RunOutputs = std::vector<std::vector<std::vector<float>>>;

/// Runs a simulation on samples and compares its float outputs with those of the same simulation with everything off.
class Evaluation {
public:
  /// Runs the float model on all samples and keeps its outputs. The simulation's settings are as before afterwards.
  /// Fails if the model has no output of type "float".
  static llvm::Expected<Evaluation> create(Simulation &simulation, SampleSet samples);

  const SampleSet &getSamples() const { return samples; }
  /// The error of the outputs with the settings as they are; of all runs, or of the first `maxRuns`.
  OutputError measure(Simulation &simulation, int64_t maxRuns = 0) const;
  /// The same for each float output of its own.
  std::vector<OutputError> measureEach(Simulation &simulation, int64_t maxRuns = 0) const;
  /// What the simulation computes with the settings as they are.
  RunOutputs collect(Simulation &simulation) const;
  /// What another model with the same inputs and outputs computes.
  RunOutputs collect(RunModelFn run) const;
  /// The float outputs.
  ArrayRef<TensorInfo> getOutputs() const { return infos; }
  const RunOutputs &getReferences() const { return references; }
  /// The error of outputs collected before, for each of them.
  std::vector<OutputError> compare(const RunOutputs &outputs) const;
  /// What the float model computed: run `run`, the i-th float output.
  ArrayRef<float> getReference(int64_t run, unsigned output) const { return references[run][output]; }

private:
  SampleSet samples;
  /// Takes the samples and which outputs are float; fails if none is.
  llvm::Error begin(ArrayRef<TensorInfo> all, SampleSet set);
  void keep(RunOutputs &collected, ArrayRef<const void *> pointers, int64_t run) const;
  ArrayRef<float> getValid(ArrayRef<const void *> pointers, unsigned output, int64_t run) const;

  std::vector<TensorInfo> infos; ///< of the float ones
  std::vector<unsigned> outputs; ///< their numbers
  std::vector<int64_t> widths;
  RunOutputs references;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_SIMULATE_EVALUATE_H
