//===- Calibrate.cpp - The pipeline from the Imported to the Calibrated form --------------------------------------===//
#include "quant-opt/Pipelines/Calibrate.h"

#include "quant-opt/Data/ArrayFile.h"
#include "quant-opt/Emit/Jit.h"
#include "quant-opt/Equalize/Passes.h"
#include "quant-opt/InsertQdq/Passes.h"
#include "quant-opt/Pipelines/LowerToX86.h"
#include "quant-opt/Pipelines/Normalize.h"
#include "quant-opt/Refine/Passes.h"
#include "quant-opt/Report/Passes.h"
#include "quant-opt/Simulate/ObserveSimulation.h"
#include "quant-opt/Simulate/Passes.h"
#include "quant-opt/Support/ConstantScope.h"
#include "quant-opt/Support/Diagnostics.h"

#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/ThreadPool.h"
#include <mutex>

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// A JIT-compiled model together with room for its outputs.
class JitObservedModel : public ObservedModel {
public:
  explicit JitObservedModel(std::unique_ptr<JitModel> model) : model(std::move(model)) {
    for (const TensorInfo &output : this->model->getOutputs()) {
      ArrayInfo info{output.name, output.type, output.shape};
      outputs.emplace_back(std::max<int64_t>(info.getNumBytes(), 1));
      pointers.push_back(outputs.back().data());
    }
  }
  ArrayRef<TensorInfo> getInputs() const override { return model->getInputs(); }
  ArrayRef<TensorInfo> getOutputs() const override { return model->getOutputs(); }
  ArrayRef<const void *> getOutputData() const override {
    return ArrayRef<const void *>(pointers.data(), pointers.size());
  }
  ArrayRef<std::string> getObservedEdges() const override { return model->getObservedEdges(); }
  void run(ArrayRef<const void *> inputs, void *observer, quant_opt_observe_fn observe) override {
    model->run(inputs, pointers, observer, observe);
  }
  void runMany(ArrayRef<ArrayRef<const void *>> inputs,
               function_ref<void(size_t number, ArrayRef<const void *> outputs)> consume) override;
  size_t getConcurrency() const override { return llvm::hardware_concurrency().compute_thread_count(); }
  void observeMany(NextInputsFn next, ObserveRunFn observe) override;
  llvm::Error runTogether(ArrayRef<ArrayRef<const void *>> inputs, ObserveRunFn observe,
                          function_ref<void()> settle) override;

private:
  /// Makes workspaces up to `count`; returns how many there are.
  size_t makeWorkspaces(size_t count);

  std::unique_ptr<JitModel> model;
  std::vector<std::vector<char>> outputs;
  std::vector<void *> pointers;
  std::vector<JitModel::Workspace> workspaces; ///< one for each thread, made when first needed
};

size_t JitObservedModel::makeWorkspaces(size_t count) {
  while (workspaces.size() < count) {
    JitModel::Workspace workspace = model->createWorkspace();
    if (!workspace)
      break;
    workspaces.push_back(std::move(workspace));
  }
  return workspaces.size();
}

/// Waves of a few runs for each thread; each wave's outputs are consumed in order before the next begins.
void JitObservedModel::runMany(ArrayRef<ArrayRef<const void *>> inputs,
                               function_ref<void(size_t number, ArrayRef<const void *> outputs)> consume) {
  constexpr size_t kRunsPerThread = 8;
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency());
  const size_t threads = std::min<size_t>(pool.getMaxConcurrency(), inputs.size());
  if (threads < 2 || makeWorkspaces(threads) < 2)
    return ObservedModel::runMany(inputs, consume);
  const size_t used = std::min(threads, workspaces.size()), wave = used * kRunsPerThread;
  std::vector<std::vector<std::vector<char>>> results(wave, outputs);
  for (size_t begin = 0; begin < inputs.size(); begin += wave) {
    const size_t end = std::min(begin + wave, inputs.size());
    for (size_t thread = 0; thread < used; ++thread)
      pool.async([&, thread] {
        for (size_t i = begin + thread; i < end; i += used) {
          std::vector<void *> to;
          for (std::vector<char> &bytes : results[i - begin])
            to.push_back(bytes.data());
          model->run(inputs[i], to, workspaces[thread], nullptr, [](void *, int32_t, const float *, int64_t) {});
        }
      });
    pool.wait();
    for (size_t i = begin; i < end; ++i) {
      std::vector<const void *> from;
      for (const std::vector<char> &bytes : results[i - begin])
        from.push_back(bytes.data());
      consume(i, from);
    }
  }
}

void JitObservedModel::observeMany(NextInputsFn next, ObserveRunFn observe) {
  std::mutex mutex;
  auto work = [&](size_t lane) {
    std::vector<std::vector<char>> results = outputs;
    std::vector<void *> to;
    for (std::vector<char> &bytes : results)
      to.push_back(bytes.data());
    NumberedObserver observer{observe, lane};
    auto take = [&] {
      std::lock_guard<std::mutex> lock(mutex);
      return next(lane);
    };
    while (std::optional<ArrayRef<const void *>> inputs = take())
      if (workspaces.empty())
        model->run(*inputs, to, &observer, NumberedObserver::call);
      else
        model->run(*inputs, to, workspaces[lane], &observer, NumberedObserver::call);
  };
  const size_t lanes = std::min(makeWorkspaces(getConcurrency()), getConcurrency());
  if (lanes < 2)
    return work(0);
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(lanes));
  for (size_t lane = 0; lane < lanes; ++lane)
    pool.async(work, lane);
  pool.wait();
}

