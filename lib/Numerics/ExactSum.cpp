//===- ExactSum.cpp - The sum of any number of floats without rounding --------------------------------------------===//
#include "quant-opt/Numerics/ExactSum.h"

#include <cmath>
#include <cstring>

using namespace mlir::qnn::numerics;

void ExactSum::add(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  const uint32_t exponent = (bits >> 23) & 0xff;
  uint64_t mantissa = bits & 0x7fffff;
  if (exponent)
    mantissa |= 0x800000;
  // A float is mantissa * 2^(shift - 149).
  const uint32_t shift = exponent ? exponent - 1 : 0;
  const unsigned limb = shift / 32;
  const uint64_t placed = mantissa << (shift % 32);
  const int64_t low = static_cast<int64_t>(placed & 0xffffffff), high = static_cast<int64_t>(placed >> 32);
  const bool isNegative = bits >> 31;
  limbs[limb] += isNegative ? -low : low;
  limbs[limb + 1] += isNegative ? -high : high;
}

void ExactSum::add(const ExactSum &other) {
  // Normalized limbs leave room for 2^30 further additions.
  limbs = getLimbs();
  const std::array<int64_t, kLimbs> others = other.getLimbs();
  for (unsigned i = 0; i < kLimbs; ++i)
    limbs[i] += others[i];
}

std::array<int64_t, ExactSum::kLimbs> ExactSum::getLimbs() const {
  std::array<int64_t, kLimbs> normalized = limbs;
  for (unsigned i = 0; i + 1 < kLimbs; ++i) {
    const int64_t carry = normalized[i] >> 32; // rounds down, so the rest is not negative
    normalized[i] -= carry * (int64_t(1) << 32);
    normalized[i + 1] += carry;
  }
  return normalized;
}

ExactSum ExactSum::fromLimbs(const std::array<int64_t, kLimbs> &limbs) {
  ExactSum sum;
  sum.limbs = limbs;
  return sum;
}

double ExactSum::getValue() const {
  // The sign is taken out first: a small negative sum would otherwise be the difference of two large numbers.
  std::array<int64_t, kLimbs> magnitude = getLimbs();
  const bool isNegative = magnitude[kLimbs - 1] < 0;
  if (isNegative) {
    ExactSum negated;
    for (unsigned i = 0; i < kLimbs; ++i)
      negated.limbs[i] = -magnitude[i];
    magnitude = negated.getLimbs();
  }
  double value = 0;
  for (unsigned i = kLimbs; i-- > 0;)
    value += std::ldexp(static_cast<double>(magnitude[i]), static_cast<int>(32 * i) - 149);
  return isNegative ? -value : value;
}
