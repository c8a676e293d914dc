//===- Convolution.h - The parts that the loops of a convolution or pooling play ----------------------------------===//
#ifndef QUANT_OPT_LIB_NORMALIZE_CONVOLUTION_H
#define QUANT_OPT_LIB_NORMALIZE_CONVOLUTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>

namespace mlir::qnn {

/// The loops of a convolution or pooling by their part, each list in the order of the data operand's dimensions (output
/// channels: of the result's). Found from maps and iterator types alone, so it holds for any rank, layout, stride and
/// dilation.
struct ConvolutionLoops {
  /// The operand that is read through windows, and the one that shares channels with it (absent in a pooling).
  OpOperand *data = nullptr, *weights = nullptr;
  SmallVector<unsigned> batch, spatial, group, outputChannel; // parallel
  SmallVector<unsigned> window, inputChannel;                 // reduction

  /// Loops in canonical order: (n, spatial…, g, oc), then (k…, ic).
  SmallVector<unsigned> getCanonicalOrder() const;

  /// The order of dimensions that makes `operand` channels-last: data [n, spatial…, g, ic], weights [g, oc, k…, ic],
  /// result [n, spatial…, g, oc]. Any other operand keeps its order (empty).
  SmallVector<int64_t> getChannelsLast(OpOperand &operand) const;
};

/// The parts of the loops of `op`, or nothing if it reads no operand through windows: a window is a dimension such as
/// `oh * 2 + kh` of one parallel and one reduction loop, or `oh * 2` of one parallel loop.
std::optional<ConvolutionLoops> matchConvolution(linalg::GenericOp op);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_NORMALIZE_CONVOLUTION_H
