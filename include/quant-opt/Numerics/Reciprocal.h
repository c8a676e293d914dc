//===- Reciprocal.h - Division by a known divisor without dividing -----------------------------------------------===//
//
// Plain C++ on IEEE binary32, like the rest of the library.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_NUMERICS_RECIPROCAL_H
#define QUANT_OPT_NUMERICS_RECIPROCAL_H

#include <optional>

namespace mlir::qnn::numerics {

/// 1 / divisor as the sum of two floats: high = RN(1 / divisor), low = RN(1 / divisor - high).
struct Reciprocal {
  float high;
  float low;
};

/// The two parts for which RN(x / divisor) = fma(x, high, RN(x * low)), for +0 and every x with 2^-60 <= |x / divisor|
/// <= 2^60; below that both sides are less than 1/2 in magnitude. Nothing if an x exists for which that fails, or if
/// the divisor is not within [2^-60, 2^60], where no intermediate result leaves the normal range.
///
/// The method is that of Brisebarre, Muller and Raina, "Accelerating Correctly Rounded Floating-Point Division when the
/// Divisor Is Known in Advance" (2004). Let divisor and x have the significands Y and X, 24 bits each. What is rounded
/// at last differs from x / y by less than 2^-48 (y, x in [1, 2)). Where X >= Y the quotient is farther than that from
/// every midpoint of two floats. Where X < Y, a midpoint that is M / 2^25 has the distance |2^25 X - Y M| / (2^25 Y),
/// more than 2^-49, so that only 2^25 X = +-1 (mod Y) can fail: at most two X, which are tried.
std::optional<Reciprocal> getExactReciprocal(float divisor);

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_RECIPROCAL_H
