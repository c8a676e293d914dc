//===- ExactSum.h - The sum of any number of floats without rounding, so that it does not depend on their order ---===//
#ifndef QUANT_OPT_NUMERICS_EXACTSUM_H
#define QUANT_OPT_NUMERICS_EXACTSUM_H

#include <array>
#include <cstdint>

namespace mlir::qnn::numerics {

/// A fixed-point number wide enough for every finite binary32 value. Sums of up to 2^30 values are exact, and two sums
/// of the same values are equal whatever the order in which they were added or merged.
class ExactSum {
public:
  /// Limb i has the weight 2^(32 * i - 149); 277 bits for the values and the rest for carries.
  static constexpr unsigned kLimbs = 10;

  /// Adds a finite value.
  void add(float x);
  void add(const ExactSum &other);

  /// The sum, rounded to double in a way that depends on the sum alone.
  double getValue() const;

  /// The one representation of the sum: all limbs but the last within [0, 2^32).
  std::array<int64_t, kLimbs> getLimbs() const;
  static ExactSum fromLimbs(const std::array<int64_t, kLimbs> &limbs);

  bool operator==(const ExactSum &other) const { return getLimbs() == other.getLimbs(); }
  bool operator!=(const ExactSum &other) const { return !(*this == other); }

private:
  std::array<int64_t, kLimbs> limbs{};
};

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_EXACTSUM_H
