//===- Calibrate.cpp - Measure the ranges of the quantized edges on data and state them ---------------------------===//
#include "quant-opt/Analysis/StatedRanges.h"
#include "quant-opt/Calibrate/Passes.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/Packing.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_CALIBRATEPASS
#include "quant-opt/Calibrate/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Values that are no data hint at a fault in the model or in the samples, or are a mask's.
static void warnOfSetAside(ModuleOp module, const RangeTable &table) {
  for (const EdgeSketch &entry : table.sketches) {
    const uint64_t nans = entry.sketch.getNaNs();
    const uint64_t infinities = entry.sketch.getNegativeInfinities() + entry.sketch.getPositiveInfinities();
    if (nans + infinities)
      emitWarning(module.getLoc(), "edge \"")
          << entry.name << "\": " << nans << " NaNs and " << infinities << " infinite values of "
          << nans + infinities + entry.sketch.getCount() << " were set aside";
  }
}

FailureOr<RangeTable> mlir::qnn::calibrateModule(ModuleOp module, const CalibrateOptions &options,
                                                 const CompileObservedFn &compile) {
  OwningOpRef<ModuleOp> observed(module.clone());
  dropParameters(*observed);
  StringRef name;
  observed->walk([&](FunctionOpInterface function) {
    if (function.isExternal())
      return;
    stripRanges(function);
    if (function.isPublic() && name.empty())
      name = function.getName();
  });
  // Only tables that outlive this run have to say whose they are.
  const bool isKept = !options.rangesOut.empty() || !options.resume.empty() || !options.merge.empty();
  const std::string hash = isKept ? hashModule(*observed) : "";
  std::vector<ObservedEdge> edges;
  for (ObserveOp observe : insertObservers(*observed)) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(observe.getType()).getShape();
    edges.push_back({observe.getEdge().str(), shape.empty() ? 0 : shape.back()});
  }

  llvm::Expected<RangeTable> table = measureRanges(name, hash, edges, options, [&] { return compile(*observed); });
  if (!table) {
    emitError(module.getLoc(), llvm::toString(table.takeError()));
    return failure();
  }
  warnOfSetAside(module, *table);
  if (failed(annotateRanges(module, *table, "the measured table")))
    return failure();
  return std::move(*table);
}

namespace {

class CalibratePass : public qnn::impl::CalibratePassBase<CalibratePass> {
public:
  CalibratePass(CalibratePassOptions options, CompileObservedFn compile)
      : CalibratePassBase(std::move(options)), compile(std::move(compile)) {}

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<CalibrateOptions> options = getOptions();
    if (failed(options))
      return signalPassFailure();
    FailureOr<RangeTable> table = calibrateModule(module, *options, compile);
    if (failed(table))
      return signalPassFailure();
    numEdges += table->edges.size();
    numSamples += table->getSamplesUsed();
  }

private:
  FailureOr<CalibrateOptions> getOptions() {
    const Location loc = getOperation().getLoc();
    CalibrateOptions options;
    options.data = data;
    options.perChannel = perChannel;
    options.maxSamples = maxSamples;
    options.seed = seed;
    options.holdOut = holdOut;
    options.rangesOut = rangesOut;
    options.sketches = sketches;
    options.resume = resume;
    options.merge.assign(merge.begin(), merge.end());
    options.ranges.percentile = percentile;
    options.ranges.symmetric = symmetric;
    options.ranges.bounds = symmetric ? numerics::kS8 : numerics::kU8;
    const std::optional<numerics::RangeMethod> parsed = parseMethod(method);
    if (!parsed)
      return emitError(loc, "no calibration method called \"")
             << method << "\"" << suggestNearest(method, {"min-max", "moving-average", "percentile", "entropy", "mse"});
    options.ranges.method = *parsed;
    if (!(percentile > 50 && percentile <= 100))
      return emitError(loc, "expected a percentile above 50 and at most 100, found ") << percentile.getValue();
    if (maxSamples < 0)
      return emitError(loc, "expected a max-samples of at least 0, found ") << maxSamples.getValue();
    if (perChannel && *parsed != numerics::RangeMethod::MinMax)
      return emitError(loc, "per-channel ranges are by method=min-max only, found method=") << method;
    return options;
  }

  CompileObservedFn compile;
};

} // namespace

std::unique_ptr<Pass> mlir::qnn::createCalibratePass(CalibratePassOptions options, CompileObservedFn compile) {
  return std::make_unique<CalibratePass>(std::move(options), std::move(compile));
}
