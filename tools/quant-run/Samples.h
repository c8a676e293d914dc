//===- Samples.h - Feeds a model the samples of a file and collects its outputs ----------------------------------===//
#ifndef QUANT_OPT_TOOLS_QUANTRUN_SAMPLES_H
#define QUANT_OPT_TOOLS_QUANTRUN_SAMPLES_H

#include "CompiledModel.h"

#include "quant-opt/Data/ArrayFile.h"

namespace mlir::qnn {

/// The samples in a file for a model. An array of exactly the input's shape is one run, repeated if other inputs have
/// more samples; otherwise its leading axis holds samples in place of the model's batch axis. A last run that they do
/// not fill repeats the last sample.
class SampleReader {
public:
  static llvm::Expected<SampleReader> open(StringRef path, CompiledModel &model);

  int64_t getNumSamples() const { return numSamples; }
  int64_t getNumRuns() const { return numRuns; }
  /// Samples in one run.
  int64_t getBatch() const { return batch; }
  /// Fills the model's input buffers for the next run.
  llvm::Error next();

private:
  struct Input {
    ArrayStream stream;
    bool whole; // the array is one run
    int64_t sampleBytes;
  };
  SampleReader(CompiledModel &model) : model(model) {}

  CompiledModel &model;
  std::vector<Input> inputs;
  int64_t numSamples = 1, numRuns = 1, batch = 1, run = 0;
};

/// The outputs of all runs, stacked in place of the batch axis.
class OutputCollector {
public:
  OutputCollector(const CompiledModel &model, const SampleReader &reader);

  /// Takes the output buffers of the run just made.
  void take();
  ArrayRef<NamedArray> getArrays();

private:
  const CompiledModel &model;
  std::vector<ArrayInfo> infos;
  std::vector<std::vector<char>> bytes;
  std::vector<NamedArray> arrays;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_TOOLS_QUANTRUN_SAMPLES_H
