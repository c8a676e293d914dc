//===- LeastSquaresTest.cpp - Sums, factors and solutions against the same computed plainly -----------------------===//
#include "quant-opt/Numerics/LeastSquares.h"

#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace mlir::qnn::numerics;

namespace {

std::vector<float> makeValues(int64_t count, unsigned seed, float offset = 0) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = offset + static_cast<float>(random() % 2001) / 1000.0f - 1.0f;
  return values;
}

TEST(LeastSquaresTest, ErrorIsThatOfTheSamples) {
  const int64_t inputs = 21, outputs = 3, count = 700;
  const std::vector<float> x = makeValues(count * inputs, 1, 0.5f), y = makeValues(count * outputs, 2, -2.0f);
  const std::vector<float> weights(inputs * outputs, 0.0f);
  Moments moments(inputs, outputs);
  moments.add(x.data(), y.data(), 100);
  moments.add(x.data() + 100 * inputs, y.data() + 100 * outputs, count - 100);
  EXPECT_EQ(moments.getCount(), count);
  const LeastSquares problem = moments.getProblem(weights.data(), 0.0);

  const std::vector<float> tried = makeValues(inputs, 3);
  const std::vector<double> v(tried.begin(), tried.end());
  for (int64_t c = 0; c < outputs; ++c) {
    double error = 0;
    const double bias = problem.getBias(c, v.data());
    for (int64_t s = 0; s < count; ++s) {
      double rest = y[s * outputs + c] - bias;
      for (int64_t i = 0; i < inputs; ++i)
        rest -= v[i] * x[s * inputs + i];
      error += rest * rest / count;
    }
    EXPECT_NEAR(problem.getError(c, v.data()), error, error * 1e-5);
  }
}

TEST(LeastSquaresTest, SamplesThatAreNotFiniteAreLeftOut) {
  Moments moments(1, 1);
  const float x[] = {1, INFINITY, 3, 5}, y[] = {2, 0, NAN, 4};
  moments.add(x, y, 4);
  EXPECT_EQ(moments.getCount(), 2);
  EXPECT_EQ(moments.getMeanInput()[0], 3.0);
  EXPECT_EQ(moments.getMeanOutput()[0], 3.0);
}

TEST(LeastSquaresTest, WithoutSamplesTheWeightsAreTheSolution) {
  const std::vector<float> weights = makeValues(4, 5);
  const LeastSquares problem = Moments(4, 1).getProblem(weights.data(), 0.01);
  std::vector<double> solution = problem.cross, factor = problem.gram;
  ASSERT_TRUE(factorCholesky(factor, 4));
  solveTransposed(factor, solution.data(), 4);
  solve(factor, solution.data(), 4);
  for (int i = 0; i < 4; ++i)
    EXPECT_FLOAT_EQ(solution[i], weights[i]);
}

TEST(LeastSquaresTest, CholeskySolvesASystemLargerThanAPanel) {
  const int64_t n = 150;
  const std::vector<float> x = makeValues(400 * n, 7), y = makeValues(400, 8), weights(n, 0.0f);
  Moments moments(n, 1);
  moments.add(x.data(), y.data(), 400);
  const LeastSquares problem = moments.getProblem(weights.data(), 0.0);
  std::vector<double> factor = problem.gram, solution = problem.cross;
  ASSERT_TRUE(factorCholesky(factor, n));
  solveTransposed(factor, solution.data(), n);
  solve(factor, solution.data(), n);
  for (int64_t i = 0; i < n; ++i)
    EXPECT_NEAR(dot(&problem.gram[i * n], solution.data(), n), problem.cross[i], 1e-9);
}

TEST(LeastSquaresTest, AMatrixThatIsNotDefiniteHasNoFactor) {
  std::vector<double> matrix = {1, 2, 2, 1};
  EXPECT_FALSE(factorCholesky(matrix, 2));
}

TEST(LeastSquaresTest, MoreDampingKeepsWeightsCloser) {
  const int64_t inputs = 6, count = 8;
  const std::vector<float> x = makeValues(count * inputs, 11), y = makeValues(count, 12), weights(inputs, 0.25f);
  Moments moments(inputs, 1);
  moments.add(x.data(), y.data(), count);
  double last = HUGE_VAL;
  for (double damping : {0.01, 0.1, 1.0, 10.0}) {
    LeastSquares problem = moments.getProblem(weights.data(), damping);
    ASSERT_TRUE(factorCholesky(problem.gram, inputs));
    solveTransposed(problem.gram, problem.cross.data(), inputs);
    solve(problem.gram, problem.cross.data(), inputs);
    double distance = 0;
    for (int64_t i = 0; i < inputs; ++i)
      distance += std::pow(problem.cross[i] - weights[i], 2);
    EXPECT_LT(distance, last);
    last = distance;
  }
}

} // namespace
