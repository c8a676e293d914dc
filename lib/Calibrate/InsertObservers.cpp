//===- InsertObservers.cpp - Put a qnn.observe on every quantized edge --------------------------------------------===//
#include "quant-opt/Analysis/QuantizedEdges.h"
#include "quant-opt/Analysis/StatedRanges.h"
#include "quant-opt/Calibrate/Passes.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_INSERTOBSERVERSPASS
#include "quant-opt/Calibrate/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

std::vector<ObserveOp> mlir::qnn::insertObservers(Operation *root) {
  std::vector<ObserveOp> observers;
  root->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
    if (function.isExternal())
      return WalkResult::skip();
    stripRanges(function);
    for (const QuantizedEdge &edge : getQuantizedEdges(function).edges) {
      OpBuilder builder(function.getContext());
      builder.setInsertionPointAfterValue(edge.value);
      auto observe = ObserveOp::create(builder, edge.value.getLoc(), edge.value, edge.name);
      Value value = edge.value;
      value.replaceAllUsesExcept(observe.getResult(), observe);
      observers.push_back(observe);
    }
    return WalkResult::skip();
  });
  return observers;
}

namespace {

class InsertObserversPass : public qnn::impl::InsertObserversPassBase<InsertObserversPass> {
public:
  void runOnOperation() override { numEdges += insertObservers(getOperation()).size(); }
};

} // namespace
