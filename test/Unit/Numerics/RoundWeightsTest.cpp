//===- RoundWeightsTest.cpp - Rounding against all integers there are, and against the nearest ones ---------------===//
#include "quant-opt/Numerics/RoundWeights.h"
#include "quant-opt/Numerics/Quantize.h"

#include "gtest/gtest.h"
#include <random>

using namespace mlir::qnn::numerics;

namespace {

constexpr StorageBounds kS4Narrow{-7, 7};

/// A layer with correlated inputs, of which the quantized ones are coarse.
struct Layer {
  int64_t inputs, outputs, count;
  std::vector<float> weights, x, y;

  Layer(int64_t inputs, int64_t outputs, int64_t count, unsigned seed)
      : inputs(inputs), outputs(outputs), count(count) {
    std::mt19937 random(seed);
    auto next = [&] { return static_cast<float>(random() % 2001) / 1000.0f - 1.0f; };
    for (int64_t i = 0; i < inputs * outputs; ++i)
      weights.push_back(next());
    for (int64_t s = 0; s < count; ++s) {
      const float common = next();
      std::vector<float> exact;
      for (int64_t i = 0; i < inputs; ++i) {
        exact.push_back(common + 0.5f * next() + 0.3f);
        x.push_back(roundNearestEven(exact.back() * 8) / 8);
      }
      for (int64_t c = 0; c < outputs; ++c) {
        float sum = 0.7f;
        for (int64_t i = 0; i < inputs; ++i)
          sum += weights[c * inputs + i] * exact[i];
        y.push_back(sum);
      }
    }
  }

  LeastSquares getProblem(double damping = 1e-3) const {
    Moments moments(inputs, outputs);
    moments.add(x.data(), y.data(), count);
    return moments.getProblem(weights.data(), damping);
  }
};

double getError(const LeastSquares &problem, const RoundedWeights &rounded, StorageBounds bounds) {
  double error = 0;
  for (int64_t c = 0; c < problem.numOutputs; ++c) {
    const float limit = rounded.limits[rounded.limits.size() == 1 ? 0 : c];
    const double scale = symmetricParams(-limit, limit, bounds).scale;
    std::vector<double> v;
    for (int64_t i = 0; i < problem.numInputs; ++i)
      v.push_back(scale * rounded.integers[c * problem.numInputs + i]);
    error += problem.getError(c, v.data());
  }
  return error;
}

TEST(RoundWeightsTest, NeverWorseThanTheNearest) {
  for (unsigned seed = 0; seed < 20; ++seed)
    for (bool perTensor : {false, true})
      for (StorageBounds bounds : {kS4Narrow, kS8Narrow}) {
        const Layer layer(9 + seed, 4, 200, seed);
        const LeastSquares problem = layer.getProblem();
        const RoundedWeights rounded = roundWeights(problem, layer.weights.data(), {bounds, perTensor});
        EXPECT_EQ(rounded.limits.size(), perTensor ? 1u : 4u);
        EXPECT_LE(rounded.error, rounded.nearestError);
        EXPECT_NEAR(getError(problem, rounded, bounds), rounded.error, 1e-12);
        for (int32_t integer : rounded.integers) {
          EXPECT_GE(integer, bounds.qmin);
          EXPECT_LE(integer, bounds.qmax);
        }
      }
}

TEST(RoundWeightsTest, GainsMuchAtFourBits) {
  const Layer layer(36, 8, 500, 3);
  const RoundedWeights rounded = roundWeights(layer.getProblem(), layer.weights.data(), {kS4Narrow, false});
  EXPECT_LT(rounded.error, 0.6 * rounded.nearestError); // What is left is mostly the error of the inputs.
}

/// With its scale fixed, the choice of three weights is compared with all there are.
TEST(RoundWeightsTest, IsCloseToTheBestOfAllIntegers) {
  const StorageBounds bounds{-3, 3};
  int best = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    const Layer layer(3, 1, 50, 100 + seed);
    const LeastSquares problem = layer.getProblem();
    const RoundedWeights rounded = roundWeights(problem, layer.weights.data(), {bounds, false});
    const double scale = symmetricParams(-rounded.limits[0], rounded.limits[0], bounds).scale;
    double least = HUGE_VAL;
    for (int a = -3; a <= 3; ++a)
      for (int b = -3; b <= 3; ++b)
        for (int c = -3; c <= 3; ++c) {
          const double v[] = {scale * a, scale * b, scale * c};
          least = std::min(least, problem.getError(0, v));
        }
    EXPECT_GE(rounded.error, least - 1e-12);
    EXPECT_LE(rounded.error, 1.5 * least + 1e-9);
    best += rounded.error <= least + 1e-12;
  }
  EXPECT_GE(best, 32);
}

