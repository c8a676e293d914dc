//===- ByteSum.h - Bytes that two bytes make, by fewer operations with the same results --------------------------===//
//
// Plain C++ on IEEE binary32, like the rest of the library.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_NUMERICS_BYTESUM_H
#define QUANT_OPT_NUMERICS_BYTESUM_H

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

namespace mlir::qnn::numerics {

/// clamp(rne(fma(x, first, fma(y, second, offset))) + zeroPoint, lo, hi).
struct ByteSum {
  float first, second, offset;
  int32_t zeroPoint, lo, hi;

  int32_t apply(int32_t x, int32_t y) const {
    float sum = std::fma(static_cast<float>(x), first, std::fma(static_cast<float>(y), second, offset));
    int32_t q = static_cast<int32_t>(std::nearbyint(sum)) + zeroPoint;
    return q < lo ? lo : q > hi ? hi : q;
  }
};

/// A sum that gives table[256 i + j] for x = firstLow + i and y = secondLow + j, all 65,536 of them: what two values of
/// a byte each, dequantized, added and quantized with `zeroPoint` (elementwise_c1), make, in f32 about first x + second
/// y
/// + offset before the zero point. Tried are the nearest floats with the zero point inside and beside the sum, and
/// offsets some units in the last place away. Nothing if all differ somewhere, as they must where ties are not exact.
std::optional<ByteSum> findByteSum(double first, double second, double offset, int32_t zeroPoint, int32_t firstLow,
                                   int32_t secondLow, const std::vector<int32_t> &table);

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_BYTESUM_H
