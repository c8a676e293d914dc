//===- AccumulatorBounds.cpp - Proof that an i32 accumulator cannot overflow (contract_c2) ------------------------===//
#include "quant-opt/Analysis/AccumulatorBounds.h"

#include "llvm/Support/MathExtras.h"
#include <cstdlib>
#include <limits>

using namespace mlir;
using namespace mlir::qnn;

/// a + b * c for operands that are not negative, saturating.
static int64_t multiplyAdd(int64_t a, int64_t b, int64_t c) {
  int64_t product, sum;
  if (llvm::MulOverflow(b, c, product) || llvm::AddOverflow(a, product, sum))
    return std::numeric_limits<int64_t>::max();
  return sum;
}

AccumulatorBounds AccumulatorBounds::ofWeights(ArrayRef<int32_t> weights, ArrayRef<int64_t> channels,
                                               int64_t numChannels, int64_t maxActivation) {
  AccumulatorBounds result;
  result.bounds.assign(numChannels, 0);
  for (auto [weight, channel] : llvm::zip_equal(weights, channels))
    result.bounds[channel] = multiplyAdd(result.bounds[channel], std::abs(static_cast<int64_t>(weight)), maxActivation);
  return result;
}

AccumulatorBounds AccumulatorBounds::ofProducts(int64_t count, int64_t maxLhs, int64_t maxRhs) {
  AccumulatorBounds result;
  result.bounds.push_back(multiplyAdd(0, multiplyAdd(0, count, maxLhs), maxRhs));
  return result;
}

void AccumulatorBounds::addBias(int64_t channel, int64_t bias) {
  bounds[channel] = multiplyAdd(bounds[channel], std::abs(bias), 1);
}

std::optional<int64_t> AccumulatorBounds::findOverflow() const {
  for (auto [channel, bound] : llvm::enumerate(bounds))
    if (bound > std::numeric_limits<int32_t>::max())
      return channel;
  return std::nullopt;
}
