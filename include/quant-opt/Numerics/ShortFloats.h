//===- ShortFloats.h - Rounding f32 to bf16 and f16, as docs/numerics.md says -------------------------------------===//
#ifndef QUANT_OPT_NUMERICS_SHORTFLOATS_H
#define QUANT_OPT_NUMERICS_SHORTFLOATS_H

#include <cmath>
#include <cstdint>
#include <cstring>

namespace mlir::qnn::numerics {

inline uint32_t bitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}
inline float floatOf(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

/// The bits of the nearest bf16, ties to even. A NaN becomes a quiet one of its sign.
inline uint16_t roundToBf16(float x) {
  const uint32_t bits = bitsOf(x);
  if (std::isnan(x))
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// A bf16 is the upper half of a f32.
inline float widenBf16(uint16_t bits) { return floatOf(static_cast<uint32_t>(bits) << 16); }

/// The bits of the nearest f16, ties to even. From 65520 on that is infinity; a NaN becomes a quiet one of its sign.
inline uint16_t roundToF16(float x) {
  const uint32_t bits = bitsOf(x), magnitude = bits & 0x7fffffff;
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  if (std::isnan(x))
    return sign | 0x7e00;
  if (magnitude >= 0x477ff000) // 65520
    return sign | 0x7c00;
  // Below 2^-14 the places of a f16 are those of a f32 near 0.5, whose addition rounds.
  if (magnitude < 0x38800000)
    return static_cast<uint16_t>(sign | (bitsOf(floatOf(magnitude) + 0.5f) - 0x3f000000));
  const uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | (rounded - 0x38000000) >> 13);
}

/// Exact.
inline float widenF16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00)
    return floatOf(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  const float value =
      magnitude < 0x400 ? std::ldexp(static_cast<float>(magnitude), -24) : floatOf((magnitude << 13) + 0x38000000);
  return floatOf(sign | bitsOf(value));
}

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_SHORTFLOATS_H
