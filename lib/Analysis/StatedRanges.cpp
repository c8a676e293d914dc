//===- StatedRanges.cpp - Ranges as operations of a function, and beside it ---------------------------------------===//
#include "quant-opt/Analysis/StatedRanges.h"

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

using namespace mlir;
using namespace mlir::qnn;

llvm::DenseMap<Value, StatedRange> qnn::stripRanges(FunctionOpInterface function) {
  llvm::DenseMap<Value, StatedRange> ranges;
  function->walk([&](Operation *op) {
    if (auto range = dyn_cast<RangeOp>(op)) {
      StatedRange stated;
      stated.lo.assign(range.getLo().begin(), range.getLo().end());
      stated.hi.assign(range.getHi().begin(), range.getHi().end());
      stated.axis = range.getAxis();
      stated.method = range.getMethod().str();
      ranges[range.getInput()] = stated;
      range.getResult().replaceAllUsesWith(range.getInput());
      range.erase();
    } else if (auto observe = dyn_cast<ObserveOp>(op)) {
      observe.getResult().replaceAllUsesWith(observe.getInput());
      observe.erase();
    }
  });
  return ranges;
}

void qnn::stateRanges(FunctionOpInterface function, const llvm::DenseMap<Value, StatedRange> &ranges) {
  SmallVector<Value> values; // in program order, which the map's is not
  auto add = [&](Value value) {
    if (ranges.count(value))
      values.push_back(value);
  };
  llvm::for_each(function.getArguments(), add);
  for (Block &block : function.getFunctionBody())
    for (Operation &op : block)
      llvm::for_each(op.getResults(), add);
  OpBuilder builder(function.getContext());
  for (Value value : values) {
    const StatedRange &range = ranges.find(value)->second;
    builder.setInsertionPointAfterValue(value);
    auto op = RangeOp::create(builder, value.getLoc(), value.getType(), value, builder.getDenseF32ArrayAttr(range.lo),
                              builder.getDenseF32ArrayAttr(range.hi),
                              range.axis ? builder.getI64IntegerAttr(*range.axis) : IntegerAttr(),
                              builder.getStringAttr(range.method));
    value.replaceAllUsesExcept(op.getResult(), op);
  }
}
