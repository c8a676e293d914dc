//===- Layers.h - The layers of a model: what quantizes as one, with the words by which users name it -------------===//
#ifndef QUANT_OPT_ANALYSIS_LAYERS_H
#define QUANT_OPT_ANALYSIS_LAYERS_H

#include "quant-opt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include <string>
#include <vector>

namespace mlir::qnn {

/// A chain of `Analysis/QuantizedEdges` that is quantized unless its `qnn.precision` says otherwise.
struct Layer {
  /// The operation that begins the chain and bears `qnn.precision`.
  Operation *root;
  QuantRole role;
  /// The name of the node that made `root`.
  std::string name;
  /// The names of the nodes that became part of the layer, `name` among them: bias, activation, residual add.
  std::vector<std::string> nodes;
  /// What its loops make of it, the most special word first; see `getLayerKinds`.
  SmallVector<StringRef, 3> kinds;
  /// Multiplications, or additions of a layer that multiplies nothing.
  int64_t operations = 0;
  /// Elements of its constant weight; 0 if it has none.
  int64_t weights = 0;
};

/// The layers of a function with or without `qnn.range`, in program order.
std::vector<Layer> getLayers(FunctionOpInterface function);

/// The words for kinds of layers, with what each means.
///   conv          a sum over a sliding window
///   depthwise     a conv with one input channel for each output channel
///   pointwise     a conv whose window has one element
///   matmul        any product of matrices
///   linear        a matmul with a constant weight
///   batch-matmul  a matmul of two activations that does many products at once
///   reduction     a sum of one operand, such as average pooling
///   elementwise   elementwise operations that belong to no sum
ArrayRef<StringRef> getLayerKinds();

} // namespace mlir::qnn

#endif // QUANT_OPT_ANALYSIS_LAYERS_H
