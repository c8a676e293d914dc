//===- RoundWeights.cpp - Integer weights and biases of least squared error at a layer's output -------------------===//
#include "quant-opt/Numerics/RoundWeights.h"

#include "quant-opt/Numerics/Quantize.h"

#include <algorithm>
#include <numeric>

using namespace mlir::qnn::numerics;

/// A sweep that gains less than this share of the error is the last.
static constexpr double kLeastGain = 1.0e-12;

static float getScale(float limit, StorageBounds bounds) { return symmetricParams(-limit, limit, bounds).scale; }

static float getLargest(const float *weights, int64_t count) {
  float largest = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = std::max(largest, std::fabs(weights[i]));
  return largest;
}

namespace {

/// Integers of one channel for one scale.
struct Candidate {
  std::vector<int32_t> integers;
  double error = HUGE_VAL;
};

/// Rounds the channels of one problem.
class Rounder {
public:
  Rounder(const LeastSquares &problem, const RoundingOptions &options)
      : problem(problem), options(options), n(problem.numInputs), order(n), gradient(n), target(n), values(n) {
    // Weights of inputs that vary most are rounded first, while many others are left to take up the error; the nearest
    // plane goes from the last to the first.
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return std::make_pair(problem.gram[a * n + a], a) < std::make_pair(problem.gram[b * n + b], b);
    });
    factor.resize(n * n);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j)
        factor[i * n + j] = problem.gram[order[i] * n + order[j]];
    isDefinite = factorCholesky(factor, n);
  }

  /// The integers nearest to the weights.
  Candidate roundToNearest(const float *weights, float scale, int64_t channel) {
    Candidate result;
    for (int64_t i = 0; i < n; ++i)
      result.integers.push_back(clamp(roundNearestEven(weights[i] / scale)));
    result.error = getError(result.integers, scale, channel);
    return result;
  }

  /// The better of the nearest plane and `start`, each improved one weight at a time.
  Candidate choose(Candidate start, float scale, int64_t channel) {
    Candidate best = improve(std::move(start), scale, channel);
    if (!isDefinite)
      return best;
    Candidate plane = improve(roundToNearestPlane(scale, channel), scale, channel);
    return plane.error < best.error ? plane : best;
  }

  double getError(const std::vector<int32_t> &integers, float scale, int64_t channel) {
    for (int64_t i = 0; i < n; ++i)
      values[i] = static_cast<double>(scale) * integers[i];
    return problem.getError(channel, values.data());
  }

private:
  int32_t clamp(double rounded) const {
    return static_cast<int32_t>(std::min<double>(std::max<double>(rounded, options.bounds.qmin), options.bounds.qmax));
  }

  Candidate roundToNearestPlane(float scale, int64_t channel) {
    for (int64_t i = 0; i < n; ++i)
      target[i] = problem.cross[channel * n + order[i]];
    solveTransposed(factor, target.data(), n);
    Candidate result;
    result.integers.resize(n);
    for (int64_t i = n - 1; i >= 0; --i) {
      const double *row = &factor[i * n];
      const double best = (target[i] - dot(row + i + 1, values.data() + i + 1, n - i - 1)) / row[i];
      const int32_t integer = clamp(std::nearbyint(best / scale));
      values[i] = static_cast<double>(scale) * integer;
      result.integers[order[i]] = integer;
    }
    return result;
  }

  /// Moves one weight at a time to the integer of least error until none moves: the error falls with each move.
  Candidate improve(Candidate candidate, float scale, int64_t channel) {
    std::vector<int32_t> &integers = candidate.integers;
    for (int64_t i = 0; i < n; ++i)
      values[i] = static_cast<double>(scale) * integers[i];
    for (int64_t i = 0; i < n; ++i)
      gradient[i] = dot(&problem.gram[i * n], values.data(), n) - problem.cross[channel * n + i];
    for (int sweep = 0; sweep < options.maxSweeps; ++sweep) {
      double gain = 0;
      for (int64_t i = 0; i < n; ++i) {
        const double curvature = problem.gram[i * n + i];
        if (!(curvature > 0))
          continue;
        const int32_t integer = clamp(std::nearbyint(integers[i] - gradient[i] / (curvature * scale)));
        if (integer == integers[i])
          continue;
        const double move = static_cast<double>(scale) * (integer - integers[i]);
        const double moveGain = -move * (2 * gradient[i] + move * curvature);
        if (!(moveGain > kLeastGain * problem.constant[channel]))
          continue; // A tie, which would move to and fro.
        gain += moveGain;
        integers[i] = integer;
        addScaled(gradient.data(), move, &problem.gram[i * n], n);
      }
      if (gain <= 0)
        break;
    }
    candidate.error = getError(integers, scale, channel);
    return candidate;
  }

  const LeastSquares &problem;
  const RoundingOptions &options;
  const int64_t n;
  std::vector<int64_t> order;
  std::vector<double> factor; // of the matrix with rows and columns in `order`
  bool isDefinite = false;
  std::vector<double> gradient, target, values;
};

} // namespace

