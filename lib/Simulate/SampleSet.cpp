//===- SampleSet.cpp - Samples of a data file, in memory ----------------------------------------------------------===//
#include "quant-opt/Calibrate/SampleReader.h"
#include "quant-opt/Simulate/Evaluate.h"
#include "quant-opt/Support/Diagnostics.h"

using namespace mlir;
using namespace mlir::qnn;

llvm::Expected<SampleSet> SampleSet::load(StringRef path, ArrayRef<TensorInfo> inputs, ArrayRef<int64_t> samples,
                                          int64_t maxBytes) {
  llvm::Expected<SampleReader> reader = SampleReader::open(path, inputs);
  if (!reader)
    return reader.takeError();
  SampleSet set;
  set.batch = reader->getBatch();
  set.numSamples = samples.size();
  int64_t bytes = 0;
  std::vector<int64_t> sizes;
  for (const TensorInfo &input : inputs)
    sizes.push_back(ArrayInfo{input.name, input.type, input.shape}.getNumBytes());
  while (!samples.empty()) {
    ArrayRef<int64_t> chosen = samples.take_front(set.batch);
    samples = samples.drop_front(chosen.size());
    for (int64_t size : sizes)
      bytes += size;
    if (bytes > maxBytes)
      return makeToolError(ExitCode::Limit, path + ": the samples need more than " + Twine(maxBytes >> 20) +
                                                " MiB of memory; use fewer of them");
    llvm::Expected<ArrayRef<const void *>> pointers = reader->read(chosen);
    if (!pointers)
      return pointers.takeError();
    Run &run = set.runs.emplace_back();
    run.valid = chosen.size();
    for (auto [pointer, size] : llvm::zip_equal(*pointers, sizes)) {
      const char *data = static_cast<const char *>(pointer);
      run.arrays.push_back(std::make_shared<std::vector<char>>(data, data + size));
      run.pointers.push_back(run.arrays.back()->data());
    }
  }
  return std::move(set);
}

llvm::Expected<SampleSet> SampleSet::loadAll(StringRef path, ArrayRef<TensorInfo> inputs, int64_t maxSamples) {
  llvm::Expected<SampleReader> reader = SampleReader::open(path, inputs);
  if (!reader)
    return reader.takeError();
  int64_t count = reader->getNumSamples();
  if (maxSamples)
    count = std::min(count, maxSamples);
  return load(path, inputs, llvm::to_vector(llvm::seq<int64_t>(0, count)));
}

SampleSet SampleSet::takeEvery(int64_t step, int64_t first) const {
  SampleSet set;
  set.batch = batch;
  for (int64_t run = first; run < getNumRuns(); run += step) {
    set.runs.push_back(runs[run]);
    set.numSamples += runs[run].valid;
  }
  return set;
}

SampleSet SampleSet::takeSpread(int64_t count) const {
  SampleSet set;
  set.batch = batch;
  count = std::min(count, getNumRuns());
  for (int64_t i = 0; i < count; ++i) {
    const Run &run = runs[i * getNumRuns() / count];
    set.runs.push_back(run);
    set.numSamples += run.valid;
  }
  return set;
}
