//===- RangeTable.cpp - Ranges from sketches, and the sum of two tables -------------------------------------------===//
#include "quant-opt/Calibrate/RangeTable.h"

#include "quant-opt/Support/Diagnostics.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::numerics;

StringRef mlir::qnn::getMethodName(RangeMethod method) {
  switch (method) {
  case RangeMethod::MinMax:
    return "min-max";
  case RangeMethod::MovingAverage:
    return "moving-average";
  case RangeMethod::Percentile:
    return "percentile";
  case RangeMethod::Entropy:
    return "entropy";
  case RangeMethod::Mse:
    return "mse";
  }
  return "";
}

std::optional<RangeMethod> mlir::qnn::parseMethod(StringRef name) {
  return llvm::StringSwitch<std::optional<RangeMethod>>(name)
      .Case("min-max", RangeMethod::MinMax)
      .Case("moving-average", RangeMethod::MovingAverage)
      .Case("percentile", RangeMethod::Percentile)
      .Case("entropy", RangeMethod::Entropy)
      .Case("mse", RangeMethod::Mse)
      .Default(std::nullopt);
}

int64_t RangeTable::getSamplesAsked() const {
  int64_t samples = 0;
  for (const DataSource &source : data)
    samples += source.samplesAsked;
  return samples;
}

int64_t RangeTable::getSamplesUsed() const {
  int64_t samples = 0;
  for (const DataSource &source : data)
    samples += source.samplesUsed;
  return samples;
}

int64_t RangeTable::getSamplesHeldOut() const {
  int64_t samples = 0;
  for (const DataSource &source : data)
    samples += source.samplesHeldOut;
  return samples;
}

/// What an edge saw instead of finite values.
static std::string describeValues(const Sketch &sketch) {
  const uint64_t infinities = sketch.getNegativeInfinities() + sketch.getPositiveInfinities();
  if (sketch.getNaNs() + infinities == 0)
    return "no values at all";
  return "only " + std::to_string(sketch.getNaNs()) + " NaNs and " + std::to_string(infinities) + " infinities";
}

llvm::Error RangeTable::computeEdges(bool perChannel) {
  edges.clear();
  std::string empty;
  for (const EdgeSketch &entry : sketches) {
    EdgeRange edge;
    edge.name = entry.name;
    const std::optional<numerics::Range> range = computeRange(entry.sketch, options);
    if (!range) {
      empty += "\n  edge \"" + escapeText(entry.name) + "\" saw " + describeValues(entry.sketch);
      continue;
    }
    if (perChannel && entry.sketch.getChannels()) {
      edge.axis = -1;
      for (numerics::Range channel : entry.sketch.getChannelExtrema()) {
        if (channel.isEmpty())
          channel.lo = channel.hi = 0;
        edge.lo.push_back(channel.lo);
        edge.hi.push_back(channel.hi);
      }
    } else {
      edge.lo = {range->lo};
      edge.hi = {range->hi};
    }
    edges.push_back(std::move(edge));
  }
  if (!empty.empty())
    return makeToolError(ExitCode::BadInput, "expected finite values on every edge, but:" + empty);
  return llvm::Error::success();
}

llvm::Error RangeTable::merge(const RangeTable &other) {
  if (modelSha256 != other.modelSha256)
    return makeToolError(ExitCode::BadInput, "expected ranges of the model with hash " + modelSha256 +
                                                 ", found those of the model with hash " + other.modelSha256);
  if (other.sketches.empty())
    return makeToolError(ExitCode::BadInput, "the table holds no sketches, so that it cannot be merged or resumed");
  llvm::StringMap<const Sketch *> theirs;
  for (const EdgeSketch &entry : other.sketches)
    theirs[entry.name] = &entry.sketch;
  for (EdgeSketch &entry : sketches) {
    const Sketch *sketch = theirs.lookup(entry.name);
    if (!sketch || sketch->getChannels() != entry.sketch.getChannels())
      return makeToolError(ExitCode::BadInput, "the table holds no sketch of edge \"" + entry.name + "\"" +
                                                   (sketch ? " with as many channels" : ""));
    if (numerics::usesDistribution(options) && !sketch->keepsDistribution())
      return makeToolError(ExitCode::BadInput,
                           "the table was measured by a method that keeps extrema only, from which ranges by this "
                           "method do not follow; measure again, or use method=min-max or method=moving-average");
    entry.sketch.merge(*sketch);
  }
  data.insert(data.end(), other.data.begin(), other.data.end());
  return llvm::Error::success();
}
