//===- Reciprocal.h - Division by a known divisor without dividing -----------------------------------------------===//
//
// Plain C++ on IEEE binary32, like the rest of the library.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_NUMERICS_RECIPROCAL_H
#define QUANT_OPT_NUMERICS_RECIPROCAL_H

#include <cmath>
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

/// RN(x / divisor) from inverse = RN(1 / divisor), for every divisor within [2^-60, 2^60], if x is 0, or |x| at least
/// 2^-100 and |x / divisor| within [2^-125, 2^125]. For a divisor that is not known when code is generated, but that
/// many x share.
///
/// Markstein, "Computation of elementary functions on the IBM RISC System/6000 processor" (1990), proves it for a
/// first quotient within one unit in the last place; here it may be off by three halves. Let the divisor be d = D /
/// 2^23 and x = X / 2^23 in [1, 2), u the unit of the quotient q, c = |x / d - q|, e = q d - x. As |inverse - 1 / d| <=
/// 2^-25, what is rounded at last differs from x / d by at most c d 2^-25, and by 2^-47 more where e takes 25 bits.
/// It can round differently only if a midpoint of two floats lies between: at u / 2 or 3 u / 2 from q. The quotient is
/// no midpoint, so that its distance from one is at least u / (2 D).
/// At u / 2, where e is exact: D u / 2^49 < u / (2 D), since D < 2^24.
/// At 3 u / 2, where x < d: c <= (x + 1) / 2^25 is that large only if x > 2 - 2.5 / 2^23, which leaves one pair, that
/// of X = 2^24 - 2 and D = 2^24 - 1: q = 1, and the result 1 - 2^-24 is right.
inline float divideByInverse(float x, float divisor, float inverse) {
  float quotient = x * inverse;
  float excess = std::fma(quotient, divisor, -x);
  return std::fma(-excess, inverse, quotient);
}

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_RECIPROCAL_H
