//===- FoldedConversionTest.cpp - One fused multiply-add rounds as a conversion and a product --------------------===//
#include "quant-opt/Numerics/FoldedConversion.h"

#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir::qnn::numerics;

/// Of every `step`-th sum in [least, most], how many are rounded to something else.
static int64_t countDifferences(float multiplier, FoldedConversion folded, int64_t least, int64_t most, int32_t lo,
                                int32_t hi, int64_t step) {
  auto round = [&](float x) { return std::nearbyint(std::clamp(x, static_cast<float>(lo), static_cast<float>(hi))); };
  int64_t different = 0;
  for (int64_t sum = least; sum <= most; sum += step) {
    int32_t bits = static_cast<int32_t>(sum) + folded.start;
    float shifted;
    std::memcpy(&shifted, &bits, sizeof(shifted));
    different += round(std::fma(shifted, multiplier, folded.offset)) != round(static_cast<float>(sum) * multiplier);
  }
  return different;
}

TEST(FoldedConversionTest, RoundsEverySumAsTheContractDoes) {
  std::mt19937 random(1);
  for (int i = 0; i < 20; ++i) {
    float multiplier = std::ldexp(static_cast<float>((1u << 23) + random() % (1u << 23)), -24 - int(random() % 11));
    int64_t least = -int64_t(random() % 3000000), most = random() % 3000000;
    std::optional<FoldedConversion> folded = getFoldedConversion(multiplier, least, most, -128, 255);
    ASSERT_TRUE(folded) << multiplier << " on " << least << " to " << most;
    EXPECT_EQ(countDifferences(multiplier, *folded, least, most, -128, 255, 1), 0) << multiplier;
  }
}

TEST(FoldedConversionTest, FindsOneForNearlyEveryMultiplierOfLongSums) {
  std::mt19937 random(2);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    float multiplier = std::ldexp(static_cast<float>((1u << 23) + random() % (1u << 23)), -28 - int(random() % 7));
    std::optional<FoldedConversion> folded = getFoldedConversion(multiplier, -2500000, 3000000, 0, 255);
    refused += !folded;
    if (folded && i % 100 == 0) {
      EXPECT_EQ(countDifferences(multiplier, *folded, -2500000, 3000000, 0, 255, 7), 0) << multiplier;
    }
  }
  EXPECT_LT(refused, 10);
}

TEST(FoldedConversionTest, KeepsExactTies) {
  for (float multiplier : {0.5f, 0.25f, 0x1p-8f, 0x1p-12f, 0x1.8p-7f, 1.0f}) {
    std::optional<FoldedConversion> folded = getFoldedConversion(multiplier, -2000000, 2000000, -100, 155);
    ASSERT_TRUE(folded) << multiplier;
    EXPECT_EQ(countDifferences(multiplier, *folded, -2000000, 2000000, -100, 155, 1), 0) << multiplier;
  }
}

TEST(FoldedConversionTest, TakesSumsOnOneSideOfZero) {
  for (auto [least, most] : {std::pair<int64_t, int64_t>(100000, 3000000), {-4000000, -1000}, {0, 0}}) {
    std::optional<FoldedConversion> folded = getFoldedConversion(0.0017f, least, most, 0, 255);
    ASSERT_TRUE(folded);
    EXPECT_EQ(countDifferences(0.0017f, *folded, least, most, 0, 255, 1), 0);
  }
}

TEST(FoldedConversionTest, RefusesWhatFloatsCannotHold) {
  EXPECT_FALSE(getFoldedConversion(0.01f, -4194304, 4194304, 0, 255)); // 2^23 + 1 sums
  EXPECT_FALSE(getFoldedConversion(0.01f, -20000000, -19999999, 0, 255));
  EXPECT_FALSE(getFoldedConversion(0x1p-13f, -1000, 1000, 0, 255));
  EXPECT_FALSE(getFoldedConversion(1.5f, -1000, 1000, 0, 255));
  EXPECT_FALSE(getFoldedConversion(std::nanf(""), -1000, 1000, 0, 255));
}
