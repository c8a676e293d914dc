//===- MeasureRangesTest.cpp - Calibration with a model made of two functions: batches, interrupts, resuming
//------------===//
#include "quant-opt/Calibrate/MeasureRanges.h"
#include "quant-opt/Data/ArrayFile.h"
#include "quant-opt/Support/AtomicFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"
#include <csignal>
#include <random>

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// Observes its input "x" of shape [batch, 8], and its rectified double, in two pieces.
class FakeModel : public ObservedModel {
public:
  FakeModel(int64_t batch, int64_t interruptAt, bool swapEdges, size_t concurrency)
      : inputs{{"x", "float", {batch, 8}}}, interruptAt(interruptAt), swapEdges(swapEdges), concurrency(concurrency) {
    edges = {"x", "relu"};
    if (swapEdges)
      std::swap(edges[0], edges[1]);
  }
  ArrayRef<TensorInfo> getInputs() const override { return inputs; }
  size_t getConcurrency() const override { return concurrency; }
  ArrayRef<std::string> getObservedEdges() const override { return edges; }
  void run(ArrayRef<const void *> pointers, void *observer, quant_opt_observe_fn observe) override {
    const float *x = static_cast<const float *>(pointers[0]);
    const int64_t count = inputs[0].shape[0] * 8;
    std::vector<float> relu(x, x + count);
    for (float &value : relu)
      value = std::max(2 * value, 0.0f);
    observe(observer, swapEdges, x, count);
    observe(observer, !swapEdges, relu.data(), count / 2);
    observe(observer, !swapEdges, relu.data() + count / 2, count / 2);
    if (++runs == interruptAt)
      raise(SIGINT);
  }
  llvm::Error runTogether(ArrayRef<ArrayRef<const void *>>, ObserveRunFn, function_ref<void()>) override {
    return llvm::createStringError("is not asked for here");
  }

private:
  std::vector<TensorInfo> inputs;
  std::vector<std::string> edges;
  int64_t interruptAt, runs = 0;
  bool swapEdges;
  size_t concurrency;
};

class MeasureRangesTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("measure-ranges-test", folder));
    std::mt19937 random(4);
    std::normal_distribution<float> normal;
    samples.resize(60 * 8);
    for (float &x : samples)
      x = normal(random);
    writeSamples("all.npz", 0, 60);
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string getPath(StringRef name) {
    SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    return path.str().str();
  }
  void writeSamples(StringRef name, int64_t first, int64_t count) {
    ArrayRef<float> values = ArrayRef<float>(samples).slice(first * 8, count * 8);
    ASSERT_FALSE(
        writeNpz(getPath(name), {{{"x", "float", {count, 8}},
                                  {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float)}}}));
  }

  llvm::Expected<RangeTable> measure(CalibrateOptions options, int64_t batch = 1, int64_t interruptAt = 0,
                                     bool swapEdges = false, size_t concurrency = 1) {
    return measureRanges(
        "model", "0123", {{"x", 8}, {"relu", 8}}, options, [&]() -> FailureOr<std::unique_ptr<ObservedModel>> {
          return std::unique_ptr<ObservedModel>(new FakeModel(batch, interruptAt, swapEdges, concurrency));
        });
  }
  CalibrateOptions makeOptions(StringRef data) {
    CalibrateOptions options;
    options.data = getPath(data);
    return options;
  }
  /// The edges and sketches as they are written.
  static std::string format(const RangeTable &table) {
    std::string text;
    llvm::raw_string_ostream os(text);
    table.writeJson(os);
    return StringRef(text).substr(StringRef(text).find("\"edges\"")).str();
  }

  SmallString<128> folder;
  std::vector<float> samples;
};

TEST_F(MeasureRangesTest, RangesAreThoseOfTheValues) {
  CalibrateOptions options = makeOptions("all.npz");
  options.ranges.method = numerics::RangeMethod::MinMax;
  llvm::Expected<RangeTable> table = measure(options);
  ASSERT_TRUE(bool(table));
  const float lo = *std::min_element(samples.begin(), samples.end());
  const float hi = *std::max_element(samples.begin(), samples.end());
  EXPECT_EQ(table->edges[0].lo, std::vector<float>{lo});
  EXPECT_EQ(table->edges[0].hi, std::vector<float>{hi});
  EXPECT_EQ(table->edges[1].lo, std::vector<float>{0.0f});
  EXPECT_EQ(table->edges[1].hi, std::vector<float>{2 * hi});
  EXPECT_EQ(table->getSamplesUsed(), 60);
  EXPECT_EQ(table->sketches[0].sketch.getCount(), 480u);
}

