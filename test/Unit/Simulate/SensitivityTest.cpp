//===- SensitivityTest.cpp - Each layer alone, each left out, and all ---------------------------------------------===//
#include "SimulateTest.h"

#include "quant-opt/Data/ArrayFile.h"
#include "quant-opt/Simulate/Sensitivity.h"

#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

TEST_F(SimulateTest, SensitivityIsWhatEachSwitchCosts) {
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(simulation);
  SmallString<128> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("sensitivity-test", "npz", path));
  std::vector<float> values(80);
  for (auto [i, value] : llvm::enumerate(values))
    value = static_cast<float>(i * 7 % 17) / 6 - 0.9f;
  ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float));
  ASSERT_FALSE(writeNpz(path, {{{"x", "float", {20, 4}}, bytes}}));
  llvm::Expected<SampleSet> samples = SampleSet::loadAll(path, simulation->getInputs());
  llvm::sys::fs::remove(path);
  ASSERT_TRUE(bool(samples));
  llvm::Expected<Evaluation> evaluation = Evaluation::create(*simulation, std::move(*samples));
  ASSERT_TRUE(bool(evaluation));
  Sensitivity sensitivity = analyzeSensitivity(*simulation, *evaluation);
  EXPECT_EQ(evaluation->measure(*simulation).noise, 0) << "settings are as before";

  ASSERT_EQ(sensitivity.layers.size(), 2u);
  EXPECT_EQ(sensitivity.layers[0].name, "first");
  EXPECT_EQ(sensitivity.layers[1].name, "second");
  simulation->quantizeAll();
  EXPECT_EQ(sensitivity.all.noise, evaluation->measure(*simulation).noise);
  // Of two layers, one alone is the other left out.
  EXPECT_EQ(sensitivity.layers[0].alone.noise, sensitivity.layers[1].without.noise);
  EXPECT_EQ(sensitivity.layers[0].without.noise, sensitivity.layers[1].alone.noise);
  simulation->quantizeNothing();
  simulation->quantizeLayer(1, true);
  EXPECT_EQ(sensitivity.layers[1].alone.noise, evaluation->measure(*simulation).noise);
}

TEST_F(SimulateTest, PrecisionsDecideAsTheyDoForInsertQdq) {
  std::string source = kTwoLayers;
  // The second layer is stated to be float, and so its operand needs no range.
  source.replace(source.rfind("iterator_types"), 0, "qnn.precision = \"f32\", ");
  source.erase(source.find("%h = qnn.range"),
               source.find('\n', source.find("%h = qnn.range")) - source.find("%h = qnn.range"));
  source.replace(source.rfind("ins(%h"), 6, "ins(%relu");
  std::unique_ptr<Simulation> simulation = simulate({}, source.c_str());
  ASSERT_TRUE(simulation);
  EXPECT_EQ(simulation->getLayers()[1].precision, Precision::F32);
  EXPECT_FALSE(simulation->getEdges()[1].hasRange);
  simulation->quantizeAll();
  EXPECT_TRUE(simulation->getEdge(0));
  EXPECT_FALSE(simulation->getEdge(1));
  auto getWeight = [&] {
    std::vector<float> weight;
    simulation->withWeight(1, [&](ArrayRef<float> values) { weight = values.vec(); });
    return weight;
  };
  EXPECT_EQ(getWeight(), simulation->getLayers()[1].weight->values.vec());
  simulation->setPrecisions({Precision::I4, Precision::I8});
  EXPECT_FALSE(simulation->getEdge(1)) << "it has no range";
  EXPECT_NE(getWeight(), simulation->getLayers()[1].weight->values.vec());
  EXPECT_EQ(simulation->getLayers()[0].weight->bounds.qmax, 7);
  simulation->setPrecisions({Precision::F32, Precision::F32});
  EXPECT_FALSE(simulation->getEdge(0));
}

} // namespace
