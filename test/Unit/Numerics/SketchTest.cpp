//===- SketchTest.cpp - A sketch depends on the values alone, and survives being written and read
//------------------------===//
#include "quant-opt/Numerics/Sketch.h"

#include "gtest/gtest.h"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>
#include <random>

using namespace mlir::qnn::numerics;

namespace {

const float kInf = std::numeric_limits<float>::infinity();
const float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Samples of mixed sizes and signs, with zeros, subnormals, infinities and NaNs among them.
std::vector<std::vector<float>> makeSamples(unsigned seed, int numSamples = 40, int size = 300) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> samples(numSamples, std::vector<float>(size));
  for (auto &sample : samples) {
    const float scale = std::exp2(8 * normal(random));
    for (float &x : sample) {
      x = scale * normal(random);
      switch (random() % 16) {
      case 0:
        x = 0.0f;
        break;
      case 1:
        x = FLT_TRUE_MIN * (random() % 5);
        break;
      case 2:
        x = std::vector<float>{kInf, -kInf, kNaN, -FLT_MAX}[random() % 4];
        break;
      default:
        break;
      }
    }
  }
  return samples;
}

void addSample(Sketch &sketch, const std::vector<float> &sample) {
  sketch.add(sample.data(), sample.size());
  sketch.endSample();
}

TEST(ExactSum, DoesNotDependOnOrder) {
  std::mt19937 random(7);
  std::vector<float> values = {FLT_MAX, 1.0f, -FLT_MAX, FLT_TRUE_MIN, -FLT_TRUE_MIN, 0.1f, -3.0e20f, 3.0e-20f};
  ExactSum reference;
  for (float x : values)
    reference.add(x);
  EXPECT_EQ(reference.getValue(), 1.0 + double(0.1f) - double(3.0e20f) + double(3.0e-20f));
  for (int i = 0; i < 50; ++i) {
    std::shuffle(values.begin(), values.end(), random);
    ExactSum first, second;
    for (size_t k = 0; k < values.size(); ++k)
      (k < values.size() / 2 ? first : second).add(values[k]);
    first.add(second);
    EXPECT_EQ(first, reference);
  }
}

TEST(ExactSum, CancelsToExactlyTheSmallestValue) {
  ExactSum sum;
  sum.add(FLT_MAX);
  sum.add(-FLT_TRUE_MIN);
  sum.add(-FLT_MAX);
  EXPECT_EQ(sum.getValue(), -double(FLT_TRUE_MIN));
  EXPECT_EQ(ExactSum::fromLimbs(sum.getLimbs()), sum);
}

TEST(ExactSum, EqualsAnIntegerSumOfManyValues) {
  std::mt19937 random(3);
  ExactSum sum;
  int64_t integer = 0;
  for (int i = 0; i < 100000; ++i) {
    const int32_t x = static_cast<int32_t>(random() % 2000001) - 1000000;
    sum.add(static_cast<float>(x));
    integer += x;
  }
  EXPECT_EQ(sum.getValue(), static_cast<double>(integer));
}

TEST(Sketch, DoesNotDependOnOrderPiecesOrSplit) {
  std::vector<std::vector<float>> samples = makeSamples(1);
  Sketch reference;
  for (const auto &sample : samples)
    addSample(reference, sample);

  std::mt19937 random(2);
  for (int round = 0; round < 10; ++round) {
    std::shuffle(samples.begin(), samples.end(), random);
    std::vector<Sketch> parts(1 + random() % 5);
    for (auto sample : samples) {
      std::shuffle(sample.begin(), sample.end(), random);
      Sketch &part = parts[random() % parts.size()];
      for (size_t at = 0; at < sample.size();) {
        const size_t size = std::min<size_t>(1 + random() % 100, sample.size() - at);
        part.add(sample.data() + at, size);
        at += size;
      }
      part.endSample();
    }
    std::shuffle(parts.begin(), parts.end(), random);
    Sketch merged;
    for (const Sketch &part : parts)
      merged.merge(part);
    ASSERT_EQ(merged.encode(), reference.encode());
  }
}

TEST(Sketch, CountsEveryValueOnce) {
  Sketch sketch;
  const float values[] = {1.0f, -2.0f, 0.0f, -0.0f, kNaN, kInf, -kInf, -FLT_MAX, FLT_MAX, 3.3e38f};
  sketch.add(values, std::size(values));
  EXPECT_EQ(sketch.getCount(), 5u);
  EXPECT_EQ(sketch.getNaNs(), 1u);
  EXPECT_EQ(sketch.getPositiveInfinities(), 2u);
  EXPECT_EQ(sketch.getNegativeInfinities(), 2u);
  EXPECT_EQ(sketch.getExtrema().lo, -2.0f);
  EXPECT_EQ(sketch.getExtrema().hi, 3.3e38f);
}

TEST(Sketch, NegativeZeroIsZero) {
  Sketch negative, positive;
  const float zeros[] = {-0.0f, 0.0f};
  negative.add(&zeros[0], 1);
  positive.add(&zeros[1], 1);
  EXPECT_EQ(negative, positive);
  EXPECT_FALSE(std::signbit(negative.getExtrema().lo));
}

