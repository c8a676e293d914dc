//===- ExpandArith.cpp - The numeric contract's operations become arith ------------------------------------------===//
#include "QuantizeArith.h"
#include "TargetPath.h"
#include "quant-opt/Lower/X86/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_EXPANDARITHPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
struct ExpandArith : public qnn::impl::ExpandArithPassBase<ExpandArith> {
  using ExpandArithPassBase::ExpandArithPassBase;

  void runOnOperation() override {
    FailureOr<CpuPath> target = readTargetPath(getOperation(), path);
    if (failed(target))
      return signalPassFailure();
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<QuantizeOp, RequantizeOp, DequantizeOp, arith::DivFOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      OpBuilder builder(op);
      QuantizeArith arith(builder, op->getLoc(), op->getResult(0).getType(), *target);
      Value result = TypeSwitch<Operation *, Value>(op).Case<QuantizeOp, RequantizeOp, DequantizeOp, arith::DivFOp>(
          [&](auto typed) { return arith.expand(typed); });
      if (!result)
        continue;
      op->getResult(0).replaceAllUsesWith(result);
      op->erase();
    }
  }
};
} // namespace
