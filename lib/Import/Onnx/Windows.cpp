//===- Windows.cpp - Sliding windows of convolutions and poolings ------------------------------------------------===//
#include "Windows.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

std::optional<SmallVector<int64_t>> qnn::onnx_import::getSpatialAttr(NodeImporter &n, StringRef name, int64_t entries,
                                                                     int64_t otherwise, int64_t least) {
  constexpr int64_t kMost = (int64_t(1) << 31) - 1;
  SmallVector<int64_t> values = n.intsAttr(name);
  if (!n.hasAttr(name) || values.empty())
    values.assign(entries, otherwise);
  if (static_cast<int64_t>(values.size()) != entries) {
    (void)n.invalid("attribute '" + name + "' has " + Twine(values.size()) + " entries, expected " + Twine(entries));
    return std::nullopt;
  }
  for (int64_t value : values) {
    if (value >= least && value <= kMost)
      continue;
    (void)n.invalid("attribute '" + name + "' holds " + Twine(value) + ", expected at least " + Twine(least) +
                    " and at most " + Twine(kMost));
    return std::nullopt;
  }
  return values;
}

std::optional<Window> qnn::onnx_import::getWindow(NodeImporter &n, ArrayRef<int64_t> spatial,
                                                  ArrayRef<int64_t> kernel) {
  int64_t rank = spatial.size();
  Window window;
  window.input.assign(spatial.begin(), spatial.end());
  window.kernel.assign(kernel.begin(), kernel.end());
  auto strides = getSpatialAttr(n, "strides", rank, 1, 1);
  auto dilations = getSpatialAttr(n, "dilations", rank, 1, 1);
  auto pads = getSpatialAttr(n, "pads", 2 * rank, 0, 0);
  if (!strides || !dilations || !pads)
    return std::nullopt;
  window.strides = *strides;
  window.dilations = *dilations;
  bool ceilMode = n.intAttr("ceil_mode", 0) != 0;
  std::string autoPad = n.stringAttr("auto_pad", "NOTSET");
  bool sameUpper = autoPad == "SAME_UPPER", sameLower = autoPad == "SAME_LOWER";
  if (!sameUpper && !sameLower && autoPad != "NOTSET" && autoPad != "VALID" && !autoPad.empty()) {
    (void)n.invalid("auto_pad '" + autoPad + "' is unknown");
    return std::nullopt;
  }
  for (int64_t i = 0; i < rank; ++i) {
    int64_t in = spatial[i], stride = window.strides[i];
    // Kernels are dimensions of tensors or checked attributes and dilations are below 2^31: the product fits.
    if (kernel[i] < 1 || kernel[i] > (int64_t(1) << 31)) {
      (void)n.invalid("a kernel extent of " + Twine(kernel[i]) + " is out of range");
      return std::nullopt;
    }
    int64_t span = window.span(i);
    int64_t low = (*pads)[i], high = (*pads)[rank + i];
    if (sameUpper || sameLower) {
      int64_t out = (in + stride - 1) / stride;
      int64_t total = std::max<int64_t>((out - 1) * stride + span - in, 0);
      low = sameUpper ? total / 2 : total - total / 2;
      high = total - low;
    } else if (autoPad == "VALID") {
      low = high = 0;
    }
    int64_t reach = in + low + high - span;
    if (reach < 0) {
      (void)n.invalid("a window of " + Twine(span) + " elements does not fit into " + Twine(in + low + high));
      return std::nullopt;
    }
    int64_t out = reach / stride + 1;
    if (ceilMode && reach % stride != 0 && out * stride < in + low)
      ++out; // a window that would start in the high padding is dropped
    window.low.push_back(low);
    window.high.push_back(high);
    window.extraHigh.push_back(std::max<int64_t>((out - 1) * stride + span - (in + low + high), 0));
    window.output.push_back(out);
  }
  return window;
}

Value qnn::onnx_import::padForWindow(NodeImporter &n, Value data, const Window &window, Value padding) {
  SmallVector<int64_t> low(2, 0), high(2, 0);
  for (int64_t i = 0; i < window.rank(); ++i) {
    low.push_back(window.low[i]);
    high.push_back(window.high[i] + window.extraHigh[i]);
  }
  return n.pad(data, low, high, padding);
}

SmallVector<AffineExpr> qnn::onnx_import::getWindowExprs(NodeImporter &n, const Window &window, unsigned firstOutput,
                                                         unsigned firstKernel) {
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < window.rank(); ++i)
    exprs.push_back(n.b.getAffineDimExpr(firstOutput + i) * window.strides[i] +
                    n.b.getAffineDimExpr(firstKernel + i) * window.dilations[i]);
  return exprs;
}
