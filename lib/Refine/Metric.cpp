//===- Metric.cpp - What a model is worth: top-1 by labels, or what a program says --------------------------------===//
#include "Metric.h"

#include "quant-opt/Data/ArrayFile.h"
#include "quant-opt/Data/ElementTypes.h"
#include "quant-opt/Support/Diagnostics.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace mlir::qnn;

static llvm::Error makeError(const Twine &message) { return makeToolError(ExitCode::BadInput, message); }

llvm::Expected<std::vector<int64_t>> qnn::readLabels(StringRef path, ArrayRef<int64_t> samples) {
  llvm::Expected<ArrayFile> file = ArrayFile::open(path);
  if (!file)
    return file.takeError();
  ArrayInfo info;
  llvm::Expected<std::vector<char>> bytes =
      file->readArray(file->getNames().size() == 1 ? StringRef(file->getNames().front()) : "labels", info);
  if (!bytes)
    return bytes.takeError();
  const ElementTypeInfo &element = *findElementType(info.type);
  if (!element.isInteger)
    return makeError(path + ": expected labels to be integers, found element type " + info.type);
  const int64_t available = info.shape.empty() ? 0 : info.shape.front();
  if (samples.back() >= available)
    return makeError(path + ": expected a label for each sample of the data, at least " + Twine(samples.back() + 1) +
                     ", found " + Twine(available));
  const int64_t rows = info.getNumElements() / available;
  std::vector<int64_t> labels;
  for (int64_t sample : samples)
    for (int64_t row = 0; row < rows; ++row)
      labels.push_back(static_cast<int64_t>(element.read(bytes->data() + (sample * rows + row) * element.bytes)));
  return labels;
}

llvm::Expected<double> qnn::computeTop1(const TensorInfo &output, const RunOutputs &outputs, ArrayRef<int64_t> labels,
                                        StringRef path) {
  const size_t width = output.shape.empty() ? 1 : output.shape.back();
  size_t rows = 0, right = 0;
  for (const auto &run : outputs)
    for (ArrayRef<float> left = run.front(); !left.empty(); left = left.drop_front(width)) {
      ArrayRef<float> row = left.take_front(width);
      if (rows < labels.size())
        right += llvm::max_element(row) - row.begin() == labels[rows];
      ++rows;
    }
  if (rows != labels.size())
    return makeError(path + ": expected " + Twine(rows) +
                     " labels for the samples held out, one for each row of output \"" + escapeText(output.name) +
                     "\", found " + Twine(labels.size()));
  return 100.0 * static_cast<double>(right) / static_cast<double>(rows);
}

/// The outputs as arrays whose leading axis is samples.
static llvm::Error writeOutputs(StringRef path, ArrayRef<TensorInfo> infos, const RunOutputs &outputs) {
  std::vector<std::vector<float>> values(infos.size());
  std::vector<NamedArray> arrays;
  for (auto [i, info] : llvm::enumerate(infos)) {
    for (const auto &run : outputs)
      values[i].insert(values[i].end(), run[i].begin(), run[i].end());
    ArrayInfo array{info.name, info.type, info.shape};
    int64_t rest = 1;
    for (size_t dim = 1; dim < array.shape.size(); ++dim)
      rest *= array.shape[dim];
    if (array.shape.empty())
      array.shape.push_back(0);
    array.shape.front() = static_cast<int64_t>(values[i].size()) / std::max<int64_t>(rest, 1);
    arrays.push_back(
        {array, ArrayRef<char>(reinterpret_cast<const char *>(values[i].data()), values[i].size() * sizeof(float))});
  }
  return writeNpz(path, arrays);
}

llvm::Expected<double> qnn::runMetricCommand(StringRef command, ArrayRef<TensorInfo> infos, const RunOutputs &outputs) {
  SmallString<128> arrays, printed;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("outputs", "npz", arrays))
    return makeError("no temporary file can be made: " + error.message());
  llvm::FileRemover removeArrays(arrays);
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("metric", "txt", printed))
    return makeError("no temporary file can be made: " + error.message());
  llvm::FileRemover removePrinted(printed);
  if (llvm::Error error = writeOutputs(arrays, infos, outputs))
    return std::move(error);
  const std::string script = (command + " \"$0\"").str();
  const std::optional<StringRef> redirects[] = {StringRef(""), StringRef(printed), std::nullopt};
  std::string problem;
  const int status = llvm::sys::ExecuteAndWait("/bin/sh", {"/bin/sh", "-c", script, arrays}, std::nullopt, redirects,
                                               /*SecondsToWait=*/0, /*MemoryLimit=*/0, &problem);
  if (status != 0)
    return makeError("the metric's command \"" + command + "\" failed " +
                     (problem.empty() ? "with exit status " + std::to_string(status) : "to run: " + problem));
  auto buffer = llvm::MemoryBuffer::getFile(printed);
  StringRef text = buffer ? (*buffer)->getBuffer().rtrim() : "";
  StringRef last = text.substr(text.find_last_of(" \t\r\n") + 1);
  double metric;
  if (last.getAsDouble(metric) || !std::isfinite(metric))
    return makeError("the metric's command \"" + command + "\" was to print a number last, found \"" +
                     escapeText(last.take_front(40)) + "\"");
  return metric;
}
