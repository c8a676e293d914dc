//===- IntegerTest.cpp - A simulation's outputs are those of the integer model ------------------------------------===//
#include "SimulateTest.h"

#include "quant-opt/Emit/Jit.h"
#include "quant-opt/Pipelines/LowerToX86.h"
#include "quant-opt/Pipelines/QuantizeStatic.h"

#include <random>

using namespace mlir;
using namespace mlir::qnn;

namespace {

class IntegerTest : public SimulateTest {
protected:
  static std::unique_ptr<JitModel> compileInteger() {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(kTwoLayers, &getContext());
    PassManager manager(&getContext());
    QuantizeStaticOptions options;
    buildQuantizeStaticPipeline(manager, options);
    Program program;
    EXPECT_TRUE(succeeded(manager.run(*module)));
    EXPECT_TRUE(succeeded(lowerToProgram(*module, LowerOptions(), program)));
    llvm::Expected<std::unique_ptr<JitModel>> model = JitModel::create(std::move(program));
    if (model)
      return std::move(*model);
    ADD_FAILURE() << llvm::toString(model.takeError());
    return nullptr;
  }
};

TEST_F(IntegerTest, EqualsTheSimulationUpToFloatSums) {
  std::unique_ptr<JitModel> integer = compileInteger();
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(integer && simulation);
  simulation->quantizeAll();
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.5f, 1.5f);
  double signal = 0, noise = 0;
  for (int sample = 0; sample < 200; ++sample) {
    std::vector<float> x(4), y(2);
    for (float &value : x)
      value = normal(random);
    integer->run({x.data()}, {y.data()});
    simulation->run({x.data()});
    for (auto [exact, simulated] : llvm::zip_equal(y, simulation->getOutput(0))) {
      signal += exact * exact;
      noise += (exact - simulated) * (exact - simulated);
    }
  }
  EXPECT_LT(noise, 1e-6 * signal); // 60 dB; 8 bits alone leave some 40
}

} // namespace
