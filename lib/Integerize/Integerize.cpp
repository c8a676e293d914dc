//===- Integerize.cpp - Turn float operations between quantize/dequantize casts into integer ones -----------------===//
#include "FuseEpilogues.h"
#include "MoveOntoStorage.h"

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Integerize/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Remarks.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_INTEGERIZEPASS
#include "quant-opt/Integerize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

class IntegerizePass : public qnn::impl::IntegerizePassBase<IntegerizePass> {
public:
  void runOnOperation() override {
    WalkResult result = getOperation()->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      if (!function.isExternal() && failed(runOnFunction(function)))
        return WalkResult::interrupt();
      return WalkResult::skip();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  LogicalResult runOnFunction(FunctionOpInterface function);
  AccumulatorMap createAccumulators(OpBuilder &builder, FunctionOpInterface function);
};

AccumulatorMap IntegerizePass::createAccumulators(OpBuilder &builder, FunctionOpInterface function) {
  AccumulatorMap accumulators;
  std::vector<std::pair<Operation *, QuantRule>> sums;
  function->walk([&](QuantizableOpInterface op) {
    QuantRule rule = op.getQuantRule();
    if (rule.accumulates() && !op->use_empty())
      sums.push_back({op, rule});
  });
  for (auto &[op, rule] : sums) {
    std::string reason;
    FailureOr<Accumulator> accumulator = createAccumulator(builder, op, rule, reason);
    if (succeeded(accumulator)) {
      ++numContractions;
      remark::passed(op->getLoc(), remark::RemarkOpts::name("Integer").category("qnn"))
          << remark::add("{0} accumulates in i32", getRoleName(rule.role).str());
      accumulators.insert({op, std::move(*accumulator)});
      continue;
    }
    ++numFloat;
    if (!reason.empty())
      remark::missed(op->getLoc(), remark::RemarkOpts::name("StaysFloat").category("qnn"))
          << remark::reason("{0}", reason);
  }
  return accumulators;
}

LogicalResult IntegerizePass::runOnFunction(FunctionOpInterface function) {
  OpBuilder builder(&getContext());
  // Nothing folds from here on.
  function->walk([](BarrierOp barrier) {
    barrier.getResult().replaceAllUsesWith(barrier.getInput());
    barrier.erase();
  });
  numMoved += moveOntoStorage(builder, function);
  AccumulatorMap accumulators = createAccumulators(builder, function);
  FailureOr<unsigned> regions = fuseEpilogues(builder, function, accumulators);
  if (failed(regions))
    return failure();
  numEpilogues += *regions;
  for (auto &[op, accumulator] : accumulators) {
    accumulator.finish(builder);
    if (op->use_empty())
      op->erase();
  }

  // scast(scast(bytes)) is bytes; what the casts and the float operations left behind is dead.
  function->walk([&](quant::StorageCastOp cast) {
    auto inner = cast.getInput().getDefiningOp<quant::StorageCastOp>();
    if (inner && inner.getInput().getType() == cast.getType())
      cast.getResult().replaceAllUsesWith(inner.getInput());
  });
  function->walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
  return success();
}

} // namespace
