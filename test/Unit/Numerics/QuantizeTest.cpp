//===- QuantizeTest.cpp - Each rule of the numeric contract against exact arithmetic
//-------------------------------------===//
#include "quant-opt/Numerics/Quantize.h"

#include "gtest/gtest.h"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir::qnn::numerics;

namespace {

const float kInf = std::numeric_limits<float>::infinity();
const float kNaN = std::numeric_limits<float>::quiet_NaN();

float fromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

/// rne without the library's rounding: by comparing the remainder with one half, in double.
double roundByRemainder(double x) {
  const double below = std::floor(x), rest = x - below;
  if (rest != 0.5)
    return rest < 0.5 ? below : below + 1;
  return std::fmod(below, 2.0) == 0.0 ? below : below + 1;
}

/// quantize_c1 from its formula: a binary64 quotient or product of binary32 numbers, rounded to binary32, is the
/// correctly rounded binary32 one (2 * 24 + 2 <= 53).
int32_t clampReference(double exact, int32_t zeroPoint, int32_t lo, int32_t hi) {
  const double rounded = roundByRemainder(static_cast<float>(exact)) + zeroPoint;
  return static_cast<int32_t>(std::min<double>(std::max<double>(rounded, lo), hi));
}

TEST(Quantize, RoundsTiesToEvenBeforeAddingTheZeroPoint) {
  EXPECT_EQ(quantize(0.5f, 1.0f, 1, 0, 255), 1); // the other order would give rne(1.5) = 2
  EXPECT_EQ(quantize(1.5f, 1.0f, 1, 0, 255), 3);
  EXPECT_EQ(quantize(2.5f, 1.0f, 1, 0, 255), 3);
  EXPECT_EQ(quantize(-0.5f, 1.0f, 1, 0, 255), 1);
  EXPECT_EQ(quantize(-1.5f, 1.0f, 3, 0, 255), 1);
  EXPECT_EQ(quantize(-2.5f, 1.0f, 3, 0, 255), 1);
  EXPECT_EQ(quantize(0.25f, 0.5f, 7, 0, 255), 7);
}

TEST(Quantize, DividesByTheScaleRatherThanMultiplyingByItsReciprocal) {
  // 45.5 / 7 is the tie 6.5, while 45.5 * (1 / 7) rounds to a value above it.
  const float reciprocal = 1.0f / 7.0f;
  EXPECT_GT(45.5f * reciprocal, 6.5f);
  EXPECT_EQ(quantize(45.5f, 7.0f, 0, -128, 127), 6);
}

TEST(Quantize, NaNGivesTheZeroPointAndInfinitiesSaturate) {
  for (StorageBounds bounds : {kU8, kS8}) {
    const Params params{0.1f, 12, false};
    EXPECT_EQ(quantize(kNaN, params, bounds), 12);
    EXPECT_EQ(quantize(-kNaN, params, bounds), 12);
    EXPECT_EQ(quantize(kInf, params, bounds), bounds.qmax);
    EXPECT_EQ(quantize(-kInf, params, bounds), bounds.qmin);
    EXPECT_EQ(quantize(FLT_MAX, params, bounds), bounds.qmax);
    EXPECT_EQ(quantize(-FLT_MAX, params, bounds), bounds.qmin);
  }
}

TEST(Quantize, ZerosAndSubnormalsGiveTheZeroPoint) {
  const Params params{0.1f, 12, false};
  for (float x : {0.0f, -0.0f, FLT_TRUE_MIN, -FLT_TRUE_MIN, FLT_MIN, -FLT_MIN})
    EXPECT_EQ(quantize(x, params, kU8), 12);
  // A subnormal is not flushed: with the smallest normal scale, three quarters of it round to one.
  EXPECT_EQ(quantize(0.75f * FLT_MIN, FLT_MIN, 0, -128, 127), 1);
}

TEST(Quantize, ActivationsNarrowTheBounds) {
  EXPECT_EQ(quantize(-5.0f, 0.5f, 3, 3, 15), 3);
  EXPECT_EQ(quantize(100.0f, 0.5f, 3, 3, 15), 15);
  EXPECT_EQ(quantize(kNaN, 0.5f, 3, 5, 15), 5);
}

TEST(Quantize, MatchesTheFormulaOnASampleOfAllFloats) {
  const float scales[] = {1.0f, 0.5f, 4.0f / 255.0f, 0.1f, 3.0e-3f, 123.456f, 1.5e-30f, 2.0e30f};
  const int32_t zeroPoints[] = {0, 64, 128, 255};
  constexpr uint32_t kStride = 5003; // a prime, so that all exponents and many mantissas occur
  for (uint64_t bits = 0; bits < (1ull << 32); bits += kStride) {
    const float x = fromBits(static_cast<uint32_t>(bits));
    if (std::isnan(x))
      continue;
    for (float scale : scales) {
      const int32_t z = zeroPoints[bits & 3];
      const double exact = static_cast<double>(x) / scale;
      ASSERT_EQ(quantize(x, scale, z, 0, 255), clampReference(exact, z, 0, 255)) << x << " " << scale << " " << z;
      ASSERT_EQ(quantize(x, scale, z - 128, -128, 127), clampReference(exact, z - 128, -128, 127)) << x << " " << scale;
    }
  }
}

TEST(Quantize, MatchesTheFormulaAroundEveryTie) {
  for (float scale : {1.0f, 0.25f, 4.0f / 255.0f, 0.1f, 7.3e-5f}) {
    for (int32_t step = -300; step <= 300; ++step) {
      float x = static_cast<float>((step + 0.5) * scale);
      for (float candidate : {std::nextafter(x, -kInf), x, std::nextafter(x, kInf)})
        ASSERT_EQ(quantize(candidate, scale, 10, 0, 255),
                  clampReference(static_cast<double>(candidate) / scale, 10, 0, 255));
    }
  }
}

TEST(Dequantize, IsTheExactDifferenceTimesTheScaleForEveryPair) {
  for (float scale : {1.0f, 4.0f / 255.0f, 1.0e-38f}) {
    for (int32_t q = -128; q < 256; ++q)
      for (int32_t z = -128; z < 256; ++z)
        ASSERT_EQ(dequantize(q, scale, z), static_cast<float>(static_cast<double>(q - z) * scale));
  }
  EXPECT_EQ(dequantize(INT32_MIN, 1.0f, 1), -2147483648.0f); // the difference does not wrap
}

TEST(Dequantize, QuantizeIsItsInverse) {
  for (float scale : {1.0f, 4.0f / 255.0f, 0.1f, 3.0e7f}) {
    for (int32_t q = 0; q < 256; ++q)
      for (int32_t z : {0, 7, 128, 255})
        ASSERT_EQ(quantize(dequantize(q, scale, z), scale, z, 0, 255), q);
  }
}

TEST(FakeQuantize, IsQuantizeThenDequantize) {
  const Params params = asymmetricParams(-1.0f, 3.0f, kU8);
  EXPECT_EQ(fakeQuantize(0.0f, params, kU8), 0.0f);
  EXPECT_EQ(fakeQuantize(10.0f, params, kU8), 191.0f * params.scale);
  EXPECT_EQ(fakeQuantize(-10.0f, params, kU8), -64.0f * params.scale);
}

TEST(Requantize, RoundsTiesToEvenBeforeAddingTheZeroPoint) {
  EXPECT_EQ(requantize(1000, 0.0125f, 3, 0, 255), 15);
  EXPECT_EQ(requantize(1, 0.5f, 1, 0, 255), 1);
  EXPECT_EQ(requantize(3, 0.5f, 1, 0, 255), 3);
  EXPECT_EQ(requantize(-1, 0.5f, 1, 0, 255), 1);
}

TEST(Requantize, ConvertsTheSumToFloatFirst) {
  // 16777217 is a tie between two floats and becomes 16777216, so the product is the tie 127.5 and not above it.
  EXPECT_EQ(requantize(16777217, 127.5f / 16777216.0f, 0, 0, 255), 128);
  EXPECT_EQ(requantize(16777217, 126.5f / 16777216.0f, 0, 0, 255), 126);
}

TEST(Requantize, MatchesTheFormulaOnASampleOfAllSums) {
  const float multipliers[] = {1.0f, 0.5f, 0.0125f, 3.1e-4f, 7.7e-8f, 1.0e-38f, 3.0e38f, 255.0f};
  const int32_t zeroPoints[] = {0, 3, 128, 255};
  for (int64_t acc = INT32_MIN; acc <= INT32_MAX; acc += 5003) {
    for (float multiplier : multipliers) {
      const int32_t z = zeroPoints[acc & 3];
      const float product = static_cast<float>(static_cast<double>(static_cast<float>(acc)) * multiplier);
      ASSERT_EQ(requantize(static_cast<int32_t>(acc), multiplier, z, 0, 255), clampReference(product, z, 0, 255));
    }
  }
}

TEST(Requantize, MatchesTheFormulaOnEverySmallSum) {
  for (float multiplier : {0.5f, 0.0125f, 0.1f, 1.0f / 3.0f}) {
    for (int32_t acc = -70000; acc <= 70000; ++acc) {
      const float product = static_cast<float>(static_cast<double>(acc) * multiplier);
      ASSERT_EQ(requantize(acc, multiplier, 100, 100, 255), clampReference(product, 100, 100, 255));
    }
  }
}

TEST(Requantize, TheMultiplierIsRoundedTwice) {
  const float a = 0.1f, w = 0.3f, y = 0.7f;
  const float product = static_cast<float>(static_cast<double>(a) * w);
  EXPECT_EQ(requantizeMultiplier(a, w, y), static_cast<float>(static_cast<double>(product) / y));
}

TEST(Requantize, ToFloatIsOneProduct) {
  EXPECT_EQ(requantizeToFloat(1000, 0.0125f), 12.5f);
  EXPECT_EQ(requantizeToFloat(16777217, 1.0f), 16777216.0f);
}

TEST(Bias, IsTheNearestMultipleOfBothScales) {
  EXPECT_EQ(quantizeBias(1.0f, 0.5f, 0.25f).value, 8);
  EXPECT_EQ(quantizeBias(-0.3125f, 0.5f, 0.25f).value, -2); // the tie -2.5
  EXPECT_EQ(quantizeBias(0.4375f, 0.5f, 0.25f).value, 4);   // the tie 3.5
  EXPECT_TRUE(quantizeBias(1.0f, 0.5f, 0.25f).fits);
}

TEST(Bias, SaysWhenItDoesNotFit) {
  EXPECT_TRUE(quantizeBias(-2147483648.0f, 1.0f, 1.0f).fits);
  EXPECT_EQ(quantizeBias(-2147483648.0f, 1.0f, 1.0f).value, INT32_MIN);
  EXPECT_FALSE(quantizeBias(2147483648.0f, 1.0f, 1.0f).fits);
  EXPECT_EQ(quantizeBias(2147483520.0f, 1.0f, 1.0f).value, 2147483520);
  EXPECT_FALSE(quantizeBias(1.0f, 1.0e-20f, 1.0e-20f).fits);
  EXPECT_FALSE(quantizeBias(1.0f, 1.0e-30f, 1.0e-30f).fits); // the product is zero
  EXPECT_FALSE(quantizeBias(kNaN, 1.0f, 1.0f).fits);
  EXPECT_FALSE(quantizeBias(kInf, 1.0f, 1.0f).fits);
  EXPECT_TRUE(quantizeBias(0.0f, 1.0e-30f, 1.0e-30f).fits);
}

TEST(Planes, SplitsEveryWordAndItsZeroPoint) {
  for (int32_t q : {-32768, -257, -256, -1, 0, 1, 255, 256, 32767, 65535})
    for (int32_t z : {-300, -1, 0, 77, 258, 65535})
      EXPECT_EQ(256 * (highPlane(q) - highPlane(z)) + (lowPlane(q) - lowPlane(z)), q - z) << q << " " << z;
}

TEST(Planes, RoundEachStep) {
  EXPECT_EQ(requantizePlanesToFloat(3, 5, 0.5f), 386.5f);
  // 2^24 + 1 is rounded before it is shifted; its last bit is lost, and so is the low plane's.
  EXPECT_EQ(requantizePlanesToFloat(16777217, 127, 1.0f), 0x1p32f);
  EXPECT_EQ(requantizePlanesToFloat(1, 2, 3, 4, 1.0f), 65536.0f + 5 * 256.0f + 4.0f);
}

TEST(Elementwise, DequantizesAppliesAndQuantizes) {
  const Params sum{0.5f, 10, false};
  const QuantizedValue a{12, 0.25f, 4}, b{3, 1.0f, 0};
  EXPECT_EQ(quantizeElementwise([](float x, float y) { return x + y; }, sum, kU8, a, b), 20); // (2 + 3) / 0.5 + 10
}

TEST(Lookup, TabulatesEveryByteBySignedness) {
  const Params params{1.0f / 127.0f, 0, false};
  auto negate = [](float x) { return -x; };
  LookupTable table = buildLookupTable(negate, params, /*isUnsigned=*/false, params, kS8);
  for (int32_t q = -128; q <= 127; ++q)
    EXPECT_EQ(static_cast<int8_t>(table[static_cast<uint8_t>(q)]), std::min(-q, 127));
  const Params u8{1.0f, 0, false};
  LookupTable halves = buildLookupTable([](float x) { return x / 2; }, u8, /*isUnsigned=*/true, u8, kU8);
  EXPECT_EQ(halves[255], 128); // 127.5 goes to even
  EXPECT_EQ(halves[1], 0);
  EXPECT_EQ(halves[3], 2);
}

} // namespace
