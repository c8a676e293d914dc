//===- AccumulatorBounds.h - Proof that an i32 accumulator cannot overflow (contract_c2) --------------------------===//
#ifndef QUANT_OPT_ANALYSIS_ACCUMULATORBOUNDS_H
#define QUANT_OPT_ANALYSIS_ACCUMULATORBOUNDS_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <optional>
#include <vector>

namespace mlir::qnn {

/// For each output channel a bound on the magnitude of the accumulator: the sum of |qw - zw| * max|qa - za| over the
/// reduction, plus |bias|. Sums of more than 2^63 count as 2^63 - 1.
class AccumulatorBounds {
public:
  /// Of a contraction with constant weights: `weights[i]` is qw - zw, of channel `channels[i]`.
  static AccumulatorBounds ofWeights(ArrayRef<int32_t> weights, ArrayRef<int64_t> channels, int64_t numChannels,
                                     int64_t maxActivation);

  /// Of a sum of `count` products whose factors are at most `maxLhs` and `maxRhs`; a linear reduction has `maxRhs` 1.
  static AccumulatorBounds ofProducts(int64_t count, int64_t maxLhs, int64_t maxRhs);

  /// Adds |bias| of a channel.
  void addBias(int64_t channel, int64_t bias);

  /// One bound for each channel: the certificate that the Integer form records.
  ArrayRef<int64_t> getBounds() const { return bounds; }

  /// The first channel whose bound is 2^31 or more, if there is one.
  std::optional<int64_t> findOverflow() const;

private:
  std::vector<int64_t> bounds;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_ANALYSIS_ACCUMULATORBOUNDS_H
