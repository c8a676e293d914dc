//===- SplitBias.cpp - Sums that start from zero, with their bias as an elementwise addition ----------------------===//
#include "Body.h"
#include "quant-opt/Normalize/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_SPLITBIASPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Follows copies that broadcast: `value`, read by `map`, is in truth a smaller value read by another map.
static void lookThroughBroadcasts(Value &value, AffineMap &map) {
  while (auto copy = value.getDefiningOp<linalg::GenericOp>()) {
    if (copy.getNumDpsInputs() != 1 || copy.getNumReductionLoops() != 0 || copy.getNumResults() != 1)
      return;
    Block *body = copy.getBody();
    if (cast<linalg::YieldOp>(body->getTerminator()).getOperand(0) != body->getArgument(0))
      return;
    AffineMap input = copy.getIndexingMapsArray()[0], output = copy.getIndexingMapsArray()[1];
    if (!input.isProjectedPermutation() || !output.isPermutation())
      return;
    map = input.compose(inversePermutation(output)).compose(map);
    value = copy.getDpsInputOperand(0)->get();
  }
}

namespace {
struct SplitBiasPass : public qnn::impl::SplitBiasPassBase<SplitBiasPass> {
  using SplitBiasPassBase::SplitBiasPassBase;

  void runOnOperation() override {
    SmallVector<linalg::GenericOp> sums;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics() && isFloatSum(op) && !startsFromZero(op))
        sums.push_back(op);
    });
    for (linalg::GenericOp op : sums)
      split(op);
  }

  void split(linalg::GenericOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    OpOperand *init = op.getDpsInitOperand(0);
    auto type = cast<RankedTensorType>(init->get().getType());
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());

    Value bias = init->get();
    AffineMap biasMap = identity;
    lookThroughBroadcasts(bias, biasMap);
    // A fill with another constant is a scalar bias.
    if (auto fill = bias.getDefiningOp<linalg::FillOp>()) {
      bias = fill.getInputs()[0];
      biasMap = AffineMap::get(type.getRank(), 0, builder.getContext());
    }

    Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
    Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type.getElementType()));
    op->setOperand(init->getOperandNumber(), linalg::FillOp::create(builder, loc, zero, empty).getResult(0));

    builder.setInsertionPointAfter(op);
    Value sum = op.getResult(0);
    SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
    auto add = linalg::GenericOp::create(builder, loc, TypeRange(type), ValueRange{sum, bias}, ValueRange{empty},
                                         {identity, biasMap, identity}, iterators,
                                         [](OpBuilder &b, Location loc, ValueRange args) {
                                           Value result = arith::AddFOp::create(b, loc, args[0], args[1]);
                                           linalg::YieldOp::create(b, loc, result);
                                         });
    sum.replaceAllUsesExcept(add.getResult(0), add);
    ++numSplit;
  }
};
} // namespace
