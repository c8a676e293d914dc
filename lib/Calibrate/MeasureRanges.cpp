//===- MeasureRanges.cpp - Runs a model with observers on data and makes the range table --------------------------===//
#include "quant-opt/Calibrate/MeasureRanges.h"

#include "Interrupt.h"
#include "quant-opt/Calibrate/SampleReader.h"
#include "quant-opt/Calibrate/SplitSamples.h"
#include "quant-opt/Data/ArrayFile.h"
#include "quant-opt/Support/AtomicFile.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/ProgressBar.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::numerics;

static llvm::Error makeError(const Twine &message) { return makeToolError(ExitCode::BadInput, message); }

static llvm::Error writeTable(const RangeTable &table, const CalibrateOptions &options, bool withSketches) {
  std::string text;
  llvm::raw_string_ostream os(text);
  table.writeJson(os, withSketches);
  return writeFileAtomically(options.rangesOut, text);
}

namespace {

/// What one run reads.
struct RunInputs {
  std::vector<std::vector<char>> arrays;
  std::vector<const void *> pointers;

  void set(ArrayRef<TensorInfo> infos, ArrayRef<const void *> from) {
    arrays.resize(infos.size());
    pointers.resize(infos.size());
    for (auto [i, info] : llvm::enumerate(infos)) {
      const char *bytes = static_cast<const char *>(from[i]);
      arrays[i].assign(bytes, bytes + ArrayInfo{info.name, info.type, info.shape}.getNumBytes());
      pointers[i] = arrays[i].data();
    }
  }
};

/// Runs that follow each other, and what they measure.
struct Lane {
  std::vector<Sketch> sketches; ///< by the observed model's numbers
  RunInputs inputs;

  void endSample() {
    for (Sketch &sketch : sketches)
      sketch.endSample();
  }
};

} // namespace

/// Runs the samples of `source` from `samplesUsed` on; true if all were run, false after an interrupt.
static llvm::Expected<bool> runSamples(ObservedModel &model, const CalibrateOptions &options, DataSource &source,
                                       RangeTable &table) {
  llvm::StringMap<Sketch *> byName;
  for (EdgeSketch &entry : table.sketches)
    byName[entry.name] = &entry.sketch;
  std::vector<Sketch *> measured; // by the observed model's numbers
  for (const std::string &edge : model.getObservedEdges()) {
    Sketch *sketch = byName.lookup(edge);
    if (!sketch)
      return makeToolError(ExitCode::Internal,
                           "the observed model has an edge \"" + edge + "\" that was not asked for");
    measured.push_back(sketch);
  }

  llvm::Expected<SampleReader> reader = SampleReader::open(options.data, model.getInputs());
  if (!reader)
    return reader.takeError();
  const int64_t available = reader->getNumSamples(), batch = reader->getBatch();
  if (options.maxSamples > available)
    return makeError(options.data + ": expected at least the " + Twine(options.maxSamples) +
                     " samples asked for, found " + Twine(available));
  const int64_t asked = options.maxSamples ? options.maxSamples : available;
  if (source.samplesUsed && source.seed && source.samplesAsked != asked)
    return makeError(options.resume + ": its samples were chosen by a seed out of " + Twine(source.samplesAsked) +
                     ", so that resuming needs max-samples=" + Twine(source.samplesAsked));
  // A resumed table goes on as it began: what it has used cannot be held out any more.
  const bool holdsOut = source.samplesUsed ? source.samplesHeldOut > 0 : options.holdOut;
  const SampleSplit split = splitSamples(available, asked, options.seed);
  const std::vector<int64_t> chosen = holdsOut ? split.calibration : chooseSamples(available, asked, options.seed);
  const int64_t wanted = chosen.size();
  source.samplesAsked = std::max(asked, source.samplesUsed);
  source.samplesHeldOut = asked - wanted;

  ProgressBar progress("calibrating", wanted);
  InterruptGuard guard;
  // Sketches do not depend on which of them a sample goes to, so that a lane may have its own until all are merged.
  const size_t concurrency = std::max<size_t>(model.getConcurrency(), 1);
  std::vector<Lane> lanes(concurrency);
  for (Lane &lane : lanes)
    for (Sketch *sketch : measured)
      lane.sketches.emplace_back(sketch->getChannels(), sketch->keepsDistribution());
  llvm::Error error = llvm::Error::success();
  int64_t taken = source.samplesUsed;
  auto next = [&](size_t number) -> std::optional<ArrayRef<const void *>> {
    Lane &lane = lanes[number];
    lane.endSample();
    progress.update(taken);
    const int64_t count = std::min(batch, wanted - taken);
    if (count <= 0 || error || InterruptGuard::wasInterrupted())
      return std::nullopt;
    llvm::Expected<ArrayRef<const void *>> read = reader->read(ArrayRef<int64_t>(chosen).slice(taken, count));
    if (!read) {
      error = read.takeError();
      return std::nullopt;
    }
    lane.inputs.set(model.getInputs(), *read);
    taken += count;
    return lane.inputs.pointers;
  };
  model.observeMany(next, [&](size_t lane, int32_t edge, const float *data, int64_t count) {
    lanes[lane].sketches[edge].add(data, count);
  });
  if (error)
    return std::move(error);
  source.samplesUsed = taken;
  for (Lane &lane : lanes) {
    lane.endSample();
    for (auto [sketch, part] : llvm::zip_equal(measured, lane.sketches))
      sketch->merge(part);
  }
  return source.samplesUsed >= wanted;
}

