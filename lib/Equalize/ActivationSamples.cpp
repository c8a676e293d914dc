//===- ActivationSamples.cpp - Values that a float model computes on its quantized edges --------------------------===//
#include "ActivationSamples.h"

#include "quant-opt/Calibrate/SampleReader.h"
#include "quant-opt/Calibrate/SplitSamples.h"

#include <cmath>

using namespace mlir;
using namespace mlir::qnn;

static constexpr int64_t kMaxRuns = 32;
static constexpr int64_t kMaxValues = int64_t(1) << 17;

namespace {

/// Keeps every `step`-th row of each run, others in each run.
struct Sampler {
  struct Edge {
    int64_t size, row, step;
    int64_t position = 0; // of the next value in this run
    EdgeSamples samples = {};
  };
  std::vector<Edge> edges;
  int64_t run = 0;

  static void observe(void *observer, int32_t number, const float *data, int64_t count) {
    auto *sampler = static_cast<Sampler *>(observer);
    Edge &edge = sampler->edges[number];
    for (int64_t i = 0; i < count; ++i, ++edge.position)
      if ((edge.position / edge.row + sampler->run) % edge.step == 0 && std::isfinite(data[i])) {
        edge.samples.values.push_back(data[i]);
        edge.samples.positions.push_back(edge.position);
      }
  }
};

} // namespace

FailureOr<std::vector<EdgeSamples>> qnn::sampleActivations(ModuleOp module, const ActivationSamplesOptions &options,
                                                           const CompileObservedFn &compile) {
  OwningOpRef<ModuleOp> observed(module.clone());
  Sampler sampler;
  for (ObserveOp observe : insertObservers(*observed)) {
    auto type = cast<RankedTensorType>(observe.getType());
    sampler.edges.push_back({type.getNumElements(), type.getRank() ? type.getShape().back() : 1, 1});
  }
  FailureOr<std::unique_ptr<ObservedModel>> model = compile(*observed);
  if (failed(model))
    return failure();
  auto fail = [&](llvm::Error error) {
    emitError(module.getLoc(), llvm::toString(std::move(error)));
    return failure();
  };
  llvm::Expected<SampleReader> reader = SampleReader::open(options.data, (*model)->getInputs());
  if (!reader)
    return fail(reader.takeError());
  const int64_t batch = reader->getBatch();
  const std::vector<int64_t> samples = thinSamples(
      splitSamples(reader->getNumSamples(), options.maxSamples, options.seed).calibration, kMaxRuns * batch);
  const int64_t numRuns = (samples.size() + batch - 1) / batch;
  for (Sampler::Edge &edge : sampler.edges)
    edge.step = std::max<int64_t>((edge.size * numRuns + kMaxValues - 1) / kMaxValues, 1);
  for (size_t first = 0; first < samples.size(); first += batch, ++sampler.run) {
    llvm::Expected<ArrayRef<const void *>> inputs =
        reader->read(ArrayRef<int64_t>(samples).slice(first, std::min<size_t>(batch, samples.size() - first)));
    if (!inputs)
      return fail(inputs.takeError());
    for (Sampler::Edge &edge : sampler.edges)
      edge.position = 0;
    (*model)->run(*inputs, &sampler, Sampler::observe);
  }
  std::vector<EdgeSamples> result;
  for (Sampler::Edge &edge : sampler.edges)
    result.push_back(std::move(edge.samples));
  return result;
}
