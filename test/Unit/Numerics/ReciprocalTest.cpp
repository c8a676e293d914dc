//===- ReciprocalTest.cpp - Products by a reciprocal of two floats equal the division ----------------------------===//
#include "quant-opt/Numerics/Reciprocal.h"

#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace mlir::qnn::numerics;

/// Whether the quotient by products equals the division for every significand of x, or for each `step`-th, where the
/// quotient is about 2^scale.
static int64_t countDifferences(float divisor, Reciprocal reciprocal, int64_t step, int scale = 4) {
  int exponent;
  std::frexp(divisor, &exponent);
  int64_t different = 0;
  for (int64_t significand = int64_t(1) << 23; significand < int64_t(1) << 24; significand += step) {
    float x = std::ldexp(static_cast<float>(significand), exponent - 24 + scale);
    float quotient = std::fma(x, reciprocal.high, x * reciprocal.low);
    different += quotient != x / divisor;
  }
  return different;
}

TEST(ReciprocalTest, EqualsTheDivisionForEverySignificand) {
  for (float divisor : {0.1f, 1.7f, 0.0235294122f, std::nextafter(2.0f, 0.0f), std::nextafter(1.0f, 2.0f), 3.0f}) {
    std::optional<Reciprocal> reciprocal = getExactReciprocal(divisor);
    ASSERT_TRUE(reciprocal) << divisor;
    EXPECT_EQ(countDifferences(divisor, *reciprocal, 1), 0) << divisor;
  }
}

TEST(ReciprocalTest, EqualsTheDivisionWhereQuotientsAreSmallOrLarge) {
  for (float divisor : {1.41421354f, 0x1.234568p-59f, 0x1.234568p+59f}) {
    std::optional<Reciprocal> reciprocal = getExactReciprocal(divisor);
    ASSERT_TRUE(reciprocal) << divisor;
    for (int scale : {-59, -20, 0, 30, 59})
      EXPECT_EQ(countDifferences(divisor, *reciprocal, 257, scale), 0) << divisor << " at 2^" << scale;
  }
}

TEST(ReciprocalTest, EqualsTheDivisionForRandomDivisors) {
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    float divisor =
        std::ldexp(static_cast<float>((1u << 23) + random() % (1u << 23)), static_cast<int>(random() % 40) - 44);
    std::optional<Reciprocal> reciprocal = getExactReciprocal(divisor);
    if (!reciprocal) {
      ++refused;
      continue;
    }
    EXPECT_EQ(countDifferences(divisor, *reciprocal, 4093), 0) << divisor;
  }
  EXPECT_LT(refused, 400);
}

TEST(ReciprocalTest, RefusesADivisorForWhichAnXFails) {
  // Found by search; the x that fails is the one that the congruence names.
  std::mt19937 random(2);
  int failing = 0;
  for (int i = 0; i < 20000 && failing < 3; ++i) {
    float divisor = static_cast<float>((1u << 23) + random() % (1u << 23));
    if (getExactReciprocal(divisor))
      continue;
    ++failing;
    float high = 1.0f / divisor;
    double remainder = std::fma(-static_cast<double>(divisor), static_cast<double>(high), 1.0);
    EXPECT_GT(countDifferences(divisor, {high, static_cast<float>(remainder / divisor)}, 1), 0) << divisor;
  }
  EXPECT_GT(failing, 0);
}

TEST(ReciprocalTest, PowersOfTwoNeedOneProduct) {
  std::optional<Reciprocal> reciprocal = getExactReciprocal(0.125f);
  ASSERT_TRUE(reciprocal);
  EXPECT_EQ(reciprocal->high, 8.0f);
  EXPECT_EQ(reciprocal->low, 0.0f);
}

TEST(ReciprocalTest, RefusesDivisorsNearTheEndsOfTheRange) {
  EXPECT_FALSE(getExactReciprocal(0x1p-61f));
  EXPECT_FALSE(getExactReciprocal(0x1p61f));
  EXPECT_FALSE(getExactReciprocal(std::nanf("")));
}

/// How often the quotient by the divisor's inverse differs from the division, over every `step`-th significand of x.
static int64_t countDifferencesByInverse(float divisor, int64_t step, int scale = 4) {
  int exponent;
  std::frexp(divisor, &exponent);
  float inverse = 1.0f / divisor;
  int64_t different = 0;
  for (int64_t significand = int64_t(1) << 23; significand < int64_t(1) << 24; significand += step) {
    float x = std::ldexp(static_cast<float>(significand), exponent - 24 + scale);
    different += divideByInverse(x, divisor, inverse) != x / divisor;
  }
  return different;
}

TEST(ReciprocalTest, DivisionByAnInverseIsExactForEverySignificand) {
  for (float divisor : {1.7f, 3.0f, std::nextafter(2.0f, 0.0f), std::nextafter(1.0f, 2.0f), 0.0235294122f})
    EXPECT_EQ(countDifferencesByInverse(divisor, 1), 0) << divisor;
}

TEST(ReciprocalTest, DivisionByAnInverseIsExactWhereDividendsAreLarge) {
  // First quotients are off most where x and the divisor are near the upper end of a binade and x is the smaller.
  for (int64_t d = (int64_t(1) << 24) - 1, last = d - 2000; d > last; --d) {
    float divisor = std::ldexp(static_cast<float>(d), -23), inverse = 1.0f / divisor;
    for (int64_t n = d - 1, end = d - 2000; n > end; --n) {
      float x = std::ldexp(static_cast<float>(n), -23);
      ASSERT_EQ(divideByInverse(x, divisor, inverse), x / divisor) << n << " / " << d;
    }
  }
}

TEST(ReciprocalTest, DivisionByAnInverseIsExactForRandomDivisorsAndBothEndsOfTheRange) {
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    float divisor =
        std::ldexp(static_cast<float>((1u << 23) + random() % (1u << 23)), static_cast<int>(random() % 40) - 44);
    EXPECT_EQ(countDifferencesByInverse(divisor, 4093), 0) << divisor;
  }
  for (int scale : {-38, -20, 0, 30, 59})
    EXPECT_EQ(countDifferencesByInverse(0x1.234568p-59f, 257, scale < 0 ? 0 : scale), 0) << scale;
  for (int scale : {-125, -59, -20, 0, 30, 59})
    EXPECT_EQ(countDifferencesByInverse(0x1.234568p+59f, 257, scale), 0) << scale;
  for (int scale : {-100, 40, 100, 118})
    EXPECT_EQ(countDifferencesByInverse(1.7f, 257, scale), 0) << scale;
  EXPECT_EQ(divideByInverse(0.0f, 3.0f, 1.0f / 3.0f), 0.0f);
  EXPECT_FALSE(std::signbit(divideByInverse(0.0f, 3.0f, 1.0f / 3.0f)));
  EXPECT_TRUE(std::signbit(divideByInverse(-0.0f, 3.0f, 1.0f / 3.0f)));
  EXPECT_EQ(divideByInverse(-1.0f, 3.0f, 1.0f / 3.0f), -1.0f / 3.0f);
}
