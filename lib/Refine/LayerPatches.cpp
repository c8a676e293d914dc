//===- LayerPatches.cpp - A contraction with a constant weight as a matrix product of patches ---------------------===//
#include "LayerPatches.h"

using namespace mlir;
using namespace mlir::qnn;

/// Adds factor * expr to coefficients of the loops and a constant; false if it is not such a sum.
static bool addLinear(AffineExpr expr, int64_t factor, MutableArrayRef<int64_t> coefficients, int64_t &constant) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    coefficients[dim.getPosition()] += factor;
    return true;
  }
  if (auto value = dyn_cast<AffineConstantExpr>(expr)) {
    constant += factor * value.getValue();
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (binary.getKind() == AffineExprKind::Add)
    return addLinear(binary.getLHS(), factor, coefficients, constant) &&
           addLinear(binary.getRHS(), factor, coefficients, constant);
  auto times = dyn_cast<AffineConstantExpr>(binary.getRHS());
  return binary.getKind() == AffineExprKind::Mul && times &&
         addLinear(binary.getLHS(), factor * times.getValue(), coefficients, constant);
}

namespace {
/// Row-major places in a tensor: the sum of each loop's number times its coefficient, and a constant.
struct Places {
  SmallVector<int64_t> coefficients;
  int64_t constant = 0;

  bool set(AffineMap map, ArrayRef<int64_t> shape) {
    coefficients.assign(map.getNumDims(), 0);
    int64_t stride = 1;
    for (int64_t i = shape.size() - 1; i >= 0; --i) {
      if (!addLinear(map.getResult(i), stride, coefficients, constant))
        return false;
      stride *= shape[i];
    }
    return true;
  }

  /// For every combination of numbers of the given loops, the last one fastest.
  std::vector<int64_t> enumerate(ArrayRef<unsigned> loops, ArrayRef<int64_t> extents, int64_t start = 0) const {
    std::vector<int64_t> places = {start};
    for (unsigned loop : loops) {
      std::vector<int64_t> next;
      next.reserve(places.size() * extents[loop]);
      for (int64_t place : places)
        for (int64_t i = 0; i < extents[loop]; ++i)
          next.push_back(place + i * coefficients[loop]);
      places = std::move(next);
    }
    return places;
  }
};
} // namespace

std::optional<LayerPatches> LayerPatches::create(const SimulatedLayer &layer) {
  if (!layer.weight || layer.role != QuantRole::Contraction || layer.operandShapes.size() != 1)
    return std::nullopt;
  AffineMap activationMap = layer.maps[0], weightMap = layer.maps[1], resultMap = layer.maps.back();
  const unsigned numLoops = layer.iterators.size();
  SmallVector<int64_t> extents(numLoops, 0);
  auto takeExtents = [&](AffineMap map, ArrayRef<int64_t> shape) {
    for (auto [expr, extent] : llvm::zip_equal(map.getResults(), shape))
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        extents[dim.getPosition()] = extent;
  };
  takeExtents(activationMap, layer.operandShapes[0]);
  takeExtents(weightMap, layer.weightShape);
  takeExtents(resultMap, layer.accumulatorShape);

  Places inActivation, inWeight, inChannels;
  if (!inActivation.set(activationMap, layer.operandShapes[0]) || !inWeight.set(weightMap, layer.weightShape) ||
      llvm::is_contained(extents, 0))
    return std::nullopt;
  SmallVector<unsigned> groups, outputs, inputs, positions;
  inChannels.coefficients.assign(numLoops, 0);
  int64_t stride = 1;
  for (unsigned loop = numLoops; loop-- > 0;) {
    const bool inW = weightMap.isFunctionOfDim(loop), inA = activationMap.isFunctionOfDim(loop);
    if (layer.iterators[loop] != utils::IteratorType::parallel) {
      if (!inW || !inA)
        return std::nullopt;
      inputs.push_back(loop);
    } else {
      (inW && inA ? groups : inW ? outputs : positions).push_back(loop);
    }
  }
  for (auto *loops : {&groups, &outputs, &inputs, &positions})
    std::reverse(loops->begin(), loops->end());
  // Channels are numbered as the weight's dimensions that index them are.
  for (AffineExpr expr : llvm::reverse(weightMap.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return std::nullopt;
    if (layer.iterators[dim.getPosition()] != utils::IteratorType::parallel)
      continue;
    inChannels.coefficients[dim.getPosition()] = stride;
    stride *= extents[dim.getPosition()];
  }

  LayerPatches result;
  result.groupInWeight = inWeight.enumerate(groups, extents);
  result.outputInWeight = inWeight.enumerate(outputs, extents);
  result.inputInWeight = inWeight.enumerate(inputs, extents, inWeight.constant);
  result.groupInActivation = inActivation.enumerate(groups, extents);
  result.inputInActivation = inActivation.enumerate(inputs, extents, inActivation.constant);
  result.positionInActivation = inActivation.enumerate(positions, extents);
  result.groupChannel = inChannels.enumerate(groups, extents);
  result.outputChannel = inChannels.enumerate(outputs, extents);
  result.numGroups = result.groupInWeight.size();
  result.numOutputs = result.outputInWeight.size();
  result.numInputs = result.inputInWeight.size();
  result.numPositions = result.positionInActivation.size();
  return result;
}

void LayerPatches::gather(ArrayRef<float> activation, int64_t group, ArrayRef<int64_t> positions,
                          std::vector<float> &patches) const {
  patches.resize(positions.size() * numInputs);
  float *out = patches.data();
  for (int64_t position : positions) {
    const float *base = activation.data() + groupInActivation[group] + positionInActivation[position];
    for (int64_t offset : inputInActivation)
      *out++ = base[offset];
  }
}

std::vector<float> LayerPatches::getMatrices(ArrayRef<float> weight) const {
  std::vector<float> matrices;
  matrices.reserve(weight.size());
  for (int64_t group = 0; group < numGroups; ++group)
    for (int64_t output = 0; output < numOutputs; ++output)
      for (int64_t input = 0; input < numInputs; ++input)
        matrices.push_back(weight[getWeightIndex(group, output, input)]);
  return matrices;
}

std::vector<float> LayerPatches::getWeight(ArrayRef<float> matrices) const {
  std::vector<float> weight(matrices.size());
  const float *in = matrices.data();
  for (int64_t group = 0; group < numGroups; ++group)
    for (int64_t output = 0; output < numOutputs; ++output)
      for (int64_t input = 0; input < numInputs; ++input)
        weight[getWeightIndex(group, output, input)] = *in++;
  return weight;
}
