//===- RangesTest.cpp - Ranges from sketches against ranges from the values themselves
//-----------------------------------===//
#include "quant-opt/Numerics/Ranges.h"
#include "quant-opt/Numerics/Quantize.h"

#include "gtest/gtest.h"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <random>

using namespace mlir::qnn::numerics;

namespace {

const float kInf = std::numeric_limits<float>::infinity();
const float kNaN = std::numeric_limits<float>::quiet_NaN();

Sketch makeSketch(const std::vector<float> &values) {
  Sketch sketch;
  sketch.add(values.data(), values.size());
  sketch.endSample();
  return sketch;
}

Range compute(const Sketch &sketch, RangeMethod method, RangeOptions options = {}) {
  options.method = method;
  std::optional<Range> range = computeRange(sketch, options);
  EXPECT_TRUE(range.has_value());
  return range.value_or(Range());
}

double getError(const std::vector<float> &values, const Range &range, const RangeOptions &options) {
  const Params params = getParams(range, options);
  double error = 0;
  for (float x : values) {
    const double difference = double(fakeQuantize(x, params, options.bounds)) - x;
    error += difference * difference;
  }
  return error / values.size();
}

std::vector<float> makeNormal(int count, float outlier = 0) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal(0.3f, 1.0f);
  std::vector<float> values(count);
  for (float &x : values)
    x = normal(random);
  if (outlier)
    values[0] = outlier;
  return values;
}

std::vector<float> makeRelu(int count) {
  std::vector<float> values = makeNormal(count, 9.0f);
  for (float &x : values)
    x = std::max(x, 0.0f);
  return values;
}

TEST(Ranges, NothingComesOfNoFiniteValue) {
  for (RangeMethod method : {RangeMethod::MinMax, RangeMethod::MovingAverage, RangeMethod::Percentile,
                             RangeMethod::Entropy, RangeMethod::Mse}) {
    RangeOptions options;
    options.method = method;
    EXPECT_FALSE(computeRange(Sketch(), options).has_value());
    EXPECT_FALSE(computeRange(makeSketch({kNaN, kInf, -kInf, -FLT_MAX}), options).has_value());
  }
}

TEST(Ranges, ConstantTensorsKeepTheirValue) {
  for (RangeMethod method : {RangeMethod::MinMax, RangeMethod::MovingAverage, RangeMethod::Percentile}) {
    EXPECT_EQ(compute(makeSketch({5.0f, 5.0f}), method).lo, 5.0f);
    EXPECT_EQ(compute(makeSketch({5.0f, 5.0f}), method).hi, 5.0f);
  }
  for (RangeMethod method : {RangeMethod::Entropy, RangeMethod::Mse}) {
    for (float x : {5.0f, -3.0e-5f, 0.0f}) {
      const Range range = compute(makeSketch({x, x}), method);
      const float back = fakeQuantize(x, getParams(range, RangeOptions()), kU8);
      EXPECT_NEAR(back, x, std::fabs(x) * 0.004f);
    }
  }
}

TEST(Ranges, MaskValuesAreSetAside) {
  std::vector<float> values = makeNormal(10000);
  const Range plain = compute(makeSketch(values), RangeMethod::Mse);
  values.insert(values.end(), 5000, -FLT_MAX);
  values.insert(values.end(), 5000, -kInf);
  EXPECT_EQ(compute(makeSketch(values), RangeMethod::Mse), plain);
}

TEST(Ranges, MinMaxIsExact) {
  const std::vector<float> values = makeNormal(10000);
  const Range range = compute(makeSketch(values), RangeMethod::MinMax);
  EXPECT_EQ(range.lo, *std::min_element(values.begin(), values.end()));
  EXPECT_EQ(range.hi, *std::max_element(values.begin(), values.end()));
}

TEST(Ranges, PercentileIsWithinABucketOfTheSortedValues) {
  std::vector<float> values = makeNormal(100000);
  const Sketch sketch = makeSketch(values);
  std::sort(values.begin(), values.end());
  for (double percentile : {90.0, 99.0, 99.9, 99.99}) {
    RangeOptions options;
    options.percentile = percentile;
    const Range range = compute(sketch, RangeMethod::Percentile, options);
    const double outside = values.size() * (1 - percentile / 100) / 2;
    EXPECT_NEAR(range.lo, values[size_t(outside)], 0.02 * std::fabs(range.lo));
    EXPECT_NEAR(range.hi, values[values.size() - 1 - size_t(outside)], 0.02 * range.hi);
  }
  RangeOptions all;
  all.percentile = 100;
  EXPECT_EQ(compute(sketch, RangeMethod::Percentile, all), sketch.getExtrema());
}

