//===- FoldTransposesIntoWeights.cpp - A flattening in another order is the weights in another order --------------===//
#include "Body.h"
#include "Relayout.h"
#include "quant-opt/Normalize/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_FOLDTRANSPOSESINTOWEIGHTSPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
struct FoldTransposesIntoWeightsPass
    : public qnn::impl::FoldTransposesIntoWeightsPassBase<FoldTransposesIntoWeightsPass> {
  using FoldTransposesIntoWeightsPassBase::FoldTransposesIntoWeightsPassBase;

  void runOnOperation() override {
    SmallVector<linalg::GenericOp> contractions;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics() && isFloatContraction(op))
        contractions.push_back(op);
    });
    for (linalg::GenericOp op : contractions)
      for (unsigned weights : {0u, 1u})
        if (fold(op, op->getOpOperand(1 - weights), op->getOpOperand(weights)))
          break;
  }

  bool fold(linalg::GenericOp op, OpOperand &data, OpOperand &weights) {
    auto collapse = data.get().getDefiningOp<tensor::CollapseShapeOp>();
    auto transpose = collapse ? collapse.getSrc().getDefiningOp<linalg::TransposeOp>() : linalg::TransposeOp();
    if (!transpose || !collapse->hasOneUse() || !getConstantBehindReshapes(weights.get()))
      return false;
    // Dimensions may change places only within one group.
    SmallVector<ReassociationIndices> groups = collapse.getReassociationIndices();
    std::optional<int64_t> permuted;
    for (auto [group, dims] : llvm::enumerate(groups)) {
      bool moved = llvm::any_of(dims, [&](int64_t dim) { return transpose.getPermutation()[dim] != dim; });
      if (moved && permuted)
        return false;
      if (moved)
        permuted = group;
    }
    if (!permuted)
      return false;
    auto loop = dyn_cast<AffineDimExpr>(op.getMatchingIndexingMap(&data).getResult(*permuted));
    AffineMap map = op.getMatchingIndexingMap(&weights);
    std::optional<unsigned> dim = loop ? map.getResultPosition(loop) : std::nullopt;
    if (!dim || op.getIteratorTypesArray()[loop.getPosition()] != utils::IteratorType::reduction)
      return false;

    // Split the weights' dimension as the flattened one was, put the parts into the stored order, and merge them again.
    auto type = cast<RankedTensorType>(weights.get().getType());
    RankedTensorType source = collapse.getSrcType();
    ReassociationIndices parts = groups[*permuted];
    SmallVector<int64_t> shape(type.getShape().take_front(*dim));
    for (int64_t part : parts)
      shape.push_back(source.getDimSize(part));
    llvm::append_range(shape, type.getShape().drop_front(*dim + 1));
    Permutation order = llvm::to_vector(llvm::seq<int64_t>(0, shape.size()));
    Permutation inverse = invert(transpose.getPermutation());
    for (size_t i = 0; i < parts.size(); ++i)
      order[*dim + i] = *dim + (inverse[parts[i]] - parts.front());

    OpBuilder builder(op);
    Value split = createRelaidConstant(builder, op.getLoc(), weights.get(), {},
                                       RankedTensorType::get(shape, type.getElementType()));
    Value moved = split ? createRelaidConstant(builder, op.getLoc(), split, order, type) : Value();
    if (!moved)
      return false;
    weights.set(moved);
    split.getDefiningOp()->erase();
    data.set(tensor::CollapseShapeOp::create(builder, collapse.getLoc(), collapse.getResultType(), transpose.getInput(),
                                             groups));
    collapse.erase();
    if (transpose->use_empty())
      transpose.erase();
    ++numFolded;
    return true;
  }
};
} // namespace
