//===- HeldOutSamples.cpp - Samples to choose by, and others on which a choice is judged --------------------------===//
#include "HeldOutSamples.h"

#include "quant-opt/Calibrate/SampleReader.h"
#include "quant-opt/Calibrate/SplitSamples.h"
#include "quant-opt/Support/Decisions.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::qnn;

bool qnn::canJudge(ModuleOp module) {
  bool found = false;
  module.walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
    if (function.isPublic())
      found |= llvm::any_of(function.getResultTypes(), [](Type type) { return getElementTypeOrSelf(type).isF32(); });
    return WalkResult::skip();
  });
  if (!found)
    remark::missed(module.getLoc(), remark::RemarkOpts::name("Unjudged").category("qnn"))
        << remark::reason("the model has no output of floats, by which a choice could be judged");
  return found;
}

FailureOr<HeldOutSamples> HeldOutSamples::load(ModuleOp module, Simulation &simulation, StringRef path,
                                               int64_t maxSamples, uint64_t seed) {
  auto fail = [&](llvm::Error error) { return emitError(module.getLoc(), llvm::toString(std::move(error))); };
  if (path.empty())
    return emitError(module.getLoc(), "samples are needed to measure on: give calibration-data=FILE.npz");
  llvm::Expected<SampleReader> reader = SampleReader::open(path, simulation.getInputs());
  if (!reader)
    return fail(reader.takeError());
  const SampleSplit split = splitSamples(reader->getNumSamples(), maxSamples, seed);

  HeldOutSamples result;
  result.areShared = split.areShared;
  llvm::Expected<SampleSet> calibration = SampleSet::load(path, simulation.getInputs(), split.calibration);
  if (!calibration)
    return fail(calibration.takeError());
  result.calibration = std::move(*calibration);
  llvm::Expected<SampleSet> heldOut = SampleSet::load(path, simulation.getInputs(), split.heldOut);
  if (!heldOut)
    return fail(heldOut.takeError());
  result.heldOut = std::move(*heldOut);
  llvm::Expected<Evaluation> evaluation = Evaluation::create(simulation, result.heldOut);
  if (!evaluation)
    return fail(evaluation.takeError());
  result.evaluation = std::move(*evaluation);
  return std::move(result);
}

FailureOr<JudgedSimulation> JudgedSimulation::create(ModuleOp module, const SimulationOptions &options,
                                                     const CompileObservedFn &compile, StringRef path,
                                                     int64_t maxSamples, uint64_t seed) {
  FailureOr<std::unique_ptr<Simulation>> simulation = Simulation::create(module, options, compile);
  if (failed(simulation))
    return failure();
  FailureOr<HeldOutSamples> samples = HeldOutSamples::load(module, **simulation, path, maxSamples, seed);
  if (failed(samples))
    return failure();
  return JudgedSimulation{std::move(*simulation), std::move(*samples)};
}

bool qnn::isKept(ModuleOp module, const HeldOutSamples &samples, const TriedChange &change) {
  const bool helps = change.after > change.before;
  const std::string before = llvm::formatv("{0:f1}", change.before), after = llvm::formatv("{0:f1}", change.after);
  recordDecision(module, {change.pass.str(), "",
                          llvm::formatv("{0}{1}{2}", change.what, helps ? "" : "; undone, because it does not help",
                                        samples.getNote())
                              .str(),
                          change.before, change.after});
  if (helps)
    remark::passed(module.getLoc(), remark::RemarkOpts::name(change.remark).category("qnn"))
        << remark::add("{0}; the output's SQNR is {1} dB, and was {2} dB", change.what, after, before);
  else
    remark::missed(module.getLoc(), remark::RemarkOpts::name(("Not" + change.remark).str()).category("qnn"))
        << remark::reason("the output's SQNR would be {0} dB, and is {1} dB with {2}", after, before, change.instead);
  return helps;
}
