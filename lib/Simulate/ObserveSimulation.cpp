//===- ObserveSimulation.cpp - The trial build as the model that ranges are measured on ---------------------------===//
#include "quant-opt/Simulate/ObserveSimulation.h"

#include "quant-opt/Support/Diagnostics.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// Gives the values of a simulation's edges under their names.
class ObservedSimulation : public ObservedModel {
public:
  explicit ObservedSimulation(std::unique_ptr<Simulation> simulation) : simulation(std::move(simulation)) {
    for (const SimulatedEdge &edge : this->simulation->getEdges())
      if (!edge.isConstant)
        edges.push_back(edge.name);
  }

  ArrayRef<TensorInfo> getInputs() const override { return simulation->getInputs(); }
  ArrayRef<TensorInfo> getOutputs() const override { return simulation->getOutputs(); }
  ArrayRef<const void *> getOutputData() const override { return simulation->getOutputData(); }
  ArrayRef<std::string> getObservedEdges() const override { return edges; }
  void run(ArrayRef<const void *> inputs, void *observer, quant_opt_observe_fn observe) override {
    simulation->run(inputs, [&](const Tap &tap, ArrayRef<float> data) {
      // Constants come behind all other edges, so that numbers are those of `edges`.
      if (tap.kind == TapKind::Edge)
        observe(observer, tap.index, data.data(), data.size());
    });
  }
  size_t getConcurrency() const override { return simulation->getConcurrency(); }
  void observeMany(NextInputsFn next, ObserveRunFn observe) override {
    simulation->tapMany(next, [&](size_t lane, const Tap &tap, ArrayRef<float> data) {
      if (tap.kind == TapKind::Edge)
        observe(lane, tap.index, data.data(), data.size());
    });
  }
  llvm::Error runTogether(ArrayRef<ArrayRef<const void *>>, ObserveRunFn, function_ref<void()>) override {
    return makeToolError(ExitCode::Internal, "calibration runs one sample after another");
  }

private:
  std::unique_ptr<Simulation> simulation;
  std::vector<std::string> edges;
};

} // namespace

CompileObservedFn qnn::observeSimulation(const QuantizationScheme &scheme, CompileObservedFn compile) {
  return [scheme, compile = std::move(compile)](ModuleOp module) -> FailureOr<std::unique_ptr<ObservedModel>> {
    // The trial build has taps of its own.
    module.walk([](ObserveOp observe) {
      observe.replaceAllUsesWith(observe.getOperand());
      observe.erase();
    });
    SimulationOptions options;
    options.scheme = scheme;
    options.taps = kRefinementTaps;
    options.needsRanges = false;
    FailureOr<std::unique_ptr<Simulation>> simulation = Simulation::create(module, options, compile);
    if (failed(simulation))
      return failure();
    return std::unique_ptr<ObservedModel>(std::make_unique<ObservedSimulation>(std::move(*simulation)));
  };
}
