//===- EvaluateTest.cpp - Samples in memory and the error of outputs ----------------------------------------------===//
#include "SimulateTest.h"

#include "quant-opt/Data/ArrayFile.h"
#include "quant-opt/Simulate/Evaluate.h"

#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

TEST(OutputErrorTest, ComparesRows) {
  OutputError error;
  error.add({3, 4, 0, 1}, {3, 4, 1, 0}, 2);
  EXPECT_EQ(error.signal, 26);
  EXPECT_EQ(error.noise, 2);
  EXPECT_NEAR(error.getSqnr(), 10 * std::log10(13.0), 1e-12);
  EXPECT_EQ(error.getAgreement(), 50);
  // Each row's distribution is (a, b) = (1/(1+e), e/(1+e)); the second one's is turned round.
  const double b = 1 / (1 + std::exp(-1.0)), a = 1 - b;
  EXPECT_NEAR(error.getCrossEntropy(), (-a * std::log(a) - b * std::log(b) - a * std::log(b) - b * std::log(a)) / 2,
              1e-6);
  EXPECT_EQ(OutputError().getSqnr(), std::numeric_limits<double>::infinity());
}

TEST(OutputErrorTest, SetsAsideWhatIsInfiniteInTheReference) {
  const float infinity = std::numeric_limits<float>::infinity();
  OutputError error;
  error.add({1, -infinity}, {1, -infinity}, 2);
  EXPECT_EQ(error.signal, 1);
  EXPECT_EQ(error.noise, 0);
  EXPECT_EQ(error.getCrossEntropy(), 0);
}

class EvaluateTest : public SimulateTest {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("evaluate-test", "npz", path));
    for (int i = 0; i < 40; ++i)
      values.push_back(static_cast<float>(i % 7) / 2 - 1);
    ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float));
    ASSERT_FALSE(writeNpz(path, {{{"x", "float", {10, 4}}, bytes}}));
  }
  void TearDown() override { llvm::sys::fs::remove(path); }

  SmallString<128> path;
  std::vector<float> values;
};

TEST_F(EvaluateTest, LoadsAndTakesSamples) {
  std::vector<TensorInfo> inputs{{"x", "float", {4, 4}}};
  llvm::Expected<SampleSet> set = SampleSet::loadAll(path, inputs);
  ASSERT_TRUE(bool(set));
  EXPECT_EQ(set->getNumSamples(), 10);
  EXPECT_EQ(set->getNumRuns(), 3);
  EXPECT_EQ(set->getNumValid(2), 2);
  EXPECT_EQ(static_cast<const float *>(set->getInputs(1)[0])[0], values[16]);
  EXPECT_EQ(set->takeEvery(2).getNumSamples(), 6);
  EXPECT_EQ(set->takeEvery(2, 1).getNumSamples(), 4);
  EXPECT_EQ(set->takeSpread(2).getNumRuns(), 2);
  EXPECT_EQ(set->takeSpread(7).getNumRuns(), 3);
  llvm::Expected<SampleSet> three = SampleSet::load(path, {{"x", "float", {1, 4}}}, {2, 5, 9});
  ASSERT_TRUE(bool(three));
  EXPECT_EQ(static_cast<const float *>(three->getInputs(1)[0])[0], values[20]);
  EXPECT_EQ(llvm::toString(SampleSet::load(path, inputs, {0}, 63).takeError()),
            (path + ": the samples need more than 0 MiB of memory; use fewer of them").str());
}

TEST_F(EvaluateTest, MeasuresASimulationAgainstItselfInFloat) {
  std::unique_ptr<Simulation> simulation = simulate();
  ASSERT_TRUE(simulation);
  llvm::Expected<SampleSet> set = SampleSet::loadAll(path, simulation->getInputs());
  ASSERT_TRUE(bool(set));
  simulation->quantizeAll();
  llvm::Expected<Evaluation> evaluation = Evaluation::create(*simulation, std::move(*set));
  ASSERT_TRUE(bool(evaluation));
  OutputError all = evaluation->measure(*simulation);
  EXPECT_EQ(all.positions, 10);
  EXPECT_GT(all.getSqnr(), 30);
  EXPECT_LT(all.getSqnr(), 60);
  EXPECT_EQ(evaluation->measure(*simulation, 3).positions, 3);
  simulation->quantizeNothing();
  EXPECT_EQ(evaluation->measure(*simulation).noise, 0);
}

} // namespace
