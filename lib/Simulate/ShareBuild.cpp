//===- ShareBuild.cpp - One compilation for all passes that run the same trial build ------------------------------===//
#include "quant-opt/Simulate/ShareBuild.h"

#include "mlir/IR/OperationSupport.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// Stands for a model that others use as well.
class SharedModel : public ObservedModel {
public:
  explicit SharedModel(std::shared_ptr<ObservedModel> model) : model(std::move(model)) {}

  ArrayRef<TensorInfo> getInputs() const override { return model->getInputs(); }
  ArrayRef<TensorInfo> getOutputs() const override { return model->getOutputs(); }
  ArrayRef<const void *> getOutputData() const override { return model->getOutputData(); }
  ArrayRef<std::string> getObservedEdges() const override { return model->getObservedEdges(); }
  void run(ArrayRef<const void *> inputs, void *observer, quant_opt_observe_fn observe) override {
    model->run(inputs, observer, observe);
  }
  void runMany(ArrayRef<ArrayRef<const void *>> inputs,
               function_ref<void(size_t number, ArrayRef<const void *> outputs)> consume) override {
    model->runMany(inputs, consume);
  }
  size_t getConcurrency() const override { return model->getConcurrency(); }
  void observeMany(NextInputsFn next, ObserveRunFn observe) override { model->observeMany(next, observe); }
  llvm::Error runTogether(ArrayRef<ArrayRef<const void *>> inputs, ObserveRunFn observe,
                          function_ref<void()> settle) override {
    return model->runTogether(inputs, observe, settle);
  }

private:
  std::shared_ptr<ObservedModel> model;
};

struct LastBuild {
  OwningOpRef<ModuleOp> module; ///< as it was before it was compiled
  std::shared_ptr<ObservedModel> model;
};

} // namespace

CompileObservedFn qnn::shareBuild(CompileObservedFn compile) {
  auto last = std::make_shared<LastBuild>();
  return [compile = std::move(compile), last](ModuleOp module) -> FailureOr<std::unique_ptr<ObservedModel>> {
    // Constants that are no arguments are large ones, and equal if they are the same resource.
    const bool isSame = last->model && OperationEquivalence::isEquivalentTo(module, *last->module,
                                                                            OperationEquivalence::IgnoreLocations);
    if (!isSame) {
      *last = LastBuild();
      OwningOpRef<ModuleOp> copy(module.clone());
      FailureOr<std::unique_ptr<ObservedModel>> model = compile(module);
      if (failed(model))
        return failure();
      *last = {std::move(copy), std::move(*model)};
    }
    return std::unique_ptr<ObservedModel>(std::make_unique<SharedModel>(last->model));
  };
}