TEST(Sketch, MeanExtremaAreThoseOfTheSamples) {
  Sketch sketch;
  addSample(sketch, {-1.0f, 3.0f});
  addSample(sketch, {kNaN, kInf}); // has no finite value and does not count
  addSample(sketch, {-2.0f, 0.0f, 6.0f});
  EXPECT_EQ(sketch.getSamples(), 2u);
  EXPECT_EQ(sketch.getMeanExtrema().lo, -1.5f);
  EXPECT_EQ(sketch.getMeanExtrema().hi, 4.5f);
}

TEST(Sketch, ChannelsAreTheInnermostDimension) {
  Sketch sketch(3), other(3);
  sketch.add(std::vector<float>{1, -1, kNaN, 2, 5, 7}.data(), 6);
  sketch.endSample();
  other.add(std::vector<float>{-4, 0, 9}.data(), 3);
  other.endSample();
  sketch.merge(other);
  ASSERT_EQ(sketch.getChannels(), 3);
  EXPECT_EQ(sketch.getChannelExtrema()[0].lo, -4);
  EXPECT_EQ(sketch.getChannelExtrema()[0].hi, 2);
  EXPECT_EQ(sketch.getChannelExtrema()[1].lo, -1);
  EXPECT_EQ(sketch.getChannelExtrema()[1].hi, 5);
  EXPECT_EQ(sketch.getChannelExtrema()[2].lo, 7);
  EXPECT_EQ(sketch.getChannelExtrema()[2].hi, 9);
}

TEST(Sketch, IsTheSameAfterBeingWrittenAndRead) {
  for (int64_t channels : {0, 4}) {
    Sketch sketch(channels), copy;
    for (const auto &sample : makeSamples(5))
      addSample(sketch, sample);
    ASSERT_TRUE(Sketch::decode(sketch.encode(), copy));
    EXPECT_EQ(copy, sketch);
    EXPECT_EQ(copy.getCount(), sketch.getCount());
    EXPECT_EQ(copy.getMeanExtrema(), sketch.getMeanExtrema());
    EXPECT_EQ(copy.getChannels(), channels);
  }
  Sketch empty, copy;
  ASSERT_TRUE(Sketch::decode(empty.encode(), copy));
  EXPECT_EQ(copy, empty);
}

TEST(Sketch, ExtremaAloneAreThoseOfTheWholeSketch) {
  for (int size : {1, 15, 16, 300, 2500}) {
    Sketch whole(1), extrema(1, /*keepsDistribution=*/false), parts[2] = {Sketch(1, false), Sketch(1, false)};
    int number = 0;
    for (const auto &sample : makeSamples(5, 40, size)) {
      addSample(whole, sample);
      addSample(extrema, sample);
      addSample(parts[number++ % 2], sample);
    }
    EXPECT_EQ(extrema.getExtrema(), whole.getExtrema());
    EXPECT_EQ(extrema.getMeanExtrema(), whole.getMeanExtrema());
    EXPECT_EQ(extrema.getChannelExtrema(), whole.getChannelExtrema());
    EXPECT_EQ(extrema.getCount(), whole.getCount());
    EXPECT_EQ(extrema.getNaNs(), whole.getNaNs());
    EXPECT_EQ(extrema.getNegativeInfinities(), whole.getNegativeInfinities());
    EXPECT_EQ(extrema.getPositiveInfinities(), whole.getPositiveInfinities());
    parts[0].merge(parts[1]);
    EXPECT_EQ(parts[0], extrema);
    Sketch read;
    ASSERT_TRUE(Sketch::decode(extrema.encode(), read));
    EXPECT_EQ(read, extrema);
    EXPECT_FALSE(read.keepsDistribution());
    // What was distributed as well counts as extrema from then on.
    whole.merge(Sketch(1, false));
    EXPECT_EQ(whole, extrema);
  }
}

TEST(Sketch, RefusesBytesThatAreNotASketch) {
  Sketch sketch(2), copy;
  for (const auto &sample : makeSamples(6, 4, 50))
    addSample(sketch, sample);
  const std::string bytes = sketch.encode();
  EXPECT_FALSE(Sketch::decode("", copy));
  EXPECT_FALSE(Sketch::decode(bytes.substr(0, bytes.size() - 1), copy));
  EXPECT_FALSE(Sketch::decode(bytes + '\x80', copy));
  EXPECT_FALSE(Sketch::decode(std::string(100, '\xff'), copy));
  // Whatever is read is a sketch that can be written, merged and read again.
  std::mt19937 random(8);
  for (int i = 0; i < 20000; ++i) {
    std::string mutant = bytes;
    mutant[random() % mutant.size()] = static_cast<char>(random());
    Sketch read;
    if (!Sketch::decode(mutant, read))
      continue;
    Sketch sum(read.getChannels()), again;
    sum.merge(read);
    EXPECT_TRUE(Sketch::decode(sum.encode(), again));
  }
}

} // namespace