TEST_F(MeasureRangesTest, BatchTheOrderOfEdgesAndRunsAtOnceDoNotMatter) {
  for (numerics::RangeMethod method :
       {numerics::RangeMethod::Percentile, numerics::RangeMethod::Entropy, numerics::RangeMethod::Mse}) {
    CalibrateOptions options = makeOptions("all.npz");
    options.ranges.method = method;
    llvm::Expected<RangeTable> single = measure(options), swapped = measure(options, 1, 0, /*swapEdges=*/true),
                               batched = measure(options, 4),
                               several = measure(options, 1, 0, false, /*concurrency=*/7);
    ASSERT_TRUE(single && swapped && batched && several);
    EXPECT_EQ(format(*single), format(*swapped));
    EXPECT_EQ(format(*single), format(*several));
    for (int i : {0, 1}) {
      EXPECT_EQ(single->edges[i].lo, batched->edges[i].lo);
      EXPECT_EQ(single->edges[i].hi, batched->edges[i].hi);
    }
  }
}

TEST_F(MeasureRangesTest, ALastBatchIsFilledWithTheSamplesItHas) {
  CalibrateOptions options = makeOptions("all.npz");
  options.maxSamples = 7;
  options.ranges.method = numerics::RangeMethod::MinMax;
  llvm::Expected<RangeTable> single = measure(options), batched = measure(options, 4);
  ASSERT_TRUE(single && batched);
  EXPECT_EQ(single->edges[0].lo, batched->edges[0].lo);
  EXPECT_EQ(single->edges[0].hi, batched->edges[0].hi);
  EXPECT_EQ(batched->getSamplesUsed(), 7);
}

TEST_F(MeasureRangesTest, AnArrayOfTheInputsShapeIsOneRun) {
  writeSamples("four.npz", 0, 4);
  llvm::Expected<RangeTable> table = measure(makeOptions("four.npz"), /*batch=*/4);
  ASSERT_TRUE(bool(table));
  EXPECT_EQ(table->getSamplesUsed(), 1);
  EXPECT_EQ(table->sketches[0].sketch.getCount(), 32u);
}

TEST_F(MeasureRangesTest, AnySplitMergesToTheSameTable) {
  llvm::Expected<RangeTable> whole = measure(makeOptions("all.npz"));
  ASSERT_TRUE(bool(whole));
  writeSamples("a.npz", 40, 20);
  writeSamples("b.npz", 0, 13);
  writeSamples("c.npz", 13, 27);
  for (StringRef name : {"a", "b"}) {
    CalibrateOptions part = makeOptions((name + ".npz").str());
    part.rangesOut = getPath((name + ".json").str());
    ASSERT_TRUE(bool(measure(part)));
  }
  CalibrateOptions last = makeOptions("c.npz");
  last.merge = {getPath("a.json"), getPath("b.json")};
  llvm::Expected<RangeTable> merged = measure(last);
  ASSERT_TRUE(bool(merged));
  EXPECT_EQ(format(*merged), format(*whole));
  EXPECT_EQ(merged->getSamplesUsed(), 60);
}

TEST_F(MeasureRangesTest, AnInterruptKeepsWhatWasMeasuredAndResumeEndsIt) {
  CalibrateOptions options = makeOptions("all.npz");
  llvm::Expected<RangeTable> whole = measure(options);
  ASSERT_TRUE(bool(whole));
  options.rangesOut = getPath("ranges.json");
  options.sketches = false; // an interrupted table keeps them all the same
  llvm::Expected<RangeTable> interrupted = measure(options, 1, /*interruptAt=*/17);
  EXPECT_EQ(llvm::toString(interrupted.takeError()), "interrupted after 17 of 60 samples: what was measured is in " +
                                                         options.rangesOut +
                                                         "; go on with resume=" + options.rangesOut);
  options.resume = options.rangesOut;
  llvm::Expected<RangeTable> resumed = measure(options);
  ASSERT_TRUE(bool(resumed));
  EXPECT_EQ(format(*resumed), format(*whole));
  ASSERT_EQ(resumed->data.size(), 1u);
  EXPECT_EQ(resumed->data[0].samplesUsed, 60);
}

