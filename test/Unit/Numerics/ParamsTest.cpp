//===- ParamsTest.cpp - params_c1, params_c2 and params_c3, by hand-computed numbers and by their properties
//--------------===//
#include "quant-opt/Numerics/Params.h"
#include "quant-opt/Numerics/Quantize.h"

#include "gtest/gtest.h"
#include <cfloat>
#include <cmath>
#include <limits>
#include <random>

using namespace mlir::qnn::numerics;

namespace {

const float kInf = std::numeric_limits<float>::infinity();
const float kNaN = std::numeric_limits<float>::quiet_NaN();

void expectParams(const Params &params, float scale, int32_t zeroPoint, bool degenerate) {
  EXPECT_EQ(params.scale, scale);
  EXPECT_EQ(params.zeroPoint, zeroPoint);
  EXPECT_EQ(params.degenerate, degenerate);
}

TEST(Params, AsymmetricRangeGivesItsWidthOver255) {
  expectParams(asymmetricParams(-1.0f, 3.0f, kU8), 4.0f / 255.0f, 64, false);
  expectParams(asymmetricParams(-1.0f, 3.0f, kS8), 4.0f / 255.0f, -64, false);
}

TEST(Params, AsymmetricRangeIsWidenedToHoldZero) {
  expectParams(asymmetricParams(2.0f, 5.1f, kU8), 5.1f / 255.0f, 0, false);
  expectParams(asymmetricParams(-5.1f, -2.0f, kU8), 5.1f / 255.0f, 255, false);
  expectParams(asymmetricParams(2.0f, 5.1f, kS8), 5.1f / 255.0f, -128, false);
}

TEST(Params, AsymmetricZeroPointRoundsTiesToEven) {
  // Scale 1: 0 - (-0.5) is a tie between 0 and 1, 0 - (-1.5) one between 1 and 2, 0 - (-2.5) one between 2 and 3.
  EXPECT_EQ(asymmetricParams(-0.5f, 254.5f, kU8).zeroPoint, 0);
  EXPECT_EQ(asymmetricParams(-1.5f, 253.5f, kU8).zeroPoint, 2);
  EXPECT_EQ(asymmetricParams(-2.5f, 252.5f, kU8).zeroPoint, 2);
}

TEST(Params, SymmetricRangeGivesItsMagnitudeOverQmax) {
  expectParams(symmetricParams(-2.54f, 1.0f, kS8Narrow), 2.54f / 127.0f, 0, false);
  expectParams(symmetricParams(-1.0f, 2.54f, kS8), 2.54f / 127.0f, 0, false);
  expectParams(symmetricParams(0.5f, 2.54f, kU8), 2.54f / 127.0f, 128, false);
}

TEST(Params, EmptyAndSubnormalRangesAreDegenerate) {
  expectParams(asymmetricParams(0.0f, 0.0f, kU8), 1.0f, 0, true);
  expectParams(asymmetricParams(-0.0f, 0.0f, kS8), 1.0f, -128, true);
  expectParams(symmetricParams(0.0f, 0.0f, kS8Narrow), 1.0f, 0, true);
  expectParams(symmetricParams(0.0f, 0.0f, kU8), 1.0f, 128, true);
  expectParams(asymmetricParams(0.0f, FLT_MIN, kU8), 1.0f, 0, true);
  expectParams(asymmetricParams(-FLT_MIN, 0.0f, kU8), 1.0f, 0, true);
  expectParams(symmetricParams(-FLT_MIN, 0.0f, kS8), 1.0f, 0, true);
}

TEST(Params, TheSmallestNormalScaleIsNotDegenerate) {
  EXPECT_FALSE(asymmetricParams(0.0f, FLT_MIN * 255.0f, kU8).degenerate);
  EXPECT_TRUE(asymmetricParams(0.0f, FLT_MIN * 254.0f, kU8).degenerate);
  EXPECT_FALSE(symmetricParams(0.0f, FLT_MIN * 127.0f, kS8).degenerate);
  EXPECT_TRUE(symmetricParams(0.0f, FLT_MIN * 126.0f, kS8).degenerate);
}

TEST(Params, BoundsThatAreNotFiniteStillGiveFiniteParameters) {
  Params widest = asymmetricParams(-kInf, kInf, kU8);
  EXPECT_TRUE(std::isfinite(widest.scale));
  EXPECT_EQ(widest.zeroPoint, 128);
  EXPECT_EQ(asymmetricParams(-FLT_MAX, FLT_MAX, kU8).scale, widest.scale);
  expectParams(asymmetricParams(kNaN, 5.1f, kU8), 5.1f / 255.0f, 0, false);
  expectParams(asymmetricParams(kNaN, kNaN, kU8), 1.0f, 0, true);
  EXPECT_EQ(symmetricParams(-kInf, 1.0f, kS8).scale, FLT_MAX / 127.0f);
}

TEST(Params, ZeroIsExactAndEveryValueWithinTheRangeIsWithinAStep) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> exponent(-30.0f, 30.0f), fraction(-1.0f, 1.0f);
  for (StorageBounds bounds : {kU8, kS8, kS8Narrow}) {
    for (int i = 0; i < 20000; ++i) {
      const float size = std::exp2(exponent(random));
      const float a = size * fraction(random), b = size * fraction(random);
      const float lo = std::min(a, b), hi = std::max(a, b);
      for (const Params &params : {asymmetricParams(lo, hi, bounds), symmetricParams(lo, hi, bounds)}) {
        ASSERT_GE(params.zeroPoint, bounds.qmin);
        ASSERT_LE(params.zeroPoint, bounds.qmax);
        ASSERT_EQ(fakeQuantize(0.0f, params, bounds), 0.0f);
        ASSERT_LE(std::fabs(fakeQuantize(lo, params, bounds) - lo), params.scale * 1.001f);
        ASSERT_LE(std::fabs(fakeQuantize(hi, params, bounds) - hi), params.scale * 1.001f);
      }
    }
  }
}

} // namespace
