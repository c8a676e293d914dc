//===- ChannelsLast.cpp - Convolutions and poolings with channels as the innermost dimension ----------------------===//
#include "Body.h"
#include "Convolution.h"
#include "Relayout.h"
#include "quant-opt/Normalize/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_CHANNELSLASTPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
struct ChannelsLastPass : public qnn::impl::ChannelsLastPassBase<ChannelsLastPass> {
  using ChannelsLastPassBase::ChannelsLastPassBase;

  void runOnOperation() override {
    SmallVector<linalg::GenericOp> generics;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics())
        generics.push_back(op);
    });
    for (linalg::GenericOp op : generics)
      if (std::optional<ConvolutionLoops> loops = matchConvolution(op))
        relayout(op, *loops);
      else if (isFloatContraction(op))
        permuteConstants(op);
  }

  /// The constant weights of a matrix product become [batch…, oc…, k…], as those of a convolution.
  void permuteConstants(linalg::GenericOp op) {
    OpBuilder builder(op);
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    for (OpOperand *operand : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(operand);
      if (!getConstantBehindReshapes(operand->get()) || !map.isProjectedPermutation())
        continue;
      Permutation permutation;
      for (utils::IteratorType kind : {utils::IteratorType::parallel, utils::IteratorType::reduction})
        for (auto [loop, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
          if (std::optional<unsigned> dim = map.getResultPosition(getAffineDimExpr(loop, op.getContext()));
              dim && iterator == kind)
            permutation.push_back(*dim);
      if (isIdentity(permutation))
        continue;
      operand->set(createTransposed(builder, op.getLoc(), operand->get(), permutation));
      maps[operand->getOperandNumber()] = permuteResults(map, permutation);
      ++numRelaid;
    }
    op.setIndexingMapsAttr(builder.getAffineMapArrayAttr(maps));
  }

  void relayout(linalg::GenericOp op, const ConvolutionLoops &loops) {
    SmallVector<Permutation> permutations;
    bool changed = false;
    for (OpOperand &operand : op->getOpOperands()) {
      permutations.push_back(loops.getChannelsLast(operand));
      changed |= !isIdentity(permutations.back());
    }
    SmallVector<unsigned> order = loops.getCanonicalOrder();
    for (auto [i, loop] : llvm::enumerate(order))
      changed |= i != loop;
    if (!changed)
      return;

    OpBuilder builder(op);
    SmallVector<Value> operands;
    for (auto [operand, permutation] : llvm::zip_equal(op->getOperands(), permutations))
      operands.push_back(createTransposed(builder, op.getLoc(), operand, permutation));
    linalg::GenericOp relaid = createRelaidGeneric(builder, op, operands, permutations, order);
    Value result = createTransposed(builder, op.getLoc(), relaid.getResult(0), invert(permutations.back()));
    op.getResult(0).replaceAllUsesWith(result);
    op.erase();
    ++numRelaid;
  }
};
} // namespace
