//===- Convolution.cpp - Conv ------------------------------------------------------------------------------------===//
#include "Contraction.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

/// The window of the node's convolution of input `data` by weights `weights`; their ranks and `kernel_shape` are
/// checked.
static std::optional<Window> getConvolutionWindow(NodeImporter &n, unsigned data, unsigned weights) {
  if (n.rank(data) < 3 || n.rank(weights) != n.rank(data)) {
    (void)n.invalid("data of rank " + Twine(n.rank(data)) + " and weights of rank " + Twine(n.rank(weights)) +
                    " do not make a convolution");
    return std::nullopt;
  }
  ArrayRef<int64_t> kernel = n.shape(weights).drop_front(2);
  if (n.hasAttr("kernel_shape") && ArrayRef<int64_t>(n.intsAttr("kernel_shape")) != kernel) {
    (void)n.invalid("attribute 'kernel_shape' differs from the weights' shape");
    return std::nullopt;
  }
  return getWindow(n, n.shape(data).drop_front(2), kernel);
}

static LogicalResult importConv(NodeImporter &n) {
  ElementType type = n.inputType(0);
  if (!isFloat(type) || n.inputType(1) != type)
    return n.invalid("data and weights must have one float element type");
  std::optional<Window> window = getConvolutionWindow(n, 0, 1);
  if (!window)
    return failure();
  Value result = convolve(n, {n.input(0), type}, {n.input(1), type}, *window, n.intAttr("group", 1));
  ElementType accumulator = getAccumulatorType(type);
  if (result && n.hasInput(2))
    result = addPerChannel(n, result, n.castTensor(n.input(2), type, accumulator));
  if (result && accumulator != type)
    result = n.castTensor(result, accumulator, type);
  return n.setResult(0, result, type);
}

void qnn::onnx_import::populateConvolution(OpTable &table) { table.add("Conv", importConv, 2, 3); }
