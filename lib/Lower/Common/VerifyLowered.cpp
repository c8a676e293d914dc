//===- VerifyLowered.cpp - Checks the Lowered form ---------------------------------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_VERIFYLOWEREDPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

static bool isTensor(Type type) { return isa<TensorType>(type); }

static LogicalResult verifyOp(Operation *op, ProgramOp program) {
  if (llvm::any_of(op->getOperandTypes(), isTensor) || llvm::any_of(op->getResultTypes(), isTensor))
    return op->emitOpError("tensor in the Lowered form; --qnn-bufferize should have removed it");
  if (isa<memref::AllocOp>(op))
    return op->emitOpError("allocation in the Lowered form; --qnn-plan-arena should have removed it");
  if (isa<linalg::LinalgOp, memref::CopyOp>(op))
    return op->emitOpError("in the Lowered form; --qnn-lower-to-loops should have removed it");
  if (isa<scf::ForallOp>(op))
    return op->emitOpError("in the Lowered form; --qnn-outline-steps should have removed it");
  if (isa<QuantizeOp, DequantizeOp, RequantizeOp>(op))
    return op->emitOpError("in the Lowered form; --qnn-expand-arith should have removed it");
  auto buffer = dyn_cast<BufferOp>(op);
  if (!buffer)
    return success();
  int64_t end = buffer.getPosition() + buffer.getByteSize(), limit = 0;
  switch (buffer.getKind()) {
  case BufferKind::Input:
  case BufferKind::Output: {
    ArrayAttr list = buffer.getKind() == BufferKind::Input ? program.getInputs() : program.getOutputs();
    if (buffer.getPosition() >= list.size())
      return op->emitOpError("number ") << buffer.getPosition() << " of " << list.size();
    return success();
  }
  case BufferKind::Workspace:
    limit = program.getWorkspaceBytes();
    break;
  case BufferKind::Weights:
    limit = program.getWeights() ? program.getWeights()->getNumElements() : 0;
    break;
  }
  if (end > limit)
    return op->emitOpError("ends at byte ") << end << " of " << limit;
  return success();
}

static LogicalResult verifyStep(StepOp step, SymbolTable &symbols) {
  auto function = symbols.lookup<func::FuncOp>(step.getFunction());
  if (!function)
    return step.emitOpError("names no function of the module: @") << step.getFunction();
  ArrayRef<Type> types = function.getArgumentTypes();
  if (types.size() != 3 || !isa<LLVM::LLVMPointerType>(types[0]) || !types[1].isIndex() || !types[2].isIndex() ||
      function.getNumResults() != 0)
    return function.emitOpError("expected the type of a step, (!llvm.ptr, index, index) -> (), found ")
           << function.getFunctionType();
  return success();
}

namespace {
struct VerifyLowered : public qnn::impl::VerifyLoweredPassBase<VerifyLowered> {
  void runOnOperation() override {
    auto programs = llvm::to_vector(getOperation().getOps<ProgramOp>());
    if (programs.size() != 1) {
      getOperation().emitError("expected one qnn.program, found ") << programs.size();
      return signalPassFailure();
    }
    ProgramOp program = programs.front();
    SymbolTable symbols(getOperation());
    for (auto step : program.getSteps().getOps<StepOp>())
      if (failed(verifyStep(step, symbols)))
        return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      WalkResult result = function.walk([&](Operation *op) { return WalkResult(verifyOp(op, program)); });
      if (result.wasInterrupted())
        return signalPassFailure();
    }
  }
};
} // namespace
