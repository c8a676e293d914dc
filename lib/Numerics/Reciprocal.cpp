//===- Reciprocal.cpp - Division by a known divisor without dividing ---------------------------------------------===//
#include "quant-opt/Numerics/Reciprocal.h"

#include <cmath>
#include <cstdint>

using namespace mlir::qnn::numerics;

/// The X with 2^25 X = 1 (mod y), for an odd y: 25 times halved, where an odd number is made even by adding y.
static int64_t getInverse(int64_t y) {
  int64_t x = 1;
  for (int i = 0; i < 25; ++i)
    x = x % 2 ? (x + y) / 2 : x / 2;
  return x;
}

std::optional<Reciprocal> mlir::qnn::numerics::getExactReciprocal(float divisor) {
  if (!(divisor >= 0x1p-60f && divisor <= 0x1p60f))
    return std::nullopt;
  Reciprocal result;
  result.high = 1.0f / divisor;
  // The remainder is exact in f64: |1 - divisor * high| has fewer than 53 bits.
  result.low = static_cast<float>(std::fma(-static_cast<double>(divisor), static_cast<double>(result.high), 1.0) /
                                  static_cast<double>(divisor));
  int exponent;
  int64_t y = static_cast<int64_t>(std::ldexp(std::frexp(divisor, &exponent), 24));
  // A multiple of an even y is never odd.
  if (y % 2 == 0)
    return result;
  int64_t inverse = getInverse(y);
  for (int64_t x : {inverse, y - inverse}) {
    if (x < (int64_t(1) << 23))
      continue;
    float value = std::ldexp(static_cast<float>(x), exponent - 24);
    if (std::fma(value, result.high, value * result.low) != value / divisor)
      return std::nullopt;
  }
  return result;
}
