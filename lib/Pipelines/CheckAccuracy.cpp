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

/// Compiles and runs a copy of the module.
class RunningPass : public OperationPass<ModuleOp> {
public:
  using OperationPass::OperationPass;

protected:
  /// The way to run it once; `model` keeps it alive.
  static auto makeRun(ObservedModel &model) {
    return [&model](ArrayRef<const void *> inputs) {
      model.run(inputs, nullptr, nullptr);
      return model.getOutputData();
    };
  }
  void fail(llvm::Error error) {
    emitError(getOperation().getLoc(), llvm::toString(std::move(error)));
    signalPassFailure();
  }
};

class KeepReferencePass : public PassWrapper<KeepReferencePass, RunningPass> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(KeepReferencePass)
  KeepReferencePass(const QuantizeStaticOptions &options, StringRef minSqnr, std::shared_ptr<AccuracyReport> report)
      : source{options.data, options.maxSamples, options.seed}, minSqnr(minSqnr), maxMetricDrop(options.maxMetricDrop),
        labels(options.labels), metricCommand(options.metricCommand), isExplicit(options.hasExplicitGoal()),
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
    OwningOpRef<ModuleOp> copy(getOperation().clone());
    double operations = 0;
    bool isQuantizable = false;
    copy->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      if (function.isExternal())
        return WalkResult::skip();
      stripRanges(function);
      for (const Layer &layer : getLayers(function)) {
        operations += static_cast<double>(layer.operations);
        isQuantizable = true;
      }
      return WalkResult::skip();
    });
    if (!isQuantizable)
      return;
    FailureOr<std::unique_ptr<ObservedModel>> model = compileObserved(*copy);
    if (failed(model))
      return signalPassFailure();
    // A model without an output of floats can be quantized too; there is only no measure of what it loses.
    if (llvm::none_of((*model)->getOutputs(), [](const TensorInfo &output) { return output.type == "float"; })) {
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
    llvm::Expected<AccuracyGate> gate = AccuracyGate::create(*goal, source, operations, (*model)->getInputs(),
                                                             (*model)->getOutputs(), makeRun(**model));
    if (!gate)
      return fail(gate.takeError());
    report->gate = std::move(*gate);
  }

private:
  HeldOutSource source;
  std::string minSqnr, maxMetricDrop, labels, metricCommand;
  bool isExplicit;
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
    llvm::Expected<AccuracyMeasurement> measured = report->gate->measure(makeRun(**model));
    if (!measured)
      return fail(measured.takeError());
    report->measured = *measured;
    report->isReached &= report->gate->getShortfall(*measured) <= kTolerance;
    remark::analysis(getOperation().getLoc(), remark::RemarkOpts::name("Accuracy").category("qnn"))
        << "integer code: " + report->gate->describe(*measured) + " on " + report->gate->describeSamples();
  }

private:
  /// Float layers round otherwise in the simulation than in the library, by less than this many dB.
  static constexpr double kTolerance = 0.1;
  std::shared_ptr<AccuracyReport> report;
};

} // namespace

std::unique_ptr<Pass> qnn::createKeepReferencePass(const QuantizeStaticOptions &options, StringRef minSqnr,
                                                   std::shared_ptr<AccuracyReport> report) {
  return std::make_unique<KeepReferencePass>(options, minSqnr, std::move(report));
}

std::unique_ptr<Pass> qnn::createCheckAccuracyPass(std::shared_ptr<AccuracyReport> report) {
  return std::make_unique<CheckAccuracyPass>(std::move(report));
}