llvm::Expected<RangeTable> mlir::qnn::measureRanges(StringRef modelName, StringRef modelSha256,
                                                    ArrayRef<ObservedEdge> edges, const CalibrateOptions &options,
                                                    function_ref<FailureOr<std::unique_ptr<ObservedModel>>()> compile) {
  RangeTable table;
  table.model = modelName.str();
  table.modelSha256 = modelSha256.str();
  table.options = options.ranges;
  for (const ObservedEdge &edge : edges)
    table.sketches.push_back(
        {edge.name, Sketch(options.perChannel ? edge.channels : 0, usesDistribution(options.ranges))});

  auto add = [&](StringRef path) -> llvm::Error {
    llvm::Expected<RangeTable> other = RangeTable::read(path);
    if (!other)
      return other.takeError();
    if (llvm::Error error = table.merge(*other))
      return makeError(path + ": " + llvm::toString(std::move(error)));
    return llvm::Error::success();
  };
  if (!options.resume.empty())
    if (llvm::Error error = add(options.resume))
      return std::move(error);

  bool isComplete = true;
  if (!options.data.empty()) {
    llvm::Expected<std::string> hash = hashFile(options.data);
    if (!hash)
      return hash.takeError();
    // A resumed table may have begun with these samples.
    auto begun = llvm::find_if(
        table.data, [&](const DataSource &source) { return source.sha256 == *hash && source.seed == options.seed; });
    DataSource source;
    source.file = llvm::sys::path::filename(options.data).str();
    source.sha256 = *hash;
    source.seed = options.seed;
    const size_t index = begun - table.data.begin();
    if (begun == table.data.end())
      table.data.push_back(source);
    FailureOr<std::unique_ptr<ObservedModel>> model = compile();
    if (failed(model))
      return makeError("the model with observers cannot be compiled");
    llvm::Expected<bool> done = runSamples(**model, options, table.data[index], table);
    if (!done)
      return done.takeError();
    isComplete = *done;
  }

  for (const std::string &path : options.merge)
    if (llvm::Error error = add(path))
      return std::move(error);

  if (table.getSamplesUsed() == 0)
    return makeError("nothing was measured: give calibration-data=FILE.npz, or a table to resume");
  llvm::Error unmeasured = table.computeEdges(options.perChannel);
  if (unmeasured && isComplete)
    return std::move(unmeasured);
  llvm::consumeError(std::move(unmeasured)); // later samples may bring the missing values
  if (!options.rangesOut.empty())
    if (llvm::Error error = writeTable(table, options, /*withSketches=*/options.sketches || !isComplete))
      return std::move(error);
  if (isComplete)
    return std::move(table);
  const std::string used = "interrupted after " + std::to_string(table.getSamplesUsed()) + " of " +
                           std::to_string(table.getSamplesAsked() - table.getSamplesHeldOut()) + " samples";
  if (options.rangesOut.empty())
    return makeError(used + "; with ranges-out=FILE.json what was measured would be kept");
  return makeError(used + ": what was measured is in " + options.rangesOut +
                   "; go on with resume=" + options.rangesOut);
}
