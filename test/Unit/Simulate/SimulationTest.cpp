//===- SimulationTest.cpp - A trial build computes what the numeric contract says, part by part -------------------===//
#include "SimulateTest.h"

#include "quant-opt/Numerics/Quantize.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

const std::vector<float> kFirst = {1.27f, -0.635f, 0, 0.01f, -12.7f, 0.1f, 0.2f, 0.3f, 0.5f, 0.25f, -0.75f, 1};
const std::vector<float> kSecond = {0.3f, -0.2f, 0.9f, 0.7f, 0.6f, -0.1f};
const std::vector<float> kBias = {0.5f, 14, -0.25f};
const std::vector<float> kInput = {0.3f, -0.99f, 2.5f, 4};

/// The model by hand, each part quantized as `numerics` says or not.
class Model {
public:
  bool x = false, relu = false, first = false, second = false;

  std::vector<float> run() const {
    numerics::Params xParams = numerics::asymmetricParams(-1, 3, numerics::kU8),
                     reluParams = numerics::asymmetricParams(0, 31.875f, numerics::kU8);
    std::vector<float> input = quantize(kInput, xParams, x);
    std::vector<float> hidden = multiply(round(kFirst, 4, first), input);
    for (auto [value, bias] : llvm::zip_equal(hidden, kBias))
      value = std::max(value + bias, 0.0f);
    return multiply(round(kSecond, 3, second), quantize(hidden, reluParams, relu));
  }

private:
  static std::vector<float> quantize(std::vector<float> values, numerics::Params params, bool on) {
    if (on)
      for (float &value : values)
        value = numerics::fakeQuantize(value, params, numerics::kU8);
    return values;
  }
  static std::vector<float> round(std::vector<float> weight, size_t width, bool on) {
    for (size_t row = 0; on && row < weight.size(); row += width) {
      float limit = 0;
      for (size_t i = row; i < row + width; ++i)
        limit = std::max(limit, std::fabs(weight[i]));
      numerics::Params params = numerics::symmetricParams(-limit, limit, numerics::kS8Narrow);
      for (size_t i = row; i < row + width; ++i)
        weight[i] = numerics::fakeQuantize(weight[i], params, numerics::kS8Narrow);
    }
    return weight;
  }
  static std::vector<float> multiply(const std::vector<float> &weight, const std::vector<float> &input) {
    std::vector<float> result(weight.size() / input.size());
    for (size_t row = 0; row < result.size(); ++row)
      for (size_t i = 0; i < input.size(); ++i)
        result[row] += weight[row * input.size() + i] * input[i];
    return result;
  }
};

class SimulationTest : public SimulateTest {
protected:
  static void expectOutput(Simulation &simulation, const Model &model) {
    simulation.run({kInput.data()});
    std::vector<float> expected = model.run();
    ASSERT_EQ(simulation.getOutput(0).size(), expected.size());
    for (auto [found, wanted] : llvm::zip_equal(simulation.getOutput(0), expected))
      EXPECT_NEAR(found, wanted, 1e-5f);
  }
};

TEST_F(SimulationTest, DescribesEdgesAndLayers) {
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(simulation);
  ASSERT_EQ(simulation->getEdges().size(), 2u);
  EXPECT_EQ(simulation->getEdges()[0].name, "x");
  EXPECT_EQ(simulation->getEdges()[0].params.params.zeroPoint, 64);
  EXPECT_EQ(simulation->findEdge("relu"), 1u);
  EXPECT_EQ(simulation->findEdge("first"), std::nullopt);
  ASSERT_EQ(simulation->getLayers().size(), 2u);
  const SimulatedLayer &first = simulation->getLayers()[0], &second = simulation->getLayers()[1];
  EXPECT_EQ(first.name, "first");
  EXPECT_EQ(first.inputs, SmallVector<unsigned>({0}));
  EXPECT_EQ(first.output, 1u);
  EXPECT_TRUE(first.hasBias);
  EXPECT_EQ(first.bias, kBias);
  EXPECT_EQ(first.weight->values.vec(), kFirst);
  EXPECT_EQ(first.weightShape, std::vector<int64_t>({3, 4}));
  EXPECT_EQ(second.inputs, SmallVector<unsigned>({1}));
  EXPECT_EQ(second.output, std::nullopt);
  EXPECT_FALSE(second.hasBias);
  EXPECT_EQ(second.bias, std::vector<float>({0, 0}));
  EXPECT_EQ(simulation->getInputs().size(), 1u);
  EXPECT_EQ(simulation->getOutputs()[0].name, "y");
}

