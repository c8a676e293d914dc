//===- ChooseRanges.cpp - Ranges of edges by what they do to layers or to the model's output ----------------------===//
#include "HeldOutSamples.h"
#include "RangeSearch.h"
#include "quant-opt/Refine/Passes.h"
#include "quant-opt/Support/Decisions.h"
#include "quant-opt/Support/Diagnostics.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_CHOOSERANGESPASS
#include "quant-opt/Refine/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

static constexpr llvm::StringLiteral kCriteria[] = {"layer-output", "model-output", "cross-entropy"};

namespace {

class ChooseRangesPass : public qnn::impl::ChooseRangesPassBase<ChooseRangesPass> {
public:
  ChooseRangesPass(ChooseRangesPassOptions options, CompileObservedFn compile)
      : ChooseRangesPassBase(std::move(options)), compile(std::move(compile)) {}

  void runOnOperation() override {
    if (failed(run(getOperation())))
      signalPassFailure();
  }

private:
  LogicalResult run(ModuleOp module);
  LogicalResult write(ModuleOp module, ArrayRef<numerics::Range> ranges);

  CompileObservedFn compile;
};

/// What each group must hold besides its edges.
static std::vector<numerics::Range> getFixedRanges(ModuleOp module, const QuantizationScheme &scheme) {
  OwningOpRef<ModuleOp> copy(module.clone());
  std::vector<numerics::Range> fixed;
  copy->walk([&](FunctionOpInterface function) {
    if (function.isExternal() || !function.isPublic())
      return;
    stripRanges(function);
    function->walk([](Operation *op) { op->removeAttr(kPrecisionAttr); });
    QuantizedEdges edges = getQuantizedEdges(function);
    edges.edges.clear();
    fixed = chooseGroups(edges, llvm::DenseMap<Value, StatedRange>(), scheme)->ranges;
  });
  return fixed;
}

/// States the ranges of the groups that have one on their edges.
LogicalResult ChooseRangesPass::write(ModuleOp module, ArrayRef<numerics::Range> ranges) {
  module->walk([&](FunctionOpInterface function) {
    if (function.isExternal() || !function.isPublic())
      return;
    llvm::DenseMap<Value, StatedRange> stated = stripRanges(function);
    // The groups' numbers are those of the model with nothing excluded.
    llvm::DenseMap<Operation *, Attribute> precisions;
    function->walk([&](Operation *op) {
      if (Attribute precision = op->getAttr(kPrecisionAttr))
        precisions[op] = precision;
      op->removeAttr(kPrecisionAttr);
    });
    for (const QuantizedEdge &edge : getQuantizedEdges(function).edges) {
      const numerics::Range &range = ranges[edge.group];
      auto it = stated.find(edge.value);
      if (range.isEmpty() || it == stated.end())
        continue;
      it->second.lo = {range.lo};
      it->second.hi = {range.hi};
      it->second.axis = std::nullopt;
      it->second.method = criterion;
      ++numChanged;
    }
    for (auto [op, precision] : precisions)
      op->setAttr(kPrecisionAttr, precision);
    stateRanges(function, stated);
  });
  return success();
}

LogicalResult ChooseRangesPass::run(ModuleOp module) {
  const auto *known = llvm::find(kCriteria, StringRef(criterion));
  if (known == std::end(kCriteria))
    return emitError(module.getLoc(), "no criterion called \"")
           << criterion << "\"" << suggestNearest(criterion, {kCriteria[0], kCriteria[1], kCriteria[2]});
  if (searchSamples < 1 || rounds < 1)
    return emitError(module.getLoc(), "expected search-samples and rounds of at least 1, found ")
           << searchSamples.getValue() << " and " << rounds.getValue();
  if (!canJudge(module))
    return success();
  RangeSearchOptions search;
  search.criterion = static_cast<RangeCriterion>(known - kCriteria);
  search.scheme = {activationType, activationScheme, weightScheme, weightBits};
  search.rounds = rounds;
  SimulationOptions options;
  options.scheme = search.scheme;
  options.taps = getTaps(search.criterion);
  FailureOr<JudgedSimulation> judged = JudgedSimulation::create(module, options, compile, data, maxSamples, seed);
  if (failed(judged))
    return failure();
  auto &[simulation, samples] = *judged;
  const int64_t batch = samples.calibration.getBatch();
  SampleSet chosen = samples.calibration.takeSpread((searchSamples + batch - 1) / batch);

  simulation->quantizeAll();
  OutputError before = samples.evaluation->measure(*simulation);
  std::vector<numerics::Range> ranges =
      searchRanges(*simulation, chosen, getFixedRanges(module, search.scheme), search);
  OutputError after = samples.evaluation->measure(*simulation);
  const bool helps = search.criterion == RangeCriterion::CrossEntropy ? after.getDivergence() < before.getDivergence()
                                                                      : after.noise < before.noise;
  const size_t count = llvm::count_if(ranges, [](const numerics::Range &range) { return !range.isEmpty(); });
  std::string text;
  if (count == 0)
    text = llvm::formatv("no range does better by {0} on {1} samples than the one it had", criterion,
                         chosen.getNumSamples());
  else
    text =
        llvm::formatv("{0} of {1} ranges chosen by {2} on {3} samples {4}: held-out samples have {5:F2} dB with them, "
                      "{6:F2} dB without{7}",
                      count, ranges.size(), criterion, chosen.getNumSamples(), helps ? "are kept" : "are not kept",
                      after.getSqnr(), before.getSqnr(), samples.getNote());
  recordDecision(module, {getArgument().str(), "", text, before.getSqnr(), helps ? after.getSqnr() : before.getSqnr()});
  if (!helps) {
    remark::missed(module.getLoc(), remark::RemarkOpts::name("Ranges").category("qnn")) << remark::reason("{0}", text);
    return success();
  }
  remark::passed(module.getLoc(), remark::RemarkOpts::name("Ranges").category("qnn")) << text;
  return write(module, ranges);
}

} // namespace

std::unique_ptr<Pass> qnn::createChooseRangesPass(ChooseRangesPassOptions options, CompileObservedFn compile) {
  return std::make_unique<ChooseRangesPass>(std::move(options), std::move(compile));
}