float mlir::qnn::numerics::chooseWeightLimit(const float *weights, const double *importance, int64_t count,
                                             StorageBounds bounds) {
  const float largest = getLargest(weights, count);
  float best = largest;
  double least = HUGE_VAL;
  for (int share = 100; share >= 20 && largest > 0; share -= 2) {
    const float limit = largest * (static_cast<float>(share) / 100.0f), scale = getScale(limit, bounds);
    double error = 0;
    for (int64_t i = 0; i < count; ++i) {
      const double rest =
          static_cast<double>(dequantize(quantize(weights[i], scale, 0, bounds.qmin, bounds.qmax), scale, 0)) -
          weights[i];
      error += (importance ? importance[i] : 1.0) * rest * rest;
    }
    if (error < least) {
      least = error;
      best = limit;
    }
  }
  return best;
}

RoundedWeights mlir::qnn::numerics::roundWeights(const LeastSquares &problem, const float *weights,
                                                 const RoundingOptions &options) {
  const int64_t n = problem.numInputs, channels = problem.numOutputs;
  Rounder rounder(problem, options);
  std::vector<double> importance(n);
  for (int64_t i = 0; i < n; ++i)
    importance[i] = problem.gram[i * n + i];

  RoundedWeights result;
  const int64_t rows = options.perTensor ? channels : 1; // that share a scale
  std::vector<double> values(n);
  for (int64_t first = 0; first < channels; first += rows) {
    const float *part = weights + first * n;
    const float largest = getLargest(part, rows * n);
    // Around the limit of least weighted error of the weights alone, which costs little to find, some are tried in
    // earnest.
    std::vector<double> partImportance;
    for (int64_t row = 0; row < rows; ++row)
      partImportance.insert(partImportance.end(), importance.begin(), importance.end());
    const float center = chooseWeightLimit(part, partImportance.data(), rows * n, options.bounds);
    std::vector<float> limits = {largest, center};
    for (float share : {0.8f, 0.87f, 0.93f, 1.07f, 1.15f})
      limits.push_back(center * share);

    if (options.limit > 0)
      limits = {options.limit};

    std::vector<Candidate> best(rows);
    float bestLimit = largest;
    double least = HUGE_VAL;
    for (auto it = limits.begin(); it != limits.end(); ++it) {
      if (std::find(limits.begin(), it, *it) != it)
        continue;
      const float scale = getScale(*it, options.bounds);
      std::vector<Candidate> candidates;
      double error = 0;
      for (int64_t row = 0; row < rows; ++row) {
        Candidate nearest = rounder.roundToNearest(part + row * n, scale, first + row);
        if (it == limits.begin())
          result.nearestError += nearest.error;
        candidates.push_back(rounder.choose(std::move(nearest), scale, first + row));
        error += candidates.back().error;
      }
      if (error < least || best[0].integers.empty()) {
        least = error;
        bestLimit = *it;
        best = std::move(candidates);
      }
    }
    result.error += least;
    result.limits.push_back(bestLimit);
    const float scale = getScale(bestLimit, options.bounds);
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t i = 0; i < n; ++i)
        values[i] = static_cast<double>(scale) * best[row].integers[i];
      result.bias.push_back(static_cast<float>(problem.getBias(first + row, values.data())));
      result.integers.insert(result.integers.end(), best[row].integers.begin(), best[row].integers.end());
    }
  }
  return result;
}
