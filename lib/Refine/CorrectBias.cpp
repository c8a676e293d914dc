//===- CorrectBias.cpp - Biases take up what quantization changes in the mean of each channel ---------------------===//
#include "ChangeLayers.h"
#include "HeldOutSamples.h"
#include "LayerFit.h"
#include "quant-opt/Numerics/ClippedNormal.h"
#include "quant-opt/Refine/Passes.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/ProgressBar.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_CORRECTBIASPASS
#include "quant-opt/Refine/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Places of each layer, over all samples, that means are taken of.
static constexpr int64_t kPositions = 16384;

namespace {

class CorrectBiasPass : public qnn::impl::CorrectBiasPassBase<CorrectBiasPass> {
public:
  CorrectBiasPass(CorrectBiasPassOptions options, CompileObservedFn compile)
      : CorrectBiasPassBase(std::move(options)), compile(std::move(compile)) {}

  void runOnOperation() override {
    if (failed(run(getOperation())))
      signalPassFailure();
  }

private:
  LogicalResult run(ModuleOp module);

  CompileObservedFn compile;
};

} // namespace

/// The layer's bias and, of each channel, the mean of weight * patch in float less that of quantized * quantizedPatch.
static std::vector<float> correct(const FitLayer &layer, ArrayRef<float> quantized, ArrayRef<double> patch,
                                  ArrayRef<double> quantizedPatch) {
  const LayerPatches &shape = layer.patches;
  std::vector<float> result = layer.bias.vec();
  for (int64_t group = 0; group < shape.numGroups; ++group)
    for (int64_t output = 0; output < shape.numOutputs; ++output) {
      double difference = 0;
      for (int64_t input = 0; input < shape.numInputs; ++input) {
        const int64_t element = shape.getWeightIndex(group, output, input);
        const int64_t place = group * shape.numInputs + input;
        difference += layer.weight[element] * patch[place] - quantized[element] * quantizedPatch[place];
      }
      float &bias = result[shape.getChannel(group, output)];
      bias = static_cast<float>(bias + difference);
    }
  return result;
}

/// The means that the elements of a layer's patches have once they are clipped to what their edge represents. What lies
/// beyond is that of a normal distribution with their moments, or of a rectified one if no value is negative.
static std::vector<double> getClippedMeans(const Simulation &simulation, const SimulatedLayer &layer,
                                           const PatchStatistics &statistics) {
  std::vector<double> means = statistics.mean;
  if (layer.inputs.empty())
    return means;
  const EdgeParams &edge = simulation.getEdges()[layer.inputs.front()].params;
  const double lo = (edge.bounds.qmin - edge.params.zeroPoint) * static_cast<double>(edge.params.scale);
  const double hi = (edge.bounds.qmax - edge.params.zeroPoint) * static_cast<double>(edge.params.scale);
  for (auto [i, mean] : llvm::enumerate(means)) {
    const double least = statistics.least[i], greatest = statistics.greatest[i], square = statistics.meanSquare[i];
    if (least >= lo && greatest <= hi)
      continue;
    const numerics::Normal normal = least >= 0 ? numerics::fitRectified(mean, square)
                                               : numerics::Normal{mean, std::sqrt(std::max(square - mean * mean, 0.0))};
    mean += numerics::getClippedMean(normal, std::max(lo, least), std::min(hi, greatest)) -
            numerics::getClippedMean(normal, least, greatest);
  }
  return means;
}

/// The changed biases by layer; the simulation has them, and everything quantized, afterwards.
static llvm::Expected<std::vector<LayerChange>> correctLayers(Simulation &simulation, ArrayRef<FitLayer> layers,
                                                              const FitData &samples, bool isAnalytic) {
  simulation.quantizeNothing();
  const std::vector<PatchStatistics> floats = samples.collectStatistics(simulation, layers);
  simulation.quantizeAll();
  std::vector<LayerChange> changes;
  ProgressBar progress("correcting biases", layers.size());
  auto change = [&](size_t i, ArrayRef<double> quantized) {
    const FitLayer &layer = layers[i];
    std::vector<float> bias;
    simulation.withWeight(layer.number,
                          [&](ArrayRef<float> weight) { bias = correct(layer, weight, floats[i].mean, quantized); });
    const ChosenWeight &weight = *simulation.getLayers()[layer.number].weight;
    roundBiases(simulation, layer, [&](int64_t element) { return weight.getScale(element); }, bias);
    simulation.setBias(layer.number, bias);
    changes.push_back({layer.number, {}, {}, std::move(bias)});
    progress.update(changes.size());
  };
  if (isAnalytic) {
    for (auto [i, layer] : llvm::enumerate(layers))
      change(i, getClippedMeans(simulation, simulation.getLayers()[layer.number], floats[i]));
    return changes;
  }
  // Layers before this one have their new biases by now, and those behind it will read what it gives with its own.
  if (llvm::Error error = samples.changeInTurn(
          simulation, layers, [&](size_t i, const PatchStatistics &quantized) { change(i, quantized.mean); }))
    return std::move(error);
  return changes;
}

LogicalResult CorrectBiasPass::run(ModuleOp module) {
  if (method != "empirical" && method != "analytic")
    return emitError(module.getLoc(), "no method of bias correction called \"")
           << method << "\"" << suggestNearest(method, {"empirical", "analytic"});
  if (searchSamples < 1)
    return emitError(module.getLoc(), "expected search-samples of at least 1, found ") << searchSamples.getValue();
  if (!canJudge(module))
    return success();
  SimulationOptions options;
  options.scheme = {activationType, activationScheme, weightScheme, weightBits};
  options.taps = kRefinementTaps;
  FailureOr<JudgedSimulation> judged = JudgedSimulation::create(module, options, compile, data, maxSamples, seed);
  if (failed(judged))
    return failure();
  auto &[created, samples] = *judged;
  Simulation &simulation = *created;
  std::vector<FitLayer> layers = getFitLayers(simulation, [&](const SimulatedLayer &layer, StringRef reason) {
    remark::missed(NameLoc::get(StringAttr::get(&getContext(), layer.name)),
                   remark::RemarkOpts::name("NotCorrected").category("qnn"))
        << remark::reason("{0}", reason);
  });

  simulation.quantizeAll();
  const double before = samples.getSqnr(simulation);
  const FitData data(samples.calibration.takeSpread(searchSamples), kPositions);
  llvm::Expected<std::vector<LayerChange>> corrected = correctLayers(simulation, layers, data, method == "analytic");
  if (!corrected)
    return emitError(module.getLoc(), llvm::toString(corrected.takeError()));
  const std::vector<LayerChange> &changes = *corrected;
  const double after = samples.getSqnr(simulation);
  if (!isKept(module, samples,
              {getArgument(), llvm::formatv("biases of {0} layers corrected", changes.size()).str(),
               "the biases as they are", "Corrected", before, after}))
    return success();
  numCorrected += changes.size();
  return changeLayers(module, options.scheme, changes, "");
}

std::unique_ptr<Pass> mlir::qnn::createCorrectBiasPass(CorrectBiasPassOptions options, CompileObservedFn compile) {
  return std::make_unique<CorrectBiasPass>(std::move(options), std::move(compile));
}