llvm::Error JitObservedModel::runTogether(ArrayRef<ArrayRef<const void *>> inputs, ObserveRunFn observe,
                                          function_ref<void()> settle) {
  if (makeWorkspaces(inputs.size()) < inputs.size())
    return makeToolError(ExitCode::Limit,
                         "out of memory for running " + Twine(inputs.size()) + " samples side by side");
  NumberedObserver observer{observe};
  std::vector<std::vector<std::vector<char>>> results(inputs.size(), outputs);
  for (size_t step = 0; step < model->getNumSteps(); ++step) {
    observer.wasCalled = false;
    for (auto [run, from] : llvm::enumerate(inputs)) {
      std::vector<void *> to;
      for (std::vector<char> &bytes : results[run])
        to.push_back(bytes.data());
      observer.run = run;
      model->runStep(step, from, to, workspaces[run], &observer, NumberedObserver::call);
    }
    if (observer.wasCalled)
      settle();
  }
  workspaces.clear();
  return llvm::Error::success();
}

} // namespace

FailureOr<std::unique_ptr<ObservedModel>> mlir::qnn::compileObserved(ModuleOp module) {
  // Packed weights are the model's own in the end.
  const ConstantScope scope(module.getContext());
  Program program;
  LowerOptions options;
  options.packParameters = true;
  if (failed(lowerToProgram(module, options, program)))
    return failure();
  llvm::Expected<std::unique_ptr<JitModel>> model = JitModel::create(std::move(program));
  if (!model) {
    emitError(module.getLoc(), llvm::toString(model.takeError()));
    return failure();
  }
  return std::unique_ptr<ObservedModel>(std::make_unique<JitObservedModel>(std::move(*model)));
}

llvm::Expected<std::unique_ptr<ObservedModel>> mlir::qnn::loadObserved(const Program &program,
                                                                       const MachineCode &code) {
  llvm::Expected<std::unique_ptr<JitModel>> model = JitModel::load(program, code);
  if (!model)
    return model.takeError();
  return std::unique_ptr<ObservedModel>(std::make_unique<JitObservedModel>(std::move(*model)));
}

std::unique_ptr<Pass> mlir::qnn::createCalibratePass() {
  return createCalibratePass(CalibratePassOptions(), compileObserved);
}

std::unique_ptr<Pass> mlir::qnn::createChooseRangesPass() {
  return createChooseRangesPass(ChooseRangesPassOptions(), compileObserved);
}

std::unique_ptr<Pass> mlir::qnn::createAnalyzeSensitivityPass() {
  return createAnalyzeSensitivityPass(AnalyzeSensitivityPassOptions(), compileObserved);
}

std::unique_ptr<Pass> mlir::qnn::createMeetBudgetPass() {
  return createMeetBudgetPass(MeetBudgetPassOptions(), compileObserved);
}

std::unique_ptr<Pass> mlir::qnn::createReportPass() { return createReportPass(ReportPassOptions(), compileObserved); }

std::unique_ptr<Pass> mlir::qnn::createExplainPass() {
  return createExplainPass(ExplainPassOptions(), compileObserved);
}

std::unique_ptr<Pass> mlir::qnn::createSmoothPass() { return createSmoothPass(SmoothPassOptions(), compileObserved); }

std::unique_ptr<Pass> mlir::qnn::createAbsorbBiasPass() {
  return createAbsorbBiasPass(AbsorbBiasPassOptions(), compileObserved);
}

CalibratePassOptions CalibratePipelineOptions::getPassOptions() const {
  CalibratePassOptions options;
  options.data = data;
  options.method = method;
  options.percentile = percentile;
  options.symmetric = symmetric;
  options.perChannel = perChannel;
  options.maxSamples = maxSamples;
  options.seed = seed;
  options.holdOut = holdOut;
  options.rangesOut = rangesOut;
  options.sketches = sketches;
  options.resume = resume;
  options.merge.assign(merge.begin(), merge.end());
  return options;
}

void mlir::qnn::addScalePasses(OpPassManager &pm, const CalibratePipelineOptions &options, bool isBest) {
  if (options.equalize)
    pm.addPass(createEqualizePass());
  // Why here: what weights alone tell is settled, so that the data is asked only for what they do not.
  if (options.isOn(options.smooth, isBest && !options.data.empty())) {
    SmoothPassOptions smooth;
    smooth.data = options.data;
    smooth.maxSamples = options.maxSamples;
    smooth.seed = options.seed;
    pm.addPass(createSmoothPass(smooth, compileObserved));
    // Why here: what is left above zero once the channels are alike.
    pm.addPass(createAbsorbBiasPass({options.data, options.maxSamples, options.seed}, compileObserved));
  }
  // Why here: it says which edges have ranges, and changes nothing else.
  if (options.roundFunctions)
    pm.addPass(createRoundFunctionsPass());
}

void mlir::qnn::buildCalibratePipeline(OpPassManager &pm, const CalibratePipelineOptions &options) {
  // Ranges are measured on the Normalized form, because only there each edge that will be quantized is a value of its
  // own.
  buildNormalizePipeline(pm, NormalizeOptions());
  addScalePasses(pm, options, /*isBest=*/false);
  // Why the simulation: a table is to hold the ranges that quantizing on the same data would measure.
  pm.addPass(createCalibratePass(options.getPassOptions(), observeSimulation({}, compileObserved)));
  pm.addPass(createVerifyCalibratedPass());
}

void mlir::qnn::registerCalibratePipeline() {
  PassPipelineRegistration<CalibratePipelineOptions>(
      "calibrate", "measure ranges on data: from the Imported form to the Calibrated form", buildCalibratePipeline);
}
