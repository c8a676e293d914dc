//===- QuantizeStatic.cpp - The pipelines from a float or quantized model to the Integer form ---------------------===//
#include "quant-opt/Pipelines/QuantizeStatic.h"
#include "CheckAccuracy.h"
#include "ReleaseConstants.h"

#include "quant-opt/Calibrate/Passes.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Equalize/Passes.h"
#include "quant-opt/InsertQdq/Passes.h"
#include "quant-opt/Integerize/Passes.h"
#include "quant-opt/Pipelines/Normalize.h"
#include "quant-opt/Refine/Passes.h"
#include "quant-opt/Report/Passes.h"
#include "quant-opt/Simulate/FloatReference.h"
#include "quant-opt/Simulate/ObserveSimulation.h"
#include "quant-opt/Simulate/ShareBuild.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

QuantizationScheme getScheme(const QuantizeStaticOptions &options) {
  return {options.activationType, options.activationScheme, options.weightScheme, options.weightBits};
}

/// Brings a module to the Calibrated form by the first means there is: its own ranges, a range table, calibration data.
class PrepareRangesPass : public PassWrapper<PrepareRangesPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PrepareRangesPass)

  PrepareRangesPass(const QuantizeStaticOptions &options, const CompileObservedFn &compile) {
    hasSource = !options.ranges.empty() || !options.data.empty();
    if (hasSource) {
      buildNormalizePipeline(pipeline, NormalizeOptions());
      // Why here: weights in the layouts that they came in.
      if (options.ownsConstants)
        pipeline.addPass(createReleaseConstantsPass());
      // Why here: weights and biases are final, and the ranges are to be those of the equalized model.
      addScalePasses(pipeline, options, options.accuracy == Accuracy::Best);
      if (options.ownsConstants)
        pipeline.addPass(createReleaseConstantsPass());
    }
    if (!options.ranges.empty()) {
      AnnotateRangesPassOptions annotate;
      annotate.ranges = options.ranges;
      pipeline.addPass(createAnnotateRangesPass(annotate));
    } else if (!options.data.empty()) {
      CalibratePassOptions calibrate = options.getPassOptions();
      // Methods that weigh the error of quantizing must weigh that of the scheme in use.
      calibrate.symmetric |= options.activationScheme == ActivationScheme::Symmetric;
      pipeline.addPass(createCalibratePass(calibrate, observeSimulation(getScheme(options), compile)));
    }
  }
  PrepareRangesPass(const PrepareRangesPass &other)
      : PassWrapper(other), pipeline(other.pipeline), hasSource(other.hasSource) {}

  StringRef getArgument() const override { return "qnn-prepare-ranges"; }
  StringRef getDescription() const override { return "bring a module to the Calibrated form"; }
  void getDependentDialects(DialectRegistry &registry) const override { pipeline.getDependentDialects(registry); }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    bool isCalibrated = module.walk([](RangeOp) { return WalkResult::interrupt(); }).wasInterrupted();
    if (isCalibrated) {
      if (hasSource) {
        module.emitError(
            "the model states ranges already, so that neither calibration data nor a range table can be used; "
            "give the model before calibration, or drop the option");
        signalPassFailure();
      }
      return;
    }
    bool isQuantized = module.walk([](quant::QuantizeCastOp) { return WalkResult::interrupt(); }).wasInterrupted();
    if (isQuantized) {
      module.emitError("the model is quantized already; compile it without --quantize");
      return signalPassFailure();
    }
    if (!hasSource) {
      module.emitError(
          "static quantization needs ranges: give calibration-data=FILE.npz, or ranges=TABLE.json, or a model on which "
          "--calibrate has stated them");
      return signalPassFailure();
    }
    if (failed(runPipeline(pipeline, module)))
      signalPassFailure();
  }

private:
  OpPassManager pipeline{ModuleOp::getOperationName()};
  bool hasSource = false;
};

} // namespace

/// The scheme and the samples, in the words of any pass that measures.
template <typename PassOptions> static PassOptions getMeasuringOptions(const QuantizeStaticOptions &options) {
  PassOptions result;
  result.data = options.data;
  result.maxSamples = options.maxSamples;
  result.seed = options.seed;
  result.activationType = options.activationType;
  result.activationScheme = options.activationScheme;
  result.weightScheme = options.weightScheme;
  result.weightBits = options.weightBits;
  return result;
}

/// The steps for accuracy that look at samples: from the Calibrated to the Calibrated form.
static void addRefinement(OpPassManager &pm, const QuantizeStaticOptions &options, const CompileObservedFn &compile,
                          const std::shared_ptr<AccuracyReport> &report) {
  const bool isBest = options.accuracy == Accuracy::Best;
  const std::string minSqnr = options.minSqnr.empty() ? "20" : options.minSqnr.getValue();

  // Why first: everything after it changes ranges, weights or precisions, and is judged by the float model's outputs.
  pm.addPass(createKeepReferencePass(options, minSqnr, compile, report));

  // Why here: from the ranges that each edge's own error led to, before anything is fitted to them.
  if (options.chooseRanges == "auto" ? isBest : options.chooseRanges != "off") {
    auto ranges = getMeasuringOptions<ChooseRangesPassOptions>(options);
    if (options.chooseRanges != "auto")
      ranges.criterion = options.chooseRanges;
    pm.addPass(createChooseRangesPass(ranges, compile));
  }

  // Why here: integers are chosen for the final ranges, and layers that stay float are known. They come with biases,
  // which correction, taking the weights for the nearest ones, would only disturb.
  const bool roundsWeights = options.isOn(options.roundWeights, isBest);
  if (options.isOn(options.correctBias, !roundsWeights))
    pm.addPass(createCorrectBiasPass(getMeasuringOptions<CorrectBiasPassOptions>(options), compile));
  if (roundsWeights)
    pm.addPass(createRoundWeightsPass(getMeasuringOptions<RoundWeightsPassOptions>(options), compile));

  // Why last: only layers that all else could not help are widened.
  auto budget = getMeasuringOptions<MeetBudgetPassOptions>(options);
  budget.minSqnr = minSqnr;
  budget.maxMetricDrop = options.maxMetricDrop;
  budget.labels = options.labels;
  budget.metricCommand = options.metricCommand;
  pm.addPass(createMeetBudgetPass(budget, compile, report));
  // Why here: only now it is known which layers stay float.
  pm.addPass(createRestoreFloatsPass());
}