TEST_F(SimulationTest, EverythingAndNothingAreTheIntegerAndTheFloatModel) {
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(simulation);
  Model model;
  expectOutput(*simulation, model);
  simulation->quantizeAll();
  model.x = model.relu = model.first = model.second = true;
  expectOutput(*simulation, model);
  simulation->quantizeNothing();
  expectOutput(*simulation, Model());
}

TEST_F(SimulationTest, ALayerIsItsWeightAndTheEdgesItReads) {
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(simulation);
  simulation->quantizeLayer(1, true);
  Model model;
  model.relu = model.second = true;
  expectOutput(*simulation, model);
  simulation->quantizeAll();
  simulation->quantizeLayer(1, false);
  model = Model();
  model.x = model.first = true;
  expectOutput(*simulation, model);
}

TEST_F(SimulationTest, AnExclusionLeavesWhatItLeavesToInsertQdq) {
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(simulation);
  llvm::StringSet<> names;
  names.insert("first");
  simulation->setExcluded(names);
  Model model;
  model.relu = model.second = true;
  expectOutput(*simulation, model);
}

TEST_F(SimulationTest, EdgesWeightsAndBiasesAreSetOnTheirOwn) {
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(simulation);
  simulation->setEdge(0, simulation->getEdges()[0].params);
  Model model;
  model.x = true;
  expectOutput(*simulation, model);
  simulation->setGroup(simulation->getEdges()[0].group, std::nullopt);
  EXPECT_FALSE(simulation->getEdge(0));
  simulation->quantizeWeight(0, true);
  model = Model();
  model.first = true;
  expectOutput(*simulation, model);

  Simulation::Settings settings = simulation->getSettings();
  simulation->setWeight(1, std::vector<float>(6, 0.0f));
  simulation->setBias(1, {3, -4});
  simulation->run({kInput.data()});
  EXPECT_EQ(simulation->getOutput(0)[0], 3);
  EXPECT_EQ(simulation->getOutput(0)[1], -4);
  simulation->setSettings(settings);
  expectOutput(*simulation, model);
}

TEST_F(SimulationTest, WiderAndNarrowerTypesAreParametersToo) {
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(simulation);
  const numerics::StorageBounds wide{0, 65535};
  const numerics::Params params = numerics::asymmetricParams(-1, 3, wide);
  simulation->setEdge(0, EdgeParams{params, wide});
  std::vector<float> rounded(kInput);
  for (float &value : rounded)
    value = numerics::fakeQuantize(value, params, wide);
  simulation->run({kInput.data()});
  std::vector<float> found = simulation->getOutput(0).vec();
  simulation->setEdge(0, std::nullopt);
  simulation->run({rounded.data()});
  EXPECT_EQ(found, simulation->getOutput(0).vec());
}

TEST_F(SimulationTest, ManyRunsAreTheRunsOneByOneInTheirOrder) {
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(simulation);
  simulation->quantizeAll();
  std::vector<std::vector<float>> inputs;
  for (int i = 0; i < 100; ++i)
    inputs.push_back({i * 0.03f, i * -0.01f, 1.0f, i % 7 - 2.0f});
  std::vector<const void *> pointers;
  for (const std::vector<float> &input : inputs)
    pointers.push_back(input.data());
  std::vector<ArrayRef<const void *>> runs;
  for (const void *&pointer : pointers)
    runs.push_back(ArrayRef<const void *>(&pointer, 1));
  size_t next = 0;
  simulation->runMany(runs, [&](size_t i, ArrayRef<const void *> outputs) {
    EXPECT_EQ(i, next++);
    std::vector<float> found(static_cast<const float *>(outputs[0]), static_cast<const float *>(outputs[0]) + 2);
    simulation->run({inputs[i].data()});
    EXPECT_EQ(found, simulation->getOutput(0).vec());
  });
  EXPECT_EQ(next, inputs.size());
}

