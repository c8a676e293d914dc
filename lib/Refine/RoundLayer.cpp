//===- RoundLayer.cpp - The best of several ways to round one layer, judged on samples of its own -----------------===//
#include "RoundLayer.h"

#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Numerics/RoundWeights.h"

using namespace mlir;
using namespace mlir::qnn;

/// The float weights of one group's matrix.
static ArrayRef<float> getMatrix(const FitLayer &layer, ArrayRef<float> matrices, int64_t group) {
  const int64_t size = layer.patches.numOutputs * layer.patches.numInputs;
  return matrices.slice(group * size, size);
}

/// The nearest integers with the biases that are best for them.
static RoundedLayer correctBias(const FitLayer &layer, ArrayRef<float> nearest, ArrayRef<numerics::Moments> fit) {
  const LayerPatches &shape = layer.patches;
  const std::vector<float> matrices = shape.getMatrices(nearest);
  RoundedLayer rounded;
  rounded.bias = layer.bias.vec();
  for (int64_t group = 0; group < shape.numGroups; ++group) {
    const std::vector<double> x = fit[group].getMeanInput(), y = fit[group].getMeanOutput();
    ArrayRef<float> matrix = getMatrix(layer, matrices, group);
    for (int64_t output = 0; output < shape.numOutputs; ++output) {
      double bias = y[output];
      for (int64_t input = 0; input < shape.numInputs; ++input)
        bias -= matrix[output * shape.numInputs + input] * x[input];
      rounded.bias[shape.getChannel(group, output)] = static_cast<float>(bias);
    }
  }
  return rounded;
}

static RoundedLayer roundByLeastSquares(const FitLayer &layer, const ChosenWeight &weight,
                                        ArrayRef<numerics::Moments> fit, double damping) {
  const LayerPatches &shape = layer.patches;
  RoundedLayer result;
  result.bias = layer.bias.vec();
  numerics::RoundingOptions options;
  options.bounds = weight.bounds;
  options.perTensor = !weight.perChannel;
  // Groups that share a scale would have to be rounded together; they keep the one they have.
  if (options.perTensor && shape.numGroups > 1)
    options.limit = weight.scales.front() * weight.bounds.qmax;
  const std::vector<float> floats = layer.getMatrices();
  std::vector<float> matrices(floats.size());
  result.limits.resize(weight.perChannel ? weight.view.channels : 1);
  for (int64_t group = 0; group < shape.numGroups; ++group) {
    ArrayRef<float> matrix = getMatrix(layer, floats, group);
    const numerics::RoundedWeights rounded =
        numerics::roundWeights(fit[group].getProblem(matrix.data(), damping), matrix.data(), options);
    for (int64_t output = 0; output < shape.numOutputs; ++output) {
      const float limit = rounded.limits[weight.perChannel ? output : 0];
      const float scale = numerics::symmetricParams(-limit, limit, weight.bounds).scale;
      result.limits[weight.perChannel ? weight.view.getChannel(shape.getWeightIndex(group, output, 0)) : 0] = limit;
      result.bias[shape.getChannel(group, output)] = rounded.bias[output];
      for (int64_t input = 0; input < shape.numInputs; ++input) {
        const int64_t place = output * shape.numInputs + input;
        matrices[group * matrix.size() + place] = numerics::dequantize(rounded.integers[place], scale, /*zeroPoint=*/0);
      }
    }
  }
  result.weight = shape.getWeight(matrices);
  return result;
}

/// The mean squared error over groups and outputs.
static double getError(const FitLayer &layer, ArrayRef<numerics::Moments> judge, ArrayRef<float> weight,
                       ArrayRef<float> bias) {
  const LayerPatches &shape = layer.patches;
  const std::vector<float> matrices = shape.getMatrices(weight);
  double error = 0;
  for (int64_t group = 0; group < shape.numGroups; ++group) {
    ArrayRef<float> matrix = getMatrix(layer, matrices, group);
    const numerics::LeastSquares problem = judge[group].getProblem(matrix.data(), /*damping=*/0.0);
    for (int64_t output = 0; output < shape.numOutputs; ++output) {
      ArrayRef<float> row = matrix.slice(output * shape.numInputs, shape.numInputs);
      const std::vector<double> v(row.begin(), row.end());
      const double offset = bias[shape.getChannel(group, output)] - problem.getBias(output, v.data());
      error += problem.getError(output, v.data()) + offset * offset;
    }
  }
  return error / static_cast<double>(shape.numGroups * shape.numOutputs);
}

RoundedLayers qnn::roundLayer(const FitLayer &layer, const ChosenWeight &weight, ArrayRef<numerics::Moments> fit,
                              ArrayRef<numerics::Moments> judge, ArrayRef<double> dampings) {
  RoundedLayers results;
  const std::vector<float> nearest = weight.getRounded();
  results.best.bias = layer.bias;
  results.nearestError = results.error = getError(layer, judge, nearest, layer.bias);
  auto offer = [&](RoundedLayer candidate) {
    const double error = getError(layer, judge, candidate.isNearest() ? nearest : candidate.weight, candidate.bias);
    if (error < results.error) {
      results.error = error;
      results.best = std::move(candidate);
    }
  };
  offer(correctBias(layer, nearest, fit));
  // Other scales are stated along the weight's channels, which several dimensions that are not the leading ones share.
  if (weight.perChannel && weight.view.channels != layer.patches.numGroups * layer.patches.numOutputs)
    return results;
  for (double damping : dampings)
    offer(roundByLeastSquares(layer, weight, fit, damping));
  return results;
}
