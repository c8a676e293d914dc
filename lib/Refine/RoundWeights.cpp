//===- RoundWeights.cpp - Integer weights and biases by which each layer gives most nearly what it gave in float --===//
#include "ChangeLayers.h"
#include "HeldOutSamples.h"
#include "RoundLayer.h"
#include "quant-opt/Refine/Passes.h"
#include "quant-opt/Support/ProgressBar.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_ROUNDWEIGHTSPASS
#include "quant-opt/Refine/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// A matrix of as many inputs squared is held several times: 170 MB each.
static constexpr int64_t kMaxInputs = 4608;

/// What the float model's layers give is kept for as many layers at a time as fit.
static constexpr int64_t kMaxTargetBytes = int64_t(1) << 30;

/// Penalties of leaving the float weights that are tried, against the mean variance of a layer's inputs.
static constexpr double kDampings[] = {1.0, 0.1, 0.01};

/// Sets the simulation to the quantized model with what was changed.
static void applyChanges(Simulation &simulation, ArrayRef<LayerChange> changes) {
  simulation.quantizeAll();
  for (const LayerChange &change : changes) {
    if (!change.weight.empty())
      simulation.setWeight(change.layer, change.weight);
    simulation.setBias(change.layer, change.bias);
  }
}

namespace {

class RoundWeightsPass : public qnn::impl::RoundWeightsPassBase<RoundWeightsPass> {
public:
  RoundWeightsPass(RoundWeightsPassOptions options, CompileObservedFn compile)
      : RoundWeightsPassBase(std::move(options)), compile(std::move(compile)) {}

  void runOnOperation() override {
    if (failed(run(getOperation())))
      signalPassFailure();
  }

private:
  LogicalResult run(ModuleOp module);
  std::vector<FitLayer> getLayers(ModuleOp module, const Simulation &simulation);
  std::vector<LayerChange> roundLayers(Simulation &simulation, ArrayRef<FitLayer> layers, FitData &fit, FitData &judge);

  CompileObservedFn compile;
};

std::vector<FitLayer> RoundWeightsPass::getLayers(ModuleOp module, const Simulation &simulation) {
  auto refuse = [&](const SimulatedLayer &layer, StringRef reason) {
    remark::missed(NameLoc::get(StringAttr::get(module.getContext(), layer.name)),
                   remark::RemarkOpts::name("NotRounded").category("qnn"))
        << remark::reason("{0}", reason);
  };
  std::vector<FitLayer> layers = getFitLayers(simulation, refuse);
  llvm::erase_if(layers, [&](const FitLayer &layer) {
    const bool isTooLarge = layer.patches.numInputs > kMaxInputs;
    if (isTooLarge)
      refuse(simulation.getLayers()[layer.number],
             llvm::formatv("it sums over {0} inputs, more than {1}", layer.patches.numInputs, kMaxInputs).str());
    return isTooLarge;
  });
  return layers;
}

/// Layer after layer in program order, each reading what the ones before it give now.
std::vector<LayerChange> RoundWeightsPass::roundLayers(Simulation &simulation, ArrayRef<FitLayer> layers, FitData &fit,
                                                       FitData &judge) {
  std::vector<LayerChange> changes;
  ProgressBar progress("rounding weights", layers.size());
  size_t known = 0; // layers whose targets are kept
  for (auto [i, layer] : llvm::enumerate(layers)) {
    if (i == known) {
      SmallVector<const FitLayer *> next;
      for (int64_t bytes = 0; known < layers.size(); ++known) {
        bytes += fit.getTargetBytes(layers[known]) + judge.getTargetBytes(layers[known]);
        if (bytes > kMaxTargetBytes && !next.empty())
          break;
        next.push_back(&layers[known]);
      }
      fit.collectTargets(simulation, next);
      judge.collectTargets(simulation, next);
    }
    applyChanges(simulation, changes);
    const SimulatedLayer &info = simulation.getLayers()[layer.number];
    RoundedLayers rounded = roundLayer(layer, *info.weight, fit.collectMoments(simulation, layer),
                                       judge.collectMoments(simulation, layer), kDampings);
    auto getScale = [&](int64_t element) {
      if (rounded.best.isNearest())
        return info.weight->getScale(element);
      const float limit = rounded.best.limits[info.weight->perChannel ? info.weight->view.getChannel(element) : 0];
      return numerics::symmetricParams(-limit, limit, info.weight->bounds).scale;
    };
    roundBiases(simulation, layer, getScale, rounded.best.bias);
    (rounded.best.isNearest() ? numNearest : numRounded) += 1;
    remark::analysis(NameLoc::get(StringAttr::get(&getContext(), info.name)),
                     remark::RemarkOpts::name("Rounded").category("qnn"))
        << remark::add("mean squared error {0} with {1}, {2} with the nearest ones",
                       llvm::formatv("{0:e2}", rounded.error).str(),
                       rounded.best.isNearest() ? "the nearest weights and a corrected bias"
                                                : "weights by least squares",
                       llvm::formatv("{0:e2}", rounded.nearestError).str());
    changes.push_back(
        {layer.number, std::move(rounded.best.weight), std::move(rounded.best.limits), std::move(rounded.best.bias)});
    progress.update(i + 1);
  }
  return changes;
}

LogicalResult RoundWeightsPass::run(ModuleOp module) {
  if (positions < 1)
    return emitError(module.getLoc(), "expected positions of at least 1, found ") << positions.getValue();
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

  std::vector<FitLayer> layers = getLayers(module, simulation);
  // Fewer places are enough to judge by than to fit to.
  FitData fit(samples.calibration, positions), judge(samples.heldOut, (positions + 3) / 4);
  std::vector<LayerChange> changes = roundLayers(simulation, layers, fit, judge);

  simulation.quantizeAll();
  const double before = samples.getSqnr(simulation);
  applyChanges(simulation, changes);
  const double after = samples.getSqnr(simulation);
  if (!isKept(module, samples,
              {getArgument(),
               llvm::formatv("weights and biases of {0} layers chosen by least squares", changes.size()).str(),
               "the nearest weights", "Rounded", before, after}))
    return success();
  return changeLayers(module, options.scheme, changes, "least-squares");
}

} // namespace

std::unique_ptr<Pass> mlir::qnn::createRoundWeightsPass(RoundWeightsPassOptions options, CompileObservedFn compile) {
  return std::make_unique<RoundWeightsPass>(std::move(options), std::move(compile));
}
