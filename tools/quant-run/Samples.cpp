//===- Samples.cpp - Feeds a model the samples of a file and collects its outputs --------------------------------===//
#include "Samples.h"

#include "quant-opt/Support/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qnn;

/// The array for an input. A file with one array serves a model with one input whatever the array's name is only if it
/// is a .npy, which has no names.
static llvm::Expected<ArrayStream> openInput(const ArrayFile &file, StringRef path, const ModelTensor &input) {
  ArrayRef<std::string> names = file.getNames();
  if (names.size() == 1 && names[0].empty())
    return file.openArray("");
  if (llvm::is_contained(names, input.name))
    return file.openArray(input.name);
  std::vector<StringRef> candidates(names.begin(), names.end());
  StringRef nearest = findNearest(input.name, candidates);
  return makeToolError(ExitCode::BadInput,
                       path + ": has no array for the model's input \"" + input.name + "\"; it holds " +
                           (candidates.empty()
                                ? std::string("none")
                                : "\"" + llvm::join(ArrayRef(candidates).take_front(12), "\", \"") + "\"") +
                           (nearest.empty() ? std::string() : ", was \"" + nearest.str() + "\" meant?"));
}

llvm::Expected<SampleReader> SampleReader::open(StringRef path, CompiledModel &model) {
  llvm::Expected<ArrayFile> file = ArrayFile::open(path);
  if (!file)
    return file.takeError();
  SampleReader reader(model);
  std::optional<int64_t> samples;
  std::string first;
  for (const ModelTensor &input : model.getInputs()) {
    llvm::Expected<ArrayStream> stream = openInput(*file, path, input);
    if (!stream)
      return stream.takeError();
    const ArrayInfo &info = stream->getInfo();
    auto mismatch = [&] {
      std::vector<std::string> dims = {"any"};
      for (int64_t size : ArrayRef(input.shape).drop_front(input.shape.empty() ? 0 : 1))
        dims.push_back(std::to_string(size));
      return makeToolError(ExitCode::BadInput, path + ": input \"" + input.name + "\": expected " +
                                                   describeTensor(input.type, input.shape) + ", or samples [" +
                                                   llvm::join(dims, ", ") + "], found " +
                                                   describeTensor(info.type, info.shape));
    };
    if (info.type != input.type)
      return mismatch();
    bool whole = ArrayRef(info.shape) == ArrayRef(input.shape);
    if (!whole) {
      if (input.shape.empty() || info.shape.size() != input.shape.size() || info.shape[0] == 0 || input.shape[0] == 0 ||
          ArrayRef(info.shape).drop_front() != ArrayRef(input.shape).drop_front())
        return mismatch();
      if (samples && (*samples != info.shape[0] || reader.batch != input.shape[0]))
        return makeToolError(ExitCode::BadInput, path + ": input \"" + input.name + "\" has " + Twine(info.shape[0]) +
                                                     " samples, but input \"" + first + "\" has " + Twine(*samples));
      samples = info.shape[0];
      first = input.name;
      reader.batch = input.shape[0];
    }
    int64_t sampleBytes = whole ? input.bytes : input.bytes / input.shape[0];
    reader.inputs.push_back({std::move(*stream), whole, sampleBytes});
  }
  if (samples) {
    reader.numSamples = *samples;
    reader.numRuns = (*samples + reader.batch - 1) / reader.batch;
  } else {
    // One run holds as many samples as the first input's leading dimension says.
    ArrayRef<ModelTensor> inputs = model.getInputs();
    reader.batch = inputs.empty() || inputs[0].shape.empty() ? 1 : inputs[0].shape[0];
    reader.numSamples = reader.batch;
  }
  for (const std::string &name : file->getNames())
    if (!name.empty() && llvm::none_of(model.getInputs(), [&](const ModelTensor &input) { return input.name == name; }))
      llvm::errs() << "quant-run: warning: " << escapeText(path) << ": array \"" << escapeText(name)
                   << "\" is no input of the model and is not read\n";
  return reader;
}

llvm::Error SampleReader::next() {
  int64_t filled = std::min(batch, numSamples - run * batch);
  for (auto [index, input] : llvm::enumerate(inputs)) {
    MutableArrayRef<char> buffer = model.getInputBuffer(index);
    if (input.whole) {
      if (run == 0)
        if (llvm::Error error = input.stream.read(buffer))
          return error;
      continue;
    }
    if (llvm::Error error = input.stream.read(buffer.take_front(filled * input.sampleBytes)))
      return error;
    for (int64_t i = filled; i < batch; ++i)
      std::copy_n(buffer.data() + (filled - 1) * input.sampleBytes, input.sampleBytes,
                  buffer.data() + i * input.sampleBytes);
  }
  ++run;
  return llvm::Error::success();
}

OutputCollector::OutputCollector(const CompiledModel &model, const SampleReader &reader) : model(model) {
  for (const ModelTensor &output : model.getOutputs()) {
    ArrayInfo info{output.name, output.type, output.shape};
    int64_t runs = reader.getNumRuns();
    if (!output.shape.empty() && output.shape[0] == reader.getBatch())
      info.shape[0] = reader.getNumSamples();
    else if (runs > 1)
      info.shape.insert(info.shape.begin(), runs);
    infos.push_back(std::move(info));
    bytes.emplace_back().reserve(output.bytes * runs);
  }
}

void OutputCollector::take() {
  for (size_t i = 0; i < bytes.size(); ++i) {
    MutableArrayRef<char> buffer = model.getOutputBuffer(i);
    bytes[i].insert(bytes[i].end(), buffer.begin(), buffer.end());
  }
}

ArrayRef<NamedArray> OutputCollector::getArrays() {
  arrays.clear();
  for (auto [info, data] : llvm::zip_equal(infos, bytes)) {
    // What a padded last run added is dropped.
    arrays.push_back({info, ArrayRef(data).take_front(info.getNumBytes())});
  }
  return arrays;
}
