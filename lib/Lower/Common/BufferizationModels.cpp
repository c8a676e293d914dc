//===- BufferizationModels.cpp - How the qnn dialect's tensor operations bufferize -------------------------------===//
#include "quant-opt/Lower/Common/BufferizationModels.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/BufferizeContract.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::bufferization;

namespace {
/// An observed value is its operand's buffer; what happens to it on the way is a read.
struct ObserveModel : public BufferizableOpInterface::ExternalModel<ObserveModel, ObserveOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &, const AnalysisState &) const { return true; }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &, const AnalysisState &) const { return false; }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &, const AnalysisState &) const {
    return {{op->getResult(0), BufferRelation::Equivalent}};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto observe = cast<ObserveOp>(op);
    auto edge = op->getAttrOfType<IntegerAttr>("edge_number");
    if (!edge)
      return op->emitOpError("has no edge number; run --qnn-bind-buffers first");
    FailureOr<Value> buffer = getBuffer(rewriter, observe.getInput(), options, state);
    if (failed(buffer))
      return failure();
    Value dense = *buffer;
    auto type = cast<MemRefType>(dense.getType());
    // Observers take dense floats: a slice of a larger buffer is copied out first.
    if (!type.getLayout().isIdentity()) {
      dense = memref::AllocOp::create(rewriter, op->getLoc(), MemRefType::get(type.getShape(), type.getElementType()));
      memref::CopyOp::create(rewriter, op->getLoc(), *buffer, dense);
    }
    ObserveBufferOp::create(rewriter, op->getLoc(), dense, edge);
    replaceOpWithBufferizedValues(rewriter, op, *buffer);
    return success();
  }
};
} // namespace

void qnn::registerBufferizationModels(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, QnnDialect *) { ObserveOp::attachInterface<ObserveModel>(*context); });
  registerContractBufferization(registry);
}
