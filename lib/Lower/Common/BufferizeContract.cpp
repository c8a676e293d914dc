//===- BufferizeContract.cpp - How qnn.contract bufferizes -------------------------------------------------------===//
#include "quant-opt/Lower/Common/BufferizeContract.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/ContractionPlan.h"

#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::bufferization;

namespace {
struct ContractModel : public DstBufferizableOpInterfaceExternalModel<ContractModel, ContractOp> {
  /// The destination is written without being read.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto contract = cast<ContractOp>(op);
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op);
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    auto create = [&] {
      auto onBuffers = ContractOp::create(
          rewriter, op->getLoc(), buffers[0], buffers[1], ArrayRef(buffers).drop_front(2).drop_back(), buffers.back(),
          contract.getMaps(), contract.getExtents(), contract.getIterators(), contract.getLhsFlipped());
      onBuffers.setPackedKAttr(contract.getPackedKAttr());
      onBuffers.setRunDimsAttr(contract.getRunDimsAttr());
      return onBuffers;
    };
    ContractOp onBuffers = create();
    // A slice of a larger buffer may not have the contiguous runs that the plan was made for: it is copied out first.
    std::string why;
    if (!ContractionPlan::get(onBuffers, why)) {
      rewriter.eraseOp(onBuffers);
      for (size_t i = 0; i + 1 < buffers.size(); ++i) {
        auto type = cast<MemRefType>(buffers[i].getType());
        if (type.getLayout().isIdentity())
          continue;
        Value dense =
            memref::AllocOp::create(rewriter, op->getLoc(), MemRefType::get(type.getShape(), type.getElementType()));
        memref::CopyOp::create(rewriter, op->getLoc(), buffers[i], dense);
        buffers[i] = dense;
      }
      onBuffers = create();
    }
    rewriter.inlineRegionBefore(contract.getEpilogue(), onBuffers.getEpilogue(), onBuffers.getEpilogue().begin());
    replaceOpWithBufferizedValues(rewriter, op, buffers.back());
    return success();
  }
};
} // namespace

void qnn::registerContractBufferization(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, QnnDialect *) { ContractOp::attachInterface<ContractModel>(*context); });
}
