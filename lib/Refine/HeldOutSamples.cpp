//===- HeldOutSamples.cpp - Samples to choose by, and others on which a choice is judged --------------------------===//
#include "HeldOutSamples.h"

#include "quant-opt/Calibrate/SampleReader.h"
#include "quant-opt/Calibrate/SplitSamples.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

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
