//===- FoldedConversion.h - Integer sums are multiplied without being converted first ----------------------------===//
//
// Plain C++ on IEEE binary32, like the rest of the library.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_NUMERICS_FOLDEDCONVERSION_H
#define QUANT_OPT_NUMERICS_FOLDEDCONVERSION_H

#include <cstdint>
#include <optional>

namespace mlir::qnn::numerics {

/// What makes one fused multiply-add of the conversion and the product of `requantize_c1`.
struct FoldedConversion {
  /// Added to a sum, it makes the bits of the float M + sum, for an integer M.
  int32_t start;
  /// -M * multiplier, but for less than 2^-10 of the multiplier.
  float offset;
};

/// The two numbers for which clamp(rne(fma(float of the bits sum + start, multiplier, offset)), lo, hi) =
/// clamp(rne(f32(sum) * multiplier), lo, hi) for every sum in [least, most], |lo| and |hi| below 512. Nothing if none
/// are found: if there are 2^23 sums or more, or if the multiplier is not within [2^-12, 1].
///
/// Integers from 2^23 to 2^24 are the low bits of the floats that they are, so that M + sum needs no conversion. With
/// multiplier = a 2^k, a of 24 bits, the sum (M + sum) * multiplier + offset is exactly (sum * a + r) 2^k, where r is
/// what M * a exceeds a multiple of 2^24 by. M is chosen so that r is small, from the inverse of a modulo 2^24. The
/// product that `requantize_c1` rounds is sum * a * 2^k, so that results can only differ for sums whose product is next
/// to a half: those are tried. All others follow, since either side grows with the sum.
std::optional<FoldedConversion> getFoldedConversion(float multiplier, int64_t least, int64_t most, int32_t lo,
                                                    int32_t hi);

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_FOLDEDCONVERSION_H
