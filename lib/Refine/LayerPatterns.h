//===- LayerPatterns.h - Finds the layers that a user's pattern names ---------------------------------------------===//
#ifndef QUANT_OPT_LIB_REFINE_LAYERPATTERNS_H
#define QUANT_OPT_LIB_REFINE_LAYERPATTERNS_H

#include "quant-opt/Analysis/Layers.h"

#include "llvm/Support/Error.h"

namespace mlir::qnn {

/// The numbers of the layers that `pattern` names, as `--qnn-assign-precision` describes it; at least one. The error
/// says what is wrong with the pattern, or which name is nearest.
llvm::Expected<SmallVector<unsigned>> findLayers(ArrayRef<Layer> layers, StringRef pattern);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REFINE_LAYERPATTERNS_H