TEST_F(SimulationTest, RunsSideBySideReadWhatWasSetBetweenTheirSteps) {
  SimulationOptions options;
  options.taps = TapKind::Operand;
  std::unique_ptr<Simulation> simulation = simulate(options);
  ASSERT_TRUE(simulation);
  simulation->quantizeAll();
  const std::vector<std::vector<float>> inputs = {kInput, {1.0f, 0.5f, -1.0f, 2.0f}};
  const std::vector<float> bias(kBias.size(), 3.0f);
  using Seen = std::vector<std::pair<unsigned, std::vector<float>>>; // layers and what they read
  std::vector<Seen> apart(inputs.size()), together(inputs.size());
  for (auto [input, seen] : llvm::zip_equal(inputs, apart)) {
    simulation->run({input.data()}, [&seen = seen](const Tap &tap, ArrayRef<float> data) {
      if (tap.index == 0)
        seen.push_back({0, data.vec()});
    });
    simulation->setBias(0, bias);
    simulation->run({input.data()}, [&seen = seen](const Tap &tap, ArrayRef<float> data) {
      if (tap.index == 1)
        seen.push_back({1, data.vec()});
    });
    simulation->setBias(0, {});
  }
  std::vector<const void *> pointers;
  for (const std::vector<float> &input : inputs)
    pointers.push_back(input.data());
  unsigned pauses = 0;
  llvm::Error error = simulation->runTogether(
      {ArrayRef<const void *>(&pointers[0], 1), ArrayRef<const void *>(&pointers[1], 1)},
      [&](size_t run, const Tap &tap, ArrayRef<float> data) { together[run].push_back({tap.index, data.vec()}); },
      [&] {
        EXPECT_EQ(together[0].size(), together[1].size());
        if (pauses++ == 0)
          simulation->setBias(0, bias);
      });
  EXPECT_FALSE(bool(error));
  EXPECT_EQ(pauses, 2u);
  EXPECT_EQ(together, apart);
}

TEST_F(SimulationTest, NaNAndInfinitiesAreQuantizedByTheRule) {
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(simulation);
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> special = {infinity, -infinity, std::nanf(""), 0};
  EdgeParams edge = simulation->getEdges()[0].params;
  std::vector<float> rounded(special);
  for (float &value : rounded)
    value = numerics::fakeQuantize(value, edge.params, edge.bounds);
  simulation->run({rounded.data()});
  std::vector<float> wanted = simulation->getOutput(0).vec();
  simulation->setEdge(0, edge);
  simulation->run({special.data()});
  EXPECT_EQ(simulation->getOutput(0).vec(), wanted);
}

TEST_F(SimulationTest, TapsSeeWhatTheRunComputes) {
  SimulationOptions options;
  options.taps = TapKind::Edge | TapKind::Operand | TapKind::Accumulator | TapKind::Result;
  std::unique_ptr<Simulation> simulation = simulate(options);
  ASSERT_TRUE(simulation);
  simulation->quantizeAll();
  std::vector<std::pair<TapKind, unsigned>> kinds;
  std::vector<std::vector<float>> seen;
  simulation->run({kInput.data()}, [&](const Tap &tap, ArrayRef<float> data) {
    kinds.push_back({tap.kind, tap.index});
    seen.push_back(data.vec());
  });
  const std::vector<std::pair<TapKind, unsigned>> expected = {
      {TapKind::Edge, 0},   {TapKind::Operand, 0}, {TapKind::Accumulator, 0}, {TapKind::Edge, 1},
      {TapKind::Result, 0}, {TapKind::Operand, 1}, {TapKind::Accumulator, 1}, {TapKind::Result, 1}};
  ASSERT_EQ(kinds, expected);
  EXPECT_EQ(seen[0], kInput);
  const EdgeParams &x = simulation->getEdges()[0].params, &relu = simulation->getEdges()[1].params;
  for (auto [raw, rounded] : llvm::zip_equal(seen[0], seen[1]))
    EXPECT_EQ(rounded, numerics::fakeQuantize(raw, x.params, x.bounds));
  for (auto [sum, bias, result] : llvm::zip_equal(seen[2], kBias, seen[3]))
    EXPECT_EQ(result, std::max(sum + bias, 0.0f));
  for (auto [raw, rounded] : llvm::zip_equal(seen[3], seen[5]))
    EXPECT_EQ(rounded, numerics::fakeQuantize(raw, relu.params, relu.bounds));
  EXPECT_EQ(seen[7], simulation->getOutput(0).vec());

  options.filter = [](const Tap &tap) { return tap.kind == TapKind::Operand && tap.index == 1; };
  simulation = simulate(options);
  ASSERT_TRUE(simulation);
  unsigned calls = 0;
  simulation->run({kInput.data()}, [&](const Tap &tap, ArrayRef<float> data) { calls += tap.index; });
  EXPECT_EQ(calls, 1u);
}

} // namespace
