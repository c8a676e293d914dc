//===- ChangeLayers.h - New weights and biases of layers are written into the model -------------------------------===//
#ifndef QUANT_OPT_LIB_REFINE_CHANGELAYERS_H
#define QUANT_OPT_LIB_REFINE_CHANGELAYERS_H

#include "quant-opt/InsertQdq/ChooseParams.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::qnn {

/// The layers of a function without ranges, those whose stated precision is a float one among them.
std::vector<QuantizedChain> getAllLayers(FunctionOpInterface function);

/// What becomes of one quantized layer of a model; what is empty stays. Layers have the numbers that `Simulation` gives
/// them: they are counted with those whose stated precision is a float one.
struct LayerChange {
  unsigned layer;
  std::vector<float> weight; ///< in the weight's own order
  std::vector<float> limits; ///< of the weight, stated by a `qnn.range`: one, or one for each channel
  std::vector<float> bias;   ///< one for each channel; a layer without a bias gets one
};

/// Changes the module's public function, which is in the Calibrated form and stays in it. The roots of
/// changed layers keep what they had (`qnn.float_weight`, `qnn.float_bias`). `method` is what the ranges
/// on weights say of themselves.
LogicalResult changeLayers(ModuleOp module, const QuantizationScheme &scheme, ArrayRef<LayerChange> changes,
                           StringRef method);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REFINE_CHANGELAYERS_H
