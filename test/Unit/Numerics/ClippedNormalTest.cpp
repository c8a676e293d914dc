//===- ClippedNormalTest.cpp - Means of clipped normals against integrals, and back from their moments ------------===//
#include "quant-opt/Numerics/ClippedNormal.h"

#include "gtest/gtest.h"
#include <cmath>

using namespace mlir::qnn::numerics;

namespace {

/// E f(x) by the trapezoidal rule over ten deviations.
template <typename Function> double integrate(Normal normal, Function &&f) {
  double sum = 0;
  const int steps = 200000;
  for (int i = 0; i <= steps; ++i) {
    const double t = -10 + 20.0 * i / steps;
    sum += f(normal.mean + t * normal.deviation) * std::exp(-t * t / 2) * 20 / steps;
  }
  return sum / std::sqrt(2 * M_PI);
}

TEST(ClippedNormalTest, MeanIsTheIntegral) {
  for (Normal normal : {Normal{0.0, 1.0}, Normal{-2.0, 0.5}, Normal{3.0, 4.0}})
    for (double lo : {-1.0, 0.0})
      for (double hi : {0.5, 6.0})
        EXPECT_NEAR(getClippedMean(normal, lo, hi),
                    integrate(normal, [&](double x) { return std::min(std::max(x, lo), hi); }), 1e-6);
}

TEST(ClippedNormalTest, InfiniteBoundsClipNothing) {
  EXPECT_DOUBLE_EQ(getClippedMean({1.5, 2.0}, -INFINITY, INFINITY), 1.5);
  EXPECT_NEAR(getClippedMean({0.0, 1.0}, 0.0, INFINITY), 1 / std::sqrt(2 * M_PI), 1e-12);
}

TEST(ClippedNormalTest, ASingleValueIsClipped) {
  EXPECT_EQ(getClippedMean({7.0, 0.0}, 0.0, 6.0), 6.0);
  EXPECT_EQ(getClippedMean({-1.0, 0.0}, 0.0, 6.0), 0.0);
}

TEST(ClippedNormalTest, RectifiedMomentsGiveTheDistributionBack) {
  for (Normal normal : {Normal{0.0, 1.0}, Normal{-1.0, 0.5}, Normal{2.0, 3.0}, Normal{10.0, 0.5}}) {
    const double mean = integrate(normal, [](double x) { return std::max(x, 0.0); });
    const double square = integrate(normal, [](double x) { return std::max(x, 0.0) * std::max(x, 0.0); });
    const Normal fitted = fitRectified(mean, square);
    EXPECT_NEAR(fitted.mean, normal.mean, 1e-3 * normal.deviation);
    EXPECT_NEAR(fitted.deviation, normal.deviation, 1e-3 * normal.deviation);
  }
}

TEST(ClippedNormalTest, DegenerateMomentsAreASingleValue) {
  EXPECT_EQ(fitRectified(0.0, 0.0).deviation, 0.0);
  EXPECT_EQ(fitRectified(2.0, 4.0).mean, 2.0);
  EXPECT_EQ(fitRectified(2.0, 4.0).deviation, 0.0);
}

} // namespace
