//===- SampleReader.h - The samples of a data file, as a model's inputs, one run at a time ------------------------===//
#ifndef QUANT_OPT_CALIBRATE_SAMPLEREADER_H
#define QUANT_OPT_CALIBRATE_SAMPLEREADER_H

#include "quant-opt/Data/ArrayFile.h"
#include "quant-opt/Emit/Program.h"

namespace mlir::qnn {

/// Reads samples in the order of the file, in memory for one run. An array of exactly its input's shape belongs to
/// every run; otherwise its leading axis holds samples in place of the input's own leading axis, the batch. A last run
/// that the samples do not fill is filled by repeating those it has.
class SampleReader {
public:
  /// Fails if an input has no array or one of another type or shape, if the arrays disagree on the number of samples,
  /// or if there are none.
  static llvm::Expected<SampleReader> open(StringRef path, ArrayRef<TensorInfo> inputs);
  SampleReader(SampleReader &&) = default;

  int64_t getNumSamples() const { return numSamples; }
  /// Samples in one run.
  int64_t getBatch() const { return batch; }

  /// Reads the samples with the given increasing indices, at most `getBatch()` of them and all beyond those read
  /// before; returns a pointer for each input, valid until the next call.
  llvm::Expected<ArrayRef<const void *>> read(ArrayRef<int64_t> samples);

private:
  struct Input {
    ArrayStream stream;
    bool isSampled;
    int64_t sampleBytes;
    int64_t next = 0; ///< the sample that the stream is at
    std::vector<char> bytes = {};
  };

  SampleReader() = default;
  std::string path;
  std::vector<Input> inputs;
  std::vector<const void *> pointers;
  int64_t numSamples = 0, batch = 1;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_CALIBRATE_SAMPLEREADER_H