TEST_F(MeasureRangesTest, HeldOutSamplesAreLeftOutAndSoAgainWhenResumed) {
  CalibrateOptions options = makeOptions("all.npz");
  options.holdOut = true;
  options.rangesOut = getPath("ranges.json");
  llvm::Expected<RangeTable> whole = measure(options);
  ASSERT_TRUE(bool(whole));
  EXPECT_EQ(whole->getSamplesUsed(), 53);
  EXPECT_EQ(whole->getSamplesHeldOut(), 7);
  EXPECT_EQ(whole->sketches[0].sketch.getCount(), 53u * 8);
  llvm::Expected<RangeTable> interrupted = measure(options, 1, /*interruptAt=*/17);
  EXPECT_TRUE(StringRef(llvm::toString(interrupted.takeError())).starts_with("interrupted after 17 of 53 samples"));
  options.resume = options.rangesOut;
  options.holdOut = false; // the table says that it holds some out
  llvm::Expected<RangeTable> resumed = measure(options);
  ASSERT_TRUE(bool(resumed));
  EXPECT_EQ(format(*resumed), format(*whole));
  EXPECT_EQ(resumed->getSamplesHeldOut(), 7);
}

TEST_F(MeasureRangesTest, AnInterruptWithoutATableSaysHowToKeepIt) {
  llvm::Expected<RangeTable> table = measure(makeOptions("all.npz"), 1, /*interruptAt=*/3);
  EXPECT_EQ(llvm::toString(table.takeError()),
            "interrupted after 3 of 60 samples; with ranges-out=FILE.json what was measured would be kept");
}

TEST_F(MeasureRangesTest, ASeedChoosesTheSameSamplesEachTime) {
  CalibrateOptions options = makeOptions("all.npz");
  options.maxSamples = 10;
  options.seed = 5;
  llvm::Expected<RangeTable> first = measure(options), again = measure(options);
  options.seed = 6;
  llvm::Expected<RangeTable> other = measure(options);
  ASSERT_TRUE(first && again && other);
  EXPECT_EQ(format(*first), format(*again));
  EXPECT_NE(format(*first), format(*other));
  EXPECT_EQ(first->sketches[0].sketch.getCount(), 80u);
}

TEST_F(MeasureRangesTest, ResumingAChoiceNeedsTheSameNumber) {
  CalibrateOptions options = makeOptions("all.npz");
  options.maxSamples = 10;
  options.seed = 5;
  options.rangesOut = options.resume = getPath("ranges.json");
  CalibrateOptions begin = options;
  begin.resume = "";
  llvm::consumeError(measure(begin, 1, /*interruptAt=*/4).takeError());
  options.maxSamples = 11;
  EXPECT_EQ(llvm::toString(measure(options).takeError()),
            options.resume + ": its samples were chosen by a seed out of 10, so that resuming needs max-samples=10");
  options.maxSamples = 10;
  EXPECT_TRUE(bool(measure(options)));
}

TEST_F(MeasureRangesTest, ChannelsHaveTheirOwnRanges) {
  CalibrateOptions options = makeOptions("all.npz");
  options.perChannel = true;
  options.ranges.method = numerics::RangeMethod::MinMax;
  llvm::Expected<RangeTable> table = measure(options);
  ASSERT_TRUE(bool(table));
  ASSERT_EQ(table->edges[0].lo.size(), 8u);
  float hi = samples[3];
  for (size_t i = 3; i < samples.size(); i += 8)
    hi = std::max(hi, samples[i]);
  EXPECT_EQ(table->edges[0].hi[3], hi);
  EXPECT_EQ(table->edges[0].axis, -1);
}

TEST_F(MeasureRangesTest, InputsThatDisagreeOnTheNumberOfSamplesAreRefused) {
  std::vector<char> bytes(3 * 8 * sizeof(float));
  ASSERT_FALSE(writeNpz(getPath("two.npz"), {{{"a", "float", {3, 8}}, bytes},
                                             {{"b", "float", {2, 8}}, ArrayRef<char>(bytes).take_front(64)}}));
  class TwoInputs : public FakeModel {
  public:
    TwoInputs() : FakeModel(1, 0, false, 1), both{{"a", "float", {1, 8}}, {"b", "float", {1, 8}}} {}
    ArrayRef<TensorInfo> getInputs() const override { return both; }

  private:
    std::vector<TensorInfo> both;
  };
  CalibrateOptions options = makeOptions("two.npz");
  llvm::Expected<RangeTable> table =
      measureRanges("model", "0", {{"x", 8}, {"relu", 8}}, options, []() -> FailureOr<std::unique_ptr<ObservedModel>> {
        return std::unique_ptr<ObservedModel>(new TwoInputs);
      });
  EXPECT_EQ(
      llvm::toString(table.takeError()),
      options.data +
          ": array for input \"b\": expected 3 samples in batches of 1 as for input \"a\", found 2 in batches of 1");
}

} // namespace
