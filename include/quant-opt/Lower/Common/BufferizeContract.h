//===- BufferizeContract.h - How qnn.contract bufferizes ---------------------------------------------------------===//
#ifndef QUANT_OPT_LOWER_COMMON_BUFFERIZECONTRACT_H
#define QUANT_OPT_LOWER_COMMON_BUFFERIZECONTRACT_H

namespace mlir {
class DialectRegistry;
namespace qnn {

/// Attaches `BufferizableOpInterface` to `qnn.contract`.
void registerContractBufferization(DialectRegistry &registry);

} // namespace qnn
} // namespace mlir

#endif // QUANT_OPT_LOWER_COMMON_BUFFERIZECONTRACT_H
