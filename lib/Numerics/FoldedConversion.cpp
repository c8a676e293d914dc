//===- FoldedConversion.cpp - Integer sums are multiplied without being converted first --------------------------===//
#include "quant-opt/Numerics/FoldedConversion.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace mlir::qnn::numerics;

static constexpr int64_t kFirst = int64_t(1) << 23; // from here to twice as much, floats are the integers
static constexpr int32_t kFirstBits = 0x4B000000;
static constexpr int64_t kModulus = int64_t(1) << 24;
static constexpr int64_t kMaxRemainder = 8192;

/// The x with x * a = 1 modulo 2^24, for an odd a: each step doubles the bits that are right.
static int64_t getInverse(int64_t a) {
  int64_t x = a;
  for (int i = 0; i < 4; ++i)
    x = x * ((2 - a * x) % kModulus) % kModulus;
  return x;
}

namespace {
struct Rounding {
  float multiplier, offset;
  int32_t start, lo, hi;

  float round(float x) const { return std::nearbyint(std::clamp(x, static_cast<float>(lo), static_cast<float>(hi))); }
  bool isEqualAt(int64_t sum) const {
    int32_t bits = static_cast<int32_t>(sum) + start;
    float shifted;
    std::memcpy(&shifted, &bits, sizeof(shifted));
    return round(std::fma(shifted, multiplier, offset)) == round(static_cast<float>(sum) * multiplier);
  }
};
} // namespace

/// Whether both sides are equal for every sum, if they differ by at most `error` before they are rounded to floats.
static bool isEqual(const Rounding &rounding, int64_t least, int64_t most, double error) {
  double multiplier = rounding.multiplier, inverse = 1 / multiplier;
  for (int32_t below = rounding.lo; below < rounding.hi; ++below) {
    // Both sides are `below` or less up to `sum`, and more from the next one on, unless one of the two is as near to
    // the half as rounding to a float may move it. The multiplier is larger than that: no other sum is.
    double half = below + 0.5, margin = std::fabs(half) * 0x1p-23 + error;
    auto sum = static_cast<int64_t>(std::floor(half * inverse));
    double distance = half - static_cast<double>(sum) * multiplier;
    if (distance > margin && multiplier - distance > margin)
      continue;
    for (int64_t s = std::max(sum - 1, least), last = std::min(sum + 2, most); s <= last; ++s)
      if (!rounding.isEqualAt(s))
        return false;
  }
  return true;
}

std::optional<FoldedConversion> mlir::qnn::numerics::getFoldedConversion(float multiplier, int64_t least, int64_t most,
                                                                         int32_t lo, int32_t hi) {
  int64_t from = kFirst - least, to = std::min(2 * kFirst - 1 - most, 2 * kFirst - 1);
  if (!(multiplier >= 0x1p-12f && multiplier <= 1.0f) || from > to || from < 0)
    return std::nullopt;
  int exponent;
  auto a = static_cast<int64_t>(std::ldexp(std::frexp(multiplier, &exponent), 24));
  int64_t odd = a, modulus = kModulus;
  for (; odd % 2 == 0; odd /= 2)
    modulus /= 2;
  int64_t inverse = getInverse(odd) % modulus;
  // By growing remainders of both signs. M * odd = remainder modulo `modulus`.
  for (int64_t i = 0; i <= 2 * kMaxRemainder; ++i) {
    int64_t remainder = i % 2 ? (i + 1) / 2 : -i / 2;
    int64_t m = ((remainder * inverse) % modulus + modulus) % modulus;
    m += std::max<int64_t>(0, (from - m + modulus - 1) / modulus) * modulus;
    if (m > to)
      continue;
    int64_t perturbation = remainder * (kModulus / modulus);
    FoldedConversion result;
    result.start = static_cast<int32_t>(kFirstBits + m - kFirst);
    result.offset = -std::ldexp(static_cast<float>((m * a - perturbation) / kModulus), exponent);
    double error = std::ldexp(std::fabs(static_cast<double>(perturbation)), exponent - 24);
    if (error <= std::ldexp(multiplier, -10) &&
        isEqual({multiplier, result.offset, result.start, lo, hi}, least, most, error))
      return result;
  }
  return std::nullopt;
}
