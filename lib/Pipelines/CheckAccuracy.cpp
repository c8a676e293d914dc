//===- CheckAccuracy.cpp - Run the model before and after quantization, to compare its outputs --------------------===//
#include "CheckAccuracy.h"

#include "quant-opt/Analysis/Layers.h"
#include "quant-opt/Analysis/QuantizedEdges.h"
#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Pipelines/Calibrate.h"

#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// Runs the module.
class RunningPass : public OperationPass<ModuleOp> {
public:
  using OperationPass::OperationPass;

protected:
  void fail(llvm::Error error) {
    emitError(getOperation().getLoc(), llvm::toString(std::move(error)));
    signalPassFailure();
  }
};

class KeepReferencePass : public PassWrapper<KeepReferencePass, RunningPass> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(KeepReferencePass)
  KeepReferencePass(const QuantizeStaticOptions &options, StringRef minSqnr, CompileObservedFn compile,
                    std::shared_ptr<AccuracyReport> report)
      : source{options.data, options.maxSamples, options.seed},
        scheme{options.activationType, options.activationScheme, options.weightScheme, options.weightBits},
        minSqnr(minSqnr), maxMetricDrop(options.maxMetricDrop), labels(options.labels),
        metricCommand(options.metricCommand), isExplicit(options.hasExplicitGoal()), compile(std::move(compile)),
        report(std::move(report)) {}

  StringRef getArgument() const override { return "qnn-keep-reference"; }
  StringRef getDescription() const override { return "run the float model on held-out samples"; }

  void runOnOperation() override {
    markAllAnalysesPreserved();
    FailureOr<AccuracyGoal> goal =
        parseAccuracyGoal(getOperation().getLoc(), minSqnr, maxMetricDrop, labels, metricCommand);
    if (failed(goal))
      return signalPassFailure();
    if (source.data.empty()) {
      emitError(getOperation().getLoc(), "an accuracy goal is checked on samples: give calibration-data=FILE.npz");
      return signalPassFailure();
    }
    double operations = 0;
    bool isQuantizable = false;
    getOperation().walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      if (function.isExternal())
        return WalkResult::skip();
      for (const Layer &layer : getLayers(function)) {
        operations += static_cast<double>(layer.operations);
        isQuantizable = true;
      }
      return WalkResult::skip();
    });
    if (!isQuantizable)
      return;
    // With nothing quantized it is the float model, in the build that the passes after this one run.
    SimulationOptions options;
    options.scheme = scheme;
    options.taps = kRefinementTaps;
    FailureOr<std::unique_ptr<Simulation>> simulation = Simulation::create(getOperation(), options, compile);
    if (failed(simulation))
      return signalPassFailure();
    // A model without an output of floats can be quantized too; there is only no measure of what it loses.
    if (llvm::none_of((*simulation)->getOutputs(), [](const TensorInfo &output) { return output.type == "float"; })) {
      constexpr llvm::StringLiteral reason = "the model has no output of floats, by which accuracy could be measured";
      report->isMeasurable = false;
      if (isExplicit) {
        emitError(getOperation().getLoc(), reason);
        return signalPassFailure();
      }
      remark::missed(getOperation().getLoc(), remark::RemarkOpts::name("Accuracy").category("qnn"))
          << remark::reason("{0}", reason);
      return;
    }
    llvm::Expected<AccuracyGate> gate = AccuracyGate::create(*goal, source, operations, **simulation);
    if (!gate)
      return fail(gate.takeError());
    report->gate = std::move(*gate);
  }

private:
  HeldOutSource source;
  QuantizationScheme scheme;
  std::string minSqnr, maxMetricDrop, labels, metricCommand;
  bool isExplicit;
  CompileObservedFn compile;
  std::shared_ptr<AccuracyReport> report;
};

class CheckAccuracyPass : public PassWrapper<CheckAccuracyPass, RunningPass> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CheckAccuracyPass)
  explicit CheckAccuracyPass(std::shared_ptr<AccuracyReport> report) : report(std::move(report)) {}

  StringRef getArgument() const override { return "qnn-check-accuracy"; }
  StringRef getDescription() const override { return "run the integer model on held-out samples"; }

  void runOnOperation() override {
    markAllAnalysesPreserved();
    if (!report->gate)
      return;
    OwningOpRef<ModuleOp> copy(getOperation().clone());
    FailureOr<std::unique_ptr<ObservedModel>> model = compileObserved(*copy);
    if (failed(model))
      return signalPassFailure();
    if (llvm::Error error = checkAccuracy(getOperation().getLoc(), **model, *report))
      return fail(std::move(error));
  }

private:
  std::shared_ptr<AccuracyReport> report;
};

} // namespace

llvm::Error qnn::checkAccuracy(Location loc, ObservedModel &model, AccuracyReport &report) {
  // Float layers round otherwise in the simulation than in the library, by less than this many dB.
  constexpr double kTolerance = 0.1;
  llvm::Expected<AccuracyMeasurement> measured = report.gate->measure([&](ArrayRef<const void *> inputs) {
    model.run(inputs, nullptr, nullptr);
    return model.getOutputData();
  });
  if (!measured)
    return measured.takeError();
  report.measured = *measured;
  report.isReached &= report.gate->getShortfall(*measured) <= kTolerance;
  remark::analysis(loc, remark::RemarkOpts::name("Accuracy").category("qnn"))
      << "integer code: " + report.gate->describe(*measured) + " on " + report.gate->describeSamples();
  return llvm::Error::success();
}

std::unique_ptr<Pass> qnn::createKeepReferencePass(const QuantizeStaticOptions &options, StringRef minSqnr,
                                                   CompileObservedFn compile, std::shared_ptr<AccuracyReport> report) {
  return std::make_unique<KeepReferencePass>(options, minSqnr, std::move(compile), std::move(report));
}

std::unique_ptr<Pass> qnn::createCheckAccuracyPass(std::shared_ptr<AccuracyReport> report) {
  return std::make_unique<CheckAccuracyPass>(std::move(report));
}
