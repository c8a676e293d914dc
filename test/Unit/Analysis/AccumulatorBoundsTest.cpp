//===- AccumulatorBoundsTest.cpp - contract_c2 at the limit and one beyond
//--------------------------------------------===//
#include "quant-opt/Analysis/AccumulatorBounds.h"

#include <gtest/gtest.h>
#include <limits>

using namespace mlir::qnn;

TEST(AccumulatorBounds, WeightsCountByMagnitudeInTheirChannel) {
  AccumulatorBounds bounds = AccumulatorBounds::ofWeights({1, -2, 3, -4}, {0, 1, 0, 1}, 2, 255);
  EXPECT_EQ(bounds.getBounds()[0], 4 * 255);
  EXPECT_EQ(bounds.getBounds()[1], 6 * 255);
  EXPECT_FALSE(bounds.findOverflow());
}

TEST(AccumulatorBounds, TheLimitIsTheLargestInt32) {
  AccumulatorBounds bounds = AccumulatorBounds::ofWeights({1}, {0}, 1, 255);
  bounds.addBias(0, -(std::numeric_limits<int32_t>::max() - 255LL));
  EXPECT_EQ(bounds.getBounds()[0], std::numeric_limits<int32_t>::max());
  EXPECT_FALSE(bounds.findOverflow());
  bounds.addBias(0, 1);
  ASSERT_TRUE(bounds.findOverflow());
  EXPECT_EQ(*bounds.findOverflow(), 0);
}

TEST(AccumulatorBounds, TheWorstCaseReductionsAreThoseOfTheContract) {
  EXPECT_FALSE(AccumulatorBounds::ofProducts(65793, 255, 128).findOverflow());
  EXPECT_TRUE(AccumulatorBounds::ofProducts(65794, 255, 128).findOverflow());
  EXPECT_FALSE(AccumulatorBounds::ofProducts(131071, 128, 128).findOverflow());
  EXPECT_TRUE(AccumulatorBounds::ofProducts(131072, 128, 128).findOverflow());
}

TEST(AccumulatorBounds, HugeSumsSaturate) {
  AccumulatorBounds bounds = AccumulatorBounds::ofProducts(std::numeric_limits<int64_t>::max(), 255, 255);
  EXPECT_EQ(bounds.getBounds()[0], std::numeric_limits<int64_t>::max());
}
