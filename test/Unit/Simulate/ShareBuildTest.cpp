//===- ShareBuildTest.cpp - Equal trial builds are compiled once --------------------------------------------------===//
#include "quant-opt/Simulate/ShareBuild.h"
#include "SimulateTest.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

class ShareBuildTest : public SimulateTest {
protected:
  std::unique_ptr<Simulation> simulate(const std::string &source, TapKind taps) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(source, &getContext());
    SimulationOptions options;
    options.taps = taps;
    FailureOr<std::unique_ptr<Simulation>> simulation = Simulation::create(*module, options, shared);
    return succeeded(simulation) ? std::move(*simulation) : nullptr;
  }

  /// The model with one text replaced by another.
  static std::string replace(StringRef from, StringRef to) {
    const auto [before, after] = StringRef(kTwoLayers).split(from);
    EXPECT_FALSE(after.empty());
    return (before + to + after).str();
  }

  unsigned compilations = 0;
  CompileObservedFn shared = shareBuild([this](ModuleOp module) {
    ++compilations;
    return compileObserved(module);
  });
};

TEST_F(ShareBuildTest, OtherWeightsBiasesAndRangesNeedNoOtherBuild) {
  const std::vector<float> input = {0.25f, -0.5f, 1.0f, 2.0f};
  std::vector<float> outputs;
  for (const std::string &source :
       {std::string(kTwoLayers), replace("[0.3, -0.2, 0.9]", "[0.3, 0.2, 0.9]"),
        replace("[0.5, 14.0, -0.25]", "[0.5, 7.0, -0.25]"), replace("[31.875]", "[15.0]")}) {
    std::unique_ptr<Simulation> simulation = simulate(source, TapKind::None),
                                alone = SimulateTest::simulate({}, source.c_str());
    ASSERT_TRUE(simulation && alone);
    for (Simulation *each : {simulation.get(), alone.get()}) {
      each->quantizeAll();
      each->run({input.data()});
    }
    EXPECT_EQ(simulation->getOutput(0), alone->getOutput(0));
    outputs.push_back(simulation->getOutput(0)[0]);
  }
  EXPECT_EQ(compilations, 1u);
  EXPECT_NE(outputs[0], outputs[1]);
  EXPECT_NE(outputs[0], outputs[2]);
}

TEST_F(ShareBuildTest, OtherTapsAndOtherOperationsNeedAnotherBuild) {
  EXPECT_TRUE(simulate(kTwoLayers, TapKind::None));
  EXPECT_TRUE(simulate(kTwoLayers, TapKind::Operand));
  EXPECT_EQ(compilations, 2u);
  EXPECT_TRUE(simulate(replace("arith.maximumf", "arith.minimumf"), TapKind::Operand));
  EXPECT_EQ(compilations, 3u);
}

TEST_F(ShareBuildTest, ABuildOutlivesWhoeverAskedForItFirst) {
  std::unique_ptr<Simulation> first = simulate(kTwoLayers, TapKind::None), second = simulate(kTwoLayers, TapKind::None);
  ASSERT_TRUE(first && second);
  first.reset();
  shared = nullptr;
  const std::vector<float> input = {0.25f, -0.5f, 1.0f, 2.0f};
  second->run({input.data()});
  EXPECT_NE(second->getOutput(0)[0], 0.0f);
  EXPECT_EQ(compilations, 1u);
}

} // namespace
