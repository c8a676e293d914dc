//===- SplitSamplesTest.cpp - Which samples measure ranges, and which judge the result ----------------------------===//
#include "quant-opt/Calibrate/SplitSamples.h"

#include "gtest/gtest.h"
#include <algorithm>
#include <iterator>

using namespace mlir::qnn;

using Samples = std::vector<int64_t>;

TEST(SplitSamples, EveryEighthIsHeldOut) {
  const SampleSplit split = splitSamples(17);
  EXPECT_FALSE(split.areShared);
  EXPECT_EQ(split.heldOut, (Samples{7, 15}));
  EXPECT_EQ(split.calibration, (Samples{0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 16}));
}

TEST(SplitSamples, FewSamplesServeBoth) {
  const SampleSplit split = splitSamples(15);
  EXPECT_TRUE(split.areShared);
  EXPECT_EQ(split.heldOut.size(), 15u);
  EXPECT_EQ(split.calibration, split.heldOut);
}

TEST(SplitSamples, OnlyTheSamplesAskedForAreSplit) {
  const SampleSplit split = splitSamples(100, 16);
  EXPECT_EQ(split.heldOut, (Samples{7, 15}));
  EXPECT_EQ(split.calibration.size(), 14u);
  EXPECT_TRUE(splitSamples(100, 15).areShared);
  EXPECT_EQ(splitSamples(20, 100).calibration.size() + splitSamples(20, 100).heldOut.size(), 20u);
}

TEST(SplitSamples, ASeedChoosesTheSamplesThatAreSplit) {
  const SampleSplit split = splitSamples(1000, 80, /*seed=*/3);
  Samples all;
  std::merge(split.calibration.begin(), split.calibration.end(), split.heldOut.begin(), split.heldOut.end(),
             std::back_inserter(all));
  EXPECT_EQ(split.heldOut.size(), 10u);
  EXPECT_EQ(all, chooseSamples(1000, 80, 3));
  EXPECT_NE(all, chooseSamples(1000, 80, 4));
}

TEST(SplitSamples, ThinnedSamplesAreSpreadEvenly) {
  EXPECT_EQ(thinSamples({1, 2, 3, 5, 8, 13}, 3), (Samples{1, 3, 8}));
  EXPECT_EQ(thinSamples({1, 2}, 3), (Samples{1, 2}));
}