static ReportPassOptions getReportPassOptions(const QuantizeStaticOptions &options) {
  auto report = getMeasuringOptions<ReportPassOptions>(options);
  report.out = options.report;
  if (options.data.empty())
    report.ranges = options.ranges;
  report.holdOut = options.holdOut;
  return report;
}

void qnn::buildQuantizeToQdqPipeline(OpPassManager &pm, const QuantizeStaticOptions &options,
                                     std::shared_ptr<AccuracyReport> report) {
  if (!report)
    report = std::make_shared<AccuracyReport>();
  // Most of what is asked of the float model and its simulation can be asked of one build.
  const CompileObservedFn compile = shareBuild(compileObserved);
  // Why here: ranges belong to the Normalized form; only there each edge that will be quantized is a value of its own.
  pm.addPass(std::make_unique<PrepareRangesPass>(options, compile));
  auto reference = std::make_shared<FloatReference>();
  // Why here: what follows may change weights, and the report's errors are those beside the model as it came.
  if (!options.report.empty())
    pm.addPass(createKeepFloatPass(reference));
  // Why here: the ranges do not depend on precisions, so that one range table serves them all.
  AssignPrecisionPassOptions assign;
  assign.exclude.assign(options.exclude.begin(), options.exclude.end());
  assign.layers.assign(options.layers.begin(), options.layers.end());
  pm.addPass(createAssignPrecisionPass(assign));
  // Why here: a range that is missing is an error of calibration, and named as such before anything is changed.
  pm.addPass(createVerifyCalibratedPass());
  // Without samples there is nothing to measure on; a goal that was asked for is refused then.
  if (!options.data.empty() || options.hasExplicitGoal())
    addRefinement(pm, options, compile, report);
  // Why here: everything is decided, and ranges, precisions and float weights are still there to be looked at.
  if (!options.report.empty())
    pm.addPass(createReportPass(getReportPassOptions(options), compileObserved, reference));
  InsertQdqPassOptions insert;
  insert.activationType = options.activationType;
  insert.activationScheme = options.activationScheme;
  insert.weightScheme = options.weightScheme;
  insert.weightBits = options.weightBits;
  insert.observe = options.observe;
  pm.addPass(createInsertQdqPass(insert));
  pm.addPass(createVerifyQdqPass());
  // Why here: floats that became integers.
  if (options.ownsConstants)
    pm.addPass(createReleaseConstantsPass());
}

void qnn::buildQuantizeStaticPipeline(OpPassManager &pm, const QuantizeStaticOptions &options,
                                      std::shared_ptr<AccuracyReport> report) {
  if (!report)
    report = std::make_shared<AccuracyReport>();
  buildQuantizeToQdqPipeline(pm, options, report);
  pm.addPass(createIntegerizePass());
  // Why here: functions of one byte lie between the two quantizations that are regions now.
  pm.addPass(createFormLookupsPass());
  // Why here: what is float now stays float.
  pm.addPass(createNarrowFloatsPass());
  pm.addPass(createVerifyIntegerPass());
  if (options.ownsConstants)
    pm.addPass(createReleaseConstantsPass());
  // Why here: what was simulated is measured once more on the code that will run.
  if (!options.checksLater)
    pm.addPass(createCheckAccuracyPass(report));
}

void qnn::buildCompileAsIsPipeline(OpPassManager &pm, bool ownsConstants) {
  buildNormalizePipeline(pm, NormalizeOptions());
  if (ownsConstants)
    pm.addPass(createReleaseConstantsPass());
  // Why here: layouts are final, so that storage is moved and packed once. A float model has nothing to make integer.
  pm.addPass(createIntegerizePass());
  // Why here: functions of one byte lie between the two quantizations that are regions now.
  pm.addPass(createFormLookupsPass());
  // Why here: what is float now stays float.
  pm.addPass(createNarrowFloatsPass());
  pm.addPass(createVerifyIntegerPass());
}

void qnn::buildObservedFloatPipeline(OpPassManager &pm, bool equalize) {
  buildNormalizePipeline(pm, NormalizeOptions());
  // Why here: edges of a quantized build are those of the equalized model.
  if (equalize)
    pm.addPass(createEqualizePass());
  pm.addPass(createInsertObserversPass());
}

void qnn::registerQuantizeStaticPipeline() {
  PassPipelineRegistration<QuantizeStaticOptions>(
      "quantize-static",
      "quantize a float model with measured ranges: from the Imported or Calibrated to the Integer form",
      [](OpPassManager &pm, const QuantizeStaticOptions &options) { buildQuantizeStaticPipeline(pm, options); });
  PassPipelineRegistration<>("compile-as-is",
                             "take a float or quantized model from the Imported to the Integer form as it is",
                             [](OpPassManager &pm) { buildCompileAsIsPipeline(pm); });
}
