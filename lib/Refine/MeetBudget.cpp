//===- MeetBudget.cpp - Widen the layers that cost most until an accuracy goal holds on held-out samples ----------===//
#include "quant-opt/Analysis/Layers.h"
#include "quant-opt/Refine/AccuracyGoal.h"
#include "quant-opt/Refine/Passes.h"
#include "quant-opt/Refine/SpendBudget.h"
#include "quant-opt/Support/Decisions.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/ProgressBar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_MEETBUDGETPASS
#include "quant-opt/Refine/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Each layer's own noise only ranks the layers, for which a few samples do.
static constexpr int64_t kSamplesForNoise = 8;
/// Layers that a message lists.
static constexpr size_t kMaxListed = 12;

namespace {

class MeetBudgetPass : public qnn::impl::MeetBudgetPassBase<MeetBudgetPass> {
public:
  MeetBudgetPass(MeetBudgetPassOptions options, CompileObservedFn compile, std::shared_ptr<AccuracyReport> report)
      : MeetBudgetPassBase(std::move(options)), compile(std::move(compile)), report(std::move(report)) {}

  void runOnOperation() override {
    if (failed(meetBudget()))
      signalPassFailure();
  }

private:
  LogicalResult meetBudget();
  LogicalResult openGate(Simulation &simulation, AccuracyGoal goal);
  LogicalResult spend(Simulation &simulation, const AccuracyMeasurement &first);
  std::vector<BudgetLayer> describeLayers(Simulation &simulation);
  void explain(const BudgetResult &result, ArrayRef<BudgetLayer> choices, const AccuracyMeasurement &first,
               const AccuracyMeasurement &last);
  LogicalResult fail(llvm::Error error) { return emitError(getOperation().getLoc(), llvm::toString(std::move(error))); }

  CompileObservedFn compile;
  std::shared_ptr<AccuracyReport> report;
  std::vector<Layer> layers;
};

} // namespace

/// The float outputs are kept already where they were measured before weights were changed.
LogicalResult MeetBudgetPass::openGate(Simulation &simulation, AccuracyGoal goal) {
  if (report->gate)
    return success();
  double operations = 0;
  for (const Layer &layer : layers)
    operations += static_cast<double>(layer.operations);
  llvm::Expected<AccuracyGate> gate =
      AccuracyGate::create(std::move(goal), {data, maxSamples, seed, maxHeldOut}, operations, simulation);
  if (!gate)
    return fail(gate.takeError());
  report->gate = std::move(*gate);
  return success();
}

/// What the search needs to know: choices, times, and the noise that each layer makes alone.
std::vector<BudgetLayer> MeetBudgetPass::describeLayers(Simulation &simulation) {
  const Evaluation &evaluation = report->gate->getEvaluation();
  const int64_t runs =
      std::max<int64_t>(1, kSamplesForNoise / std::max<int64_t>(1, evaluation.getSamples().getBatch()));
  std::vector<BudgetLayer> result;
  ProgressBar progress("measuring layers", layers.size());
  for (auto [i, layer] : llvm::enumerate(layers)) {
    BudgetLayer &choice = result.emplace_back();
    choice.choices = {simulation.getLayers()[i].precision};
    if (!getStatedPrecision(layer.root)) {
      // Twice the byte products are cheaper than float ones, except where lanes and not products are the limit.
      if (layer.role == QuantRole::Contraction &&
          estimateTime(layer.kinds, 1, Precision::I16) < estimateTime(layer.kinds, 1, Precision::F32))
        choice.choices.push_back(Precision::I16);
      choice.choices.push_back(Precision::F32);
      simulation.quantizeNothing();
      simulation.quantizeLayer(i, true);
      // Ratios, so that an output of small numbers counts like one of large ones.
      for (const OutputError &error : evaluation.measureEach(simulation, runs))
        if (error.signal > 0)
          choice.noise = std::isnan(error.noise) ? std::numeric_limits<double>::infinity()
                                                 : std::max(choice.noise, error.noise / error.signal);
    }
    for (Precision precision : choice.choices)
      choice.times.push_back(estimateTime(layer.kinds, layer.operations, precision));
    progress.update(i + 1);
  }
  return result;
}

/// "'conv1' (conv) to f32: alone it leaves 3.2 dB".
static std::string describeLayer(const Layer &layer, const BudgetLayer &choice, Precision precision) {
  std::string text = llvm::formatv("'{0}' ({1}) to {2}: alone it leaves ", layer.name, layer.kinds.front(),
                                   getPrecisionName(precision))
                         .str();
  if (std::isinf(choice.noise))
    return text + "no finite outputs";
  return text + llvm::formatv("{0:F1} dB", -10 * std::log10(choice.noise)).str();
}

