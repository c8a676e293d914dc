//===- SampleReader.cpp - The samples of a data file, as a model's inputs, one run at a time ----------------------===//
#include "quant-opt/Calibrate/SampleReader.h"

#include "quant-opt/Data/ElementTypes.h"
#include "quant-opt/Support/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::qnn;

static llvm::Error makeError(const Twine &message) { return makeToolError(ExitCode::BadInput, message); }

static std::string formatShape(ArrayRef<int64_t> shape) {
  return "[" + llvm::join(llvm::map_range(shape, [](int64_t dim) { return std::to_string(dim); }), ", ") + "]";
}

/// The shapes that fit an input: its own, and with any number of samples in front.
static std::string formatExpectedShapes(ArrayRef<int64_t> shape) {
  std::string text = formatShape(shape);
  if (shape.empty())
    return text;
  std::string rest = "[samples";
  for (int64_t dim : shape.drop_front())
    rest += ", " + std::to_string(dim);
  return text + " or " + rest + "]";
}

llvm::Expected<SampleReader> SampleReader::open(StringRef path, ArrayRef<TensorInfo> infos) {
  llvm::Expected<ArrayFile> file = ArrayFile::open(path);
  if (!file)
    return file.takeError();
  SampleReader reader;
  reader.path = path.str();
  // A .npy file's array has no name, and serves a model's only input.
  const bool isUnnamed = file->getNames().size() == 1 && file->getNames().front().empty();
  if (isUnnamed && infos.size() != 1)
    return makeError(path + ": expected a .npz file with an array for each of the model's " + Twine(infos.size()) +
                     " inputs, found a .npy file");
  std::optional<std::string> sampled; // the input that set the number of samples
  for (const TensorInfo &info : infos) {
    llvm::Expected<ArrayStream> stream = file->openArray(isUnnamed ? "" : info.name);
    if (!stream)
      return stream.takeError();
    const ArrayInfo array = stream->getInfo();
    auto fail = [&](const Twine &message) {
      return makeError(path + ": array for input \"" + escapeText(info.name) + "\": " + message);
    };
    if (array.type != info.type)
      return fail("expected element type " + getNumpyName(info.type) + ", found " + getNumpyName(array.type));
    const ArrayRef<int64_t> shape = info.shape, found = array.shape;
    const bool isWhole = shape == found;
    if (!isWhole && (shape.empty() || found.size() != shape.size() || found.drop_front() != shape.drop_front()))
      return fail("expected shape " + formatExpectedShapes(shape) + ", found " + formatShape(found));
    const int64_t samples = shape.empty() ? 1 : found.front();
    if (array.getNumElements() == 0)
      return fail("expected at least one sample, found shape " + formatShape(found));
    if (!isWhole) {
      if (sampled && (samples != reader.numSamples || shape.front() != reader.batch))
        return fail("expected " + Twine(reader.numSamples) + " samples in batches of " + Twine(reader.batch) +
                    " as for input \"" + escapeText(*sampled) + "\", found " + Twine(samples) + " in batches of " +
                    Twine(shape.front()));
      sampled = info.name;
      reader.numSamples = samples;
      reader.batch = shape.front();
    }
    Input input{std::move(*stream), !isWhole, 0};
    input.sampleBytes = array.getNumBytes() / (isWhole ? 1 : samples);
    reader.inputs.push_back(std::move(input));
  }
  // Without a leading axis of samples there is one run, of as many samples as the first input's batch.
  if (!sampled) {
    reader.numSamples = 1;
    reader.batch = 1;
  }
  for (Input &input : reader.inputs) {
    input.bytes.resize(input.sampleBytes * (input.isSampled ? reader.batch : 1));
    if (!input.isSampled)
      if (llvm::Error error = input.stream.read(input.bytes))
        return makeError(path + ": " + llvm::toString(std::move(error)));
    reader.pointers.push_back(input.bytes.data());
  }
  return std::move(reader);
}

llvm::Expected<ArrayRef<const void *>> SampleReader::read(ArrayRef<int64_t> samples) {
  for (Input &input : inputs) {
    if (!input.isSampled)
      continue;
    for (auto [slot, sample] : llvm::enumerate(samples)) {
      const MutableArrayRef<char> bytes(input.bytes.data() + slot * input.sampleBytes, input.sampleBytes);
      llvm::Error error = input.stream.skip((sample - input.next) * input.sampleBytes);
      if (!error)
        error = input.stream.read(bytes);
      if (error)
        return makeError(path + ": " + llvm::toString(std::move(error)));
      input.next = sample + 1;
    }
    for (int64_t slot = samples.size(); slot < batch; ++slot) {
      const char *from = input.bytes.data() + slot % samples.size() * input.sampleBytes;
      std::copy(from, from + input.sampleBytes, input.bytes.data() + slot * input.sampleBytes);
    }
  }
  return ArrayRef<const void *>(pointers);
}
