//===- Windows.h - Sliding windows of convolutions and poolings --------------------------------------------------===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_WINDOWS_H
#define QUANT_OPT_LIB_IMPORT_ONNX_WINDOWS_H

#include "NodeImporter.h"

namespace mlir::qnn::onnx_import {

/// A window's geometry, one entry per spatial dimension. Output o, window element k read padded element o * stride + k
/// * dilation.
struct Window {
  SmallVector<int64_t> input, kernel, strides, dilations;
  SmallVector<int64_t> low, high; // padding as ONNX counts it
  SmallVector<int64_t> extraHigh; // further padding that the last window of ceil_mode reads
  SmallVector<int64_t> output;

  int64_t rank() const { return kernel.size(); }
  /// Elements that one window spans.
  int64_t span(int64_t i) const { return (kernel[i] - 1) * dilations[i] + 1; }
};

/// The attributes `strides`, `dilations`, `pads`, `auto_pad` and `ceil_mode` of the node, checked; nothing, with the
/// failure recorded, if they are not usable. `spatial` is the input's shape without batch and channel.
std::optional<Window> getWindow(NodeImporter &n, ArrayRef<int64_t> spatial, ArrayRef<int64_t> kernel);

/// Only the attributes that are lists with one entry (`entries` of them) per spatial dimension, each within [least,
/// 2^31).
std::optional<SmallVector<int64_t>> getSpatialAttr(NodeImporter &n, StringRef name, int64_t entries, int64_t otherwise,
                                                   int64_t least);

/// The data [N, C, spatial...] padded for the window with the scalar `padding`.
Value padForWindow(NodeImporter &n, Value data, const Window &window, Value padding);

/// The expression `output * stride + kernel * dilation` of each spatial dimension, over loops that start at
/// `firstOutput` and `firstKernel`.
SmallVector<AffineExpr> getWindowExprs(NodeImporter &n, const Window &window, unsigned firstOutput,
                                       unsigned firstKernel);

} // namespace mlir::qnn::onnx_import

#endif // QUANT_OPT_LIB_IMPORT_ONNX_WINDOWS_H