void MeetBudgetPass::explain(const BudgetResult &result, ArrayRef<BudgetLayer> choices,
                             const AccuracyMeasurement &first, const AccuracyMeasurement &last) {
  const AccuracyGate &gate = *report->gate;
  double before = 0, after = 0;
  SmallVector<unsigned> widened;
  size_t contractions = 0, narrow = 0;
  for (auto [i, layer] : llvm::enumerate(layers)) {
    const BudgetLayer &choice = choices[i];
    const Precision precision = result.precisions[i];
    before += choice.times.front();
    after += choice.times[llvm::find(choice.choices, precision) - choice.choices.begin()];
    if (precision != choice.choices.front())
      widened.push_back(i);
    if (layer.role == QuantRole::Contraction) {
      ++contractions;
      narrow += !isFloat(precision);
    }
  }
  llvm::sort(widened, [&](unsigned a, unsigned b) {
    return choices[a].noise != choices[b].noise ? choices[a].noise > choices[b].noise : a < b;
  });
  std::string goal = gate.getGoal().minSqnr ? llvm::formatv("a floor of {0:F1} dB", *gate.getGoal().minSqnr).str() : "";
  if (gate.getGoal().maxMetricDrop)
    goal +=
        llvm::formatv("{0}a metric's loss of at most {1}", goal.empty() ? "" : " and ", *gate.getGoal().maxMetricDrop)
            .str();
  std::string text =
      llvm::formatv("quantized, the outputs have {0} on {1}, below {2}; with {3} wider layer{8} they have "
                    "{4}, at an estimated {5:F0} % more time ({6} of {7} contractions are still integer)",
                    gate.describe(first), gate.describeSamples(), goal, widened.size(), gate.describe(last),
                    100 * (after / std::max(before, 1.0) - 1), narrow, contractions, widened.size() == 1 ? "" : "s")
          .str();
  if (!report->isReached)
    text += "; this is the best that was found";
  Decision decision{"qnn-meet-budget", "", text, first.sqnr, last.sqnr};
  recordDecision(getOperation(), decision);
  for (auto [number, i] : llvm::enumerate(widened)) {
    const std::string line = describeLayer(layers[i], choices[i], result.precisions[i]);
    recordDecision(getOperation(), {"qnn-meet-budget", layers[i].name, line});
    if (number < kMaxListed)
      text += "\n" + line;
  }
  if (widened.size() > kMaxListed)
    text += llvm::formatv("\nand {0} more", widened.size() - kMaxListed).str();
  emitWarning(getOperation().getLoc(), text);
}

LogicalResult MeetBudgetPass::spend(Simulation &simulation, const AccuracyMeasurement &first) {
  const AccuracyGate &gate = *report->gate;
  std::vector<BudgetLayer> choices = describeLayers(simulation);
  AccuracyMeasurement last = first;
  llvm::Error problem = llvm::Error::success();
  ProgressBar progress("meeting the accuracy goal", 2 * llvm::Log2_64_Ceil(choices.size() + 1) + 2);
  BudgetResult result = spendBudget(choices, [&](ArrayRef<Precision> precisions) {
    simulation.setPrecisions(precisions);
    llvm::Expected<AccuracyMeasurement> measured = gate.measure(simulation);
    ++numMeasurements;
    progress.update(numMeasurements);
    if (!measured) {
      problem = llvm::joinErrors(std::move(problem), measured.takeError());
      return BudgetScore{0, 0};
    }
    return BudgetScore{measured->sqnr, gate.getShortfall(*measured)};
  });
  if (problem)
    return fail(std::move(problem));
  simulation.setPrecisions(result.precisions);
  llvm::Expected<AccuracyMeasurement> final = gate.measure(simulation);
  if (!final)
    return fail(final.takeError());
  report->simulated = last = *final;
  report->isReached = result.last.holds();
  for (auto [layer, choice, precision] : llvm::zip_equal(layers, choices, result.precisions))
    if (precision != choice.choices.front()) {
      setPrecision(layer.root, precision);
      ++numWidened;
    }
  explain(result, choices, first, last);
  return success();
}

LogicalResult MeetBudgetPass::meetBudget() {
  ModuleOp module = getOperation();
  FailureOr<AccuracyGoal> goal = parseAccuracyGoal(module.getLoc(), minSqnr, maxMetricDrop, labels, metricCommand);
  if (failed(goal))
    return failure();
  if (goal->isEmpty() || !report->isMeasurable)
    return success();
  if (data.empty())
    return emitError(module.getLoc(), "an accuracy goal is checked on samples: give calibration-data=FILE.npz");
  module.walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
    if (!function.isExternal() && function.isPublic() && layers.empty())
      layers = getLayers(function);
    return WalkResult::skip();
  });
  if (layers.empty())
    return success();
  SimulationOptions options;
  options.scheme = {activationType, activationScheme, weightScheme, weightBits};
  options.taps = kRefinementTaps;
  FailureOr<std::unique_ptr<Simulation>> simulation = Simulation::create(module, options, compile);
  if (failed(simulation) || failed(openGate(**simulation, *goal)))
    return failure();
  (*simulation)->quantizeAll();
  llvm::Expected<AccuracyMeasurement> first = report->gate->measure(**simulation);
  if (!first)
    return fail(first.takeError());
  ++numMeasurements;
  report->simulated = *first;
  if (report->gate->getShortfall(*first) <= 0) {
    std::string text = "the goal holds: " + report->gate->describe(*first) + " on " + report->gate->describeSamples();
    recordDecision(module, {"qnn-meet-budget", "", text, std::nullopt, first->sqnr});
    remark::analysis(module.getLoc(), remark::RemarkOpts::name("Accuracy").category("qnn")) << text;
    return success();
  }
  return spend(**simulation, *first);
}

std::unique_ptr<Pass> qnn::createMeetBudgetPass(MeetBudgetPassOptions options, CompileObservedFn compile,
                                                std::shared_ptr<AccuracyReport> report) {
  if (!report)
    report = std::make_shared<AccuracyReport>();
  return std::make_unique<MeetBudgetPass>(std::move(options), std::move(compile), std::move(report));
}
