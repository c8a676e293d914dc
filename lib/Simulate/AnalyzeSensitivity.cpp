//===- AnalyzeSensitivity.cpp - Say what quantizing each layer costs at the model's output ------------------------===//
#include "quant-opt/Simulate/Passes.h"
#include "quant-opt/Simulate/Sensitivity.h"
#include "quant-opt/Support/AtomicFile.h"
#include "quant-opt/Support/Version.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_ANALYZESENSITIVITYPASS
#include "quant-opt/Simulate/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// A ratio without noise is infinite, which JSON has no number for.
static void writeError(llvm::json::OStream &json, StringRef key, const OutputError &error) {
  json.attributeObject(key, [&] {
    const double sqnr = error.getSqnr();
    json.attribute("sqnr", std::isfinite(sqnr) ? llvm::json::Value(sqnr) : llvm::json::Value(nullptr));
    json.attribute("agreement", error.getAgreement());
    json.attribute("cross-entropy", error.getCrossEntropy());
  });
}

void qnn::writeSensitivity(raw_ostream &os, const Sensitivity &sensitivity, int64_t numSamples) {
  llvm::json::OStream json(os, /*IndentSize=*/1);
  json.object([&] {
    json.attribute("version", 1);
    json.attribute("producer", "quant-opt " + getVersion().str());
    json.attribute("samples", numSamples);
    writeError(json, "all", sensitivity.all);
    json.attributeArray("layers", [&] {
      for (const LayerSensitivity &layer : sensitivity.layers)
        json.object([&] {
          json.attribute("name", layer.name);
          writeError(json, "alone", layer.alone);
          writeError(json, "without", layer.without);
        });
    });
  });
  os << "\n";
}

namespace {

class AnalyzeSensitivityPass : public qnn::impl::AnalyzeSensitivityPassBase<AnalyzeSensitivityPass> {
public:
  AnalyzeSensitivityPass(AnalyzeSensitivityPassOptions options, CompileObservedFn compile)
      : AnalyzeSensitivityPassBase(std::move(options)), compile(std::move(compile)) {}

  void runOnOperation() override {
    if (failed(analyze()))
      signalPassFailure();
  }

private:
  LogicalResult analyze() {
    ModuleOp module = getOperation();
    if (data.empty())
      return module.emitError("sensitivity is measured on data: give calibration-data=FILE.npz");
    FailureOr<std::unique_ptr<Simulation>> simulation = Simulation::create(module, {}, compile);
    if (failed(simulation))
      return failure();
    auto fail = [&](llvm::Error error) { return emitError(module.getLoc(), llvm::toString(std::move(error))); };
    llvm::Expected<SampleSet> samples = SampleSet::loadAll(data, (*simulation)->getInputs(), maxSamples);
    if (!samples)
      return fail(samples.takeError());
    llvm::Expected<Evaluation> evaluation = Evaluation::create(**simulation, std::move(*samples));
    if (!evaluation)
      return fail(evaluation.takeError());
    Sensitivity sensitivity = analyzeSensitivity(**simulation, *evaluation);
    for (const LayerSensitivity &layer : sensitivity.layers) {
      std::string text = llvm::formatv("'{0}': alone {1:F1} dB, all but it {2:F1} dB, all {3:F1} dB", layer.name,
                                       layer.alone.getSqnr(), layer.without.getSqnr(), sensitivity.all.getSqnr());
      remark::analysis(module.getLoc(), remark::RemarkOpts::name("Sensitivity").category("qnn")) << text;
    }
    numLayers += sensitivity.layers.size();
    if (out.empty())
      return success();
    std::string text;
    llvm::raw_string_ostream os(text);
    writeSensitivity(os, sensitivity, evaluation->getSamples().getNumSamples());
    if (llvm::Error error = writeFileAtomically(out, text))
      return fail(std::move(error));
    return success();
  }

  CompileObservedFn compile;
};

} // namespace

std::unique_ptr<Pass> qnn::createAnalyzeSensitivityPass(AnalyzeSensitivityPassOptions options,
                                                        CompileObservedFn compile) {
  return std::make_unique<AnalyzeSensitivityPass>(std::move(options), std::move(compile));
}
