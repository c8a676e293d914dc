//===- BufferizationModels.h - How the qnn dialect's tensor operations bufferize ---------------------------------===//
#ifndef QUANT_OPT_LOWER_COMMON_BUFFERIZATIONMODELS_H
#define QUANT_OPT_LOWER_COMMON_BUFFERIZATIONMODELS_H

namespace mlir {
class DialectRegistry;
namespace qnn {

/// Attaches `BufferizableOpInterface` to the operations of the qnn dialect that may remain when a model is bufferized.
void registerBufferizationModels(DialectRegistry &registry);

} // namespace qnn
} // namespace mlir

#endif // QUANT_OPT_LOWER_COMMON_BUFFERIZATIONMODELS_H