TEST(RoundWeightsTest, BiasCorrectsTheMean) {
  Layer layer(5, 2, 300, 9);
  for (float &x : layer.x)
    x += 0.25f; // what the layer reads is off by as much
  const LeastSquares problem = layer.getProblem(10.0);
  const RoundedWeights rounded = roundWeights(problem, layer.weights.data(), {kS8Narrow, false});
  for (int64_t c = 0; c < 2; ++c) {
    const float limit = rounded.limits[c];
    const double scale = symmetricParams(-limit, limit, kS8Narrow).scale;
    double mean = 0;
    for (int64_t s = 0; s < layer.count; ++s) {
      double rest = layer.y[s * 2 + c] - rounded.bias[c];
      for (int64_t i = 0; i < 5; ++i)
        rest -= scale * rounded.integers[c * 5 + i] * layer.x[s * 5 + i];
      mean += rest / layer.count;
    }
    EXPECT_NEAR(mean, 0.0, 1e-5);
  }
}

TEST(RoundWeightsTest, WithoutSamplesRoundsToNearest) {
  const Layer layer(7, 2, 0, 5);
  const RoundedWeights rounded = roundWeights(layer.getProblem(), layer.weights.data(), {kS8Narrow, false});
  for (int64_t c = 0; c < 2; ++c) {
    const float scale = symmetricParams(-rounded.limits[c], rounded.limits[c], kS8Narrow).scale;
    for (int64_t i = 0; i < 7; ++i)
      EXPECT_EQ(rounded.integers[c * 7 + i], quantize(layer.weights[c * 7 + i], scale, 0, -127, 127));
  }
}

TEST(RoundWeightsTest, WeightsOnTheGridStayThere) {
  const Layer layer(12, 3, 100, 21);
  const RoundedWeights rounded = roundWeights(layer.getProblem(), layer.weights.data(), {kS4Narrow, false});
  for (int64_t c = 0; c < 3; ++c) {
    const float scale = symmetricParams(-rounded.limits[c], rounded.limits[c], kS4Narrow).scale;
    for (int64_t i = 0; i < 12; ++i) {
      const int32_t integer = rounded.integers[c * 12 + i];
      EXPECT_EQ(quantize(dequantize(integer, scale, 0), scale, 0, -7, 7), integer);
    }
  }
}

TEST(RoundWeightsTest, ZeroWeightsAndConstantInputsGiveZeros) {
  const std::vector<float> x(30, 1.0f), y(10, 2.0f), weights(3, 0.0f);
  Moments moments(3, 1);
  moments.add(x.data(), y.data(), 10);
  const RoundedWeights rounded = roundWeights(moments.getProblem(weights.data(), 0.01), weights.data(), {});
  EXPECT_EQ(rounded.integers, std::vector<int32_t>(3, 0));
  EXPECT_EQ(rounded.bias[0], 2.0f);
}

TEST(ChooseWeightLimitTest, ClipsALoneOutlierAtFourBits) {
  std::vector<float> weights;
  for (int i = 0; i < 1000; ++i)
    weights.push_back((i % 201 - 100) / 1000.0f);
  weights.push_back(0.2f);
  EXPECT_LT(chooseWeightLimit(weights.data(), nullptr, weights.size(), kS4Narrow), 0.15f);
  // Unless it is what matters.
  std::vector<double> importance(weights.size(), 1e-6);
  importance.back() = 1.0;
  EXPECT_FLOAT_EQ(chooseWeightLimit(weights.data(), importance.data(), weights.size(), kS4Narrow), 0.2f);
}

TEST(ChooseWeightLimitTest, OfZerosIsZero) {
  const float weights[] = {0.0f, 0.0f};
  EXPECT_EQ(chooseWeightLimit(weights, nullptr, 2, kS8Narrow), 0.0f);
}

} // namespace
