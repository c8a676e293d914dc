//===- StatisticsTest.cpp - Rounding and clipping apart, and histograms, of values with known answers -------------===//
#include "quant-opt/Report/Report.h"

#include "gtest/gtest.h"
#include <cmath>

using namespace mlir::qnn;
using numerics::Mass;

TEST(GetGridError, TellsRoundingFromClipping) {
  const numerics::Params params{1.0f, 0, false}; // 0, 1, ..., 255
  const std::vector<Mass> masses = {{2.0, 2.0, 2}, {7.25, 7.25, 1}, {255.5, 255.5, 0}, {257.0, 257.0, 1}};
  const GridError error = getGridError(masses, params, numerics::kU8);
  EXPECT_DOUBLE_EQ(error.rounding, 0.0625 / 4);
  EXPECT_DOUBLE_EQ(error.clipping, 4.0 / 4);
  EXPECT_DOUBLE_EQ(error.clipped, 0.25);
  const double signal = (2 * 4.0 + 7.25 * 7.25 + 257.0 * 257.0) / 4;
  EXPECT_NEAR(error.sqnr, 10 * std::log10(signal / (1.0 + 0.0625 / 4)), 1e-9);
}

TEST(GetGridError, SplitsAMassThatCrossesTheLastHalfStep) {
  const numerics::Params params{1.0f, 0, false};
  // Even from 255 to 256: half of it rounds to 255, the rest is beyond.
  const GridError error = getGridError({{255.0, 256.0, 10}}, params, numerics::kU8);
  EXPECT_NEAR(error.clipped, 0.5, 1e-9);
  EXPECT_NEAR(error.rounding, 1.0 / 24, 1e-6);           // the integral of x^2 from 0 to 1/2
  EXPECT_NEAR(error.clipping, 1.0 / 3 - 1.0 / 24, 1e-6); // and from 1/2 to 1
  EXPECT_TRUE(std::isinf(getGridError({{3.0, 3.0, 1}}, params, numerics::kU8).sqnr));
  EXPECT_EQ(getGridError({}, params, numerics::kU8).clipped, 0);
}

TEST(GetGridError, SeesBothEnds) {
  const numerics::Params params{0.5f, 128, false}; // -64, -63.5, ..., 63.5
  const numerics::Range grid = getRepresentable(params, numerics::kU8);
  EXPECT_EQ(grid.lo, -64.0f);
  EXPECT_EQ(grid.hi, 63.5f);
  const GridError error = getGridError({{-65.0, -65.0, 1}, {0.0, 0.0, 2}, {64.5, 64.5, 1}}, params, numerics::kU8);
  EXPECT_DOUBLE_EQ(error.clipped, 0.5);
  EXPECT_DOUBLE_EQ(error.clipping, (1.0 + 1.0) / 4);
  EXPECT_DOUBLE_EQ(error.rounding, 0);
}

TEST(MakeHistogram, CountsEveryValueOnce) {
  const Histogram histogram = makeHistogram({{-1.0, -1.0, 3}, {-0.5, 0.5, 8}, {1.0, 1.0, 5}}, {-1.0f, 1.0f}, 4);
  EXPECT_EQ(histogram.lo, -1.0);
  EXPECT_EQ(histogram.hi, 1.0);
  ASSERT_EQ(histogram.counts.size(), 4u);
  EXPECT_DOUBLE_EQ(histogram.counts[0], 3);
  EXPECT_DOUBLE_EQ(histogram.counts[1] + histogram.counts[2], 8);
  EXPECT_DOUBLE_EQ(histogram.counts[3], 5);
}

TEST(MakeHistogram, HasWidthForOneValue) {
  const Histogram histogram = makeHistogram({{2.0, 2.0, 7}}, {2.0f, 2.0f}, 10);
  EXPECT_GT(histogram.hi, histogram.lo);
  EXPECT_DOUBLE_EQ(histogram.counts[0], 7);
  EXPECT_TRUE(makeHistogram({}, {}, 10).counts.empty());
}
