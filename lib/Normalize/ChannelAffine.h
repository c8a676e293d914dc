//===- ChannelAffine.h - Elementwise operations that scale and shift each channel by constants --------------------===//
#ifndef QUANT_OPT_LIB_NORMALIZE_CHANNELAFFINE_H
#define QUANT_OPT_LIB_NORMALIZE_CHANNELAFFINE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>
#include <vector>

namespace mlir::qnn {

/// `y = x * scale[c] + offset[c]` in double, c running along one dimension of x; both have one entry where all channels
/// agree.
struct ChannelAffine {
  std::vector<double> scale = {1.0}, offset = {0.0};
  /// The dimension of x that c runs along, or -1 if all channels agree.
  int64_t dim = -1;

  double scaleOf(int64_t channel) const { return scale.size() == 1 ? scale[0] : scale[channel]; }
  double offsetOf(int64_t channel) const { return offset.size() == 1 ? offset[0] : offset[channel]; }
  bool isShift() const;
  bool isIdentity() const;
  bool isFinite() const;

  /// This function followed by `next`, or nothing if they run along different dimensions.
  std::optional<ChannelAffine> then(const ChannelAffine &next) const;
};

/// What the elementwise `op` does to its operand `x` if that is affine per channel and everything else it reads is
/// constant: any mix of additions, subtractions, multiplications, divisions, negations and (of constants) square roots.
/// `x` and the result have the same dimensions in the same order.
std::optional<ChannelAffine> matchChannelAffine(linalg::GenericOp op, OpOperand &x);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_NORMALIZE_CHANNELAFFINE_H
