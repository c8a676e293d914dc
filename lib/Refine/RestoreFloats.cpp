//===- RestoreFloats.cpp - Layers that stay float get back what was changed for quantization ----------------------===//
#include "ChangeLayers.h"
#include "quant-opt/Analysis/StatedRanges.h"
#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Refine/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_RESTOREFLOATSPASS
#include "quant-opt/Refine/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

class RestoreFloatsPass : public qnn::impl::RestoreFloatsPassBase<RestoreFloatsPass> {
public:
  void runOnOperation() override {
    getOperation()->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      if (!function.isExternal())
        runOnFunction(function);
      return WalkResult::skip();
    });
    getOperation()->walk([](Operation *op) {
      op->removeAttr(kFloatWeightAttr);
      op->removeAttr(kFloatBiasAttr);
    });
  }

private:
  void runOnFunction(FunctionOpInterface function) {
    auto isChanged = [](Operation *op) { return op->hasAttr(kFloatWeightAttr) || op->hasAttr(kFloatBiasAttr); };
    if (!function->walk([&](Operation *op) { return WalkResult(isChanged(op) ? failure() : success()); })
             .wasInterrupted())
      return;
    llvm::DenseMap<Value, StatedRange> ranges = stripRanges(function);
    for (const QuantizedChain &layer : getAllLayers(function)) {
      if (!isChanged(layer.root) || !isFloat(getPrecision(layer.root)))
        continue;
      // The bias first: it is found by the weight.
      if (OpOperand *bias = findBias(layer))
        restore(*bias, layer.root->getAttrOfType<ElementsAttr>(kFloatBiasAttr), ranges);
      if (OpOperand *weight = getQuantRule(layer.root).weight)
        restore(*weight, layer.root->getAttrOfType<ElementsAttr>(kFloatWeightAttr), ranges);
      ++numRestored;
    }
    stateRanges(function, ranges);
  }

  void restore(OpOperand &operand, ElementsAttr floats, llvm::DenseMap<Value, StatedRange> &ranges) {
    Value old = operand.get();
    if (!floats || floats.getType() != old.getType())
      return;
    OpBuilder builder(operand.getOwner());
    operand.set(arith::ConstantOp::create(builder, old.getLoc(), cast<TypedAttr>(floats)));
    if (isOpTriviallyDead(old.getDefiningOp())) {
      ranges.erase(old);
      old.getDefiningOp()->erase();
    }
  }
};

} // namespace