TEST(Ranges, PercentileBehindReluStartsAtZero) {
  EXPECT_EQ(compute(makeSketch(makeRelu(10000)), RangeMethod::Percentile).lo, 0.0f);
}

TEST(Ranges, TheSketchTellsTheErrorOfTheValues) {
  for (const std::vector<float> &values : {makeNormal(50000), makeNormal(50000, 30.0f), makeRelu(50000)}) {
    const std::vector<Mass> masses = getMasses(makeSketch(values));
    for (bool symmetric : {false, true}) {
      RangeOptions options;
      options.symmetric = symmetric;
      options.bounds = symmetric ? kS8 : kU8;
      for (float share : {0.3f, 0.7f, 1.0f, 1.5f}) {
        Range range = makeSketch(values).getExtrema();
        range.lo *= share;
        range.hi *= share;
        const double error = getError(values, range, options);
        EXPECT_NEAR(getMeanSquaredError(masses, getParams(range, options), options.bounds), error, 0.02 * error);
      }
    }
  }
}

TEST(Ranges, MseIsAsGoodAsASearchOnTheValues) {
  for (const std::vector<float> &values : {makeNormal(4000), makeNormal(4000, 30.0f), makeRelu(4000)}) {
    for (bool symmetric : {false, true}) {
      RangeOptions options;
      options.symmetric = symmetric;
      options.bounds = symmetric ? kS8 : kU8;
      const Sketch sketch = makeSketch(values);
      const double found = getError(values, compute(sketch, RangeMethod::Mse, options), options);
      double least = HUGE_VAL;
      for (int lo = 1; lo <= 40; ++lo) {
        for (int hi = 1; hi <= 40; ++hi) {
          Range range = sketch.getExtrema();
          range.lo *= lo / 40.0f;
          range.hi *= hi / 40.0f;
          least = std::min(least, getError(values, range, options));
        }
      }
      EXPECT_LE(found, least * 1.02);
    }
  }
}

TEST(Ranges, MseKeepsTheRangeOfValuesThatAreAllExact) {
  std::vector<float> values;
  for (int q = 0; q < 256; ++q)
    values.insert(values.end(), 1 + q % 7, q * 0.25f);
  RangeOptions options;
  EXPECT_EQ(getError(values, compute(makeSketch(values), RangeMethod::Mse), options), 0.0);
}

TEST(Ranges, MseSeesWhereTheLevelsOfAnImageFall) {
  // The levels k / 127.5 - 1 lie half-way between the steps of their own range, which is the worst place.
  std::vector<float> values;
  for (int k = 0; k < 256; ++k)
    values.insert(values.end(), k == 0 ? 500 : 4, static_cast<float>(k) / 255 * 2 - 1);
  RangeOptions options;
  const Sketch sketch = makeSketch(values);
  const double plain = getError(values, sketch.getExtrema(), options);
  EXPECT_LT(getError(values, compute(sketch, RangeMethod::Mse), options), plain / 3);
}

TEST(Ranges, EntropyLeavesOutAnOutlierAndKeepsAnEvenSpread) {
  const Range outlier = compute(makeSketch(makeNormal(50000, 100.0f)), RangeMethod::Entropy);
  EXPECT_LT(outlier.hi, 50.0f);
  EXPECT_GT(outlier.hi, 3.0f);
  EXPECT_LT(outlier.lo, -2.5f);
  std::vector<float> even(50000);
  for (size_t i = 0; i < even.size(); ++i)
    even[i] = i / 50000.0f;
  const Range all = compute(makeSketch(even), RangeMethod::Entropy);
  EXPECT_GT(all.hi, 0.9f);
  EXPECT_EQ(all.lo, 0.0f);
}

TEST(Ranges, EntropyKeepsTheTailOfASpike) {
  std::vector<float> values(50000, 0.3f); // such as the background of an image, after a convolution
  for (size_t i = 0; i < values.size(); i += 3)
    values[i] = 4.0f * i / values.size();
  EXPECT_GT(compute(makeSketch(values), RangeMethod::Entropy).hi, 3.8f);
}

TEST(Ranges, EntropyBehindReluIsNotRuledByTheZeros) {
  std::vector<float> values = makeRelu(50000);
  const Range few = compute(makeSketch(values), RangeMethod::Entropy);
  values.insert(values.end(), 500000, 0.0f);
  EXPECT_EQ(compute(makeSketch(values), RangeMethod::Entropy), few);
}

} // namespace
