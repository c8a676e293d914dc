//===- CancelTransposes.cpp - Transposes move to where they meet their inverse ------------------------------------===//
#include "Body.h"
#include "Convolution.h"
#include "Layouts.h"
#include "quant-opt/Normalize/Passes.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_CANCELTRANSPOSESPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// `transpose(transpose(x, first), second)` as one permutation.
static Permutation compose(ArrayRef<int64_t> first, ArrayRef<int64_t> second) { return permute(first, second); }

static Permutation getIdentity(Value value) {
  return llvm::to_vector(llvm::seq<int64_t>(0, cast<RankedTensorType>(value.getType()).getRank()));
}

/// Values whose transposition costs nothing: constants, fills, empty tensors.
static bool isFreeToTranspose(Value value) {
  Operation *op = value.getDefiningOp();
  return getConstantBehindReshapes(value) || isa_and_nonnull<tensor::EmptyOp, linalg::FillOp>(op);
}

/// Whether a transpose by `permutation` leaves the elements of `type` where they are, as it moves only dimensions of
/// extent one.
static bool movesNoElement(RankedTensorType type, ArrayRef<int64_t> permutation) {
  int64_t last = -1;
  for (int64_t dim : permutation) {
    if (type.getDimSize(dim) == 1)
      continue;
    if (dim < last)
      return false;
    last = dim;
  }
  return true;
}

namespace {
/// Walks one block forwards and carries every transpose down through what can work in the other layout.
class Sinker {
public:
  explicit Sinker(Block &block) : block(block) {}

  void run() {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      builder.setInsertionPoint(&op);
      if (sinkThroughGather(&op))
        continue;
      runOnRegions(&op);
      if (auto transpose = dyn_cast<linalg::TransposeOp>(op); transpose && transpose.hasPureTensorSemantics())
        absorb(transpose);
      else if (!foldReshape(&op) && !sinkThrough(&op) && !sinkIntoReduction(&op))
        materialize(&op);
    }
  }

private:
  struct Stored {
    Value base;
    Permutation layout;
  };

  Stored getStored(Value value) {
    auto known = stored.find(value);
    return known == stored.end() ? Stored{value, getIdentity(value)} : known->second;
  }

  /// The tensor that holds `value` in `layout`.
  Value getInLayout(Location loc, Value value, ArrayRef<int64_t> layout) {
    Stored from = getStored(value);
    if (ArrayRef(from.layout) == layout)
      return from.base;
    Value &made = inLayout[{value, builder.getDenseI64ArrayAttr(layout)}];
    if (!made)
      made = createTransposed(builder, loc, from.base, compose(from.layout, invert(layout)));
    return made;
  }

  void absorb(linalg::TransposeOp op) {
    Value result = op->getResult(0);
    if (Value constant = createRelaidConstant(builder, op.getLoc(), op.getInput(), op.getPermutation(),
                                              cast<RankedTensorType>(result.getType()))) {
      result.replaceAllUsesWith(constant);
      return;
    }
    Stored from = getStored(op.getInput());
    Permutation layout = compose(from.layout, op.getPermutation());
    if (isIdentity(layout))
      result.replaceAllUsesWith(from.base);
    else
      stored[result] = {from.base, layout};
  }

  /// Reshapes of constants are constants.
  bool foldReshape(Operation *op) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
      return false;
    Value result = op->getResult(0);
    Value constant =
        createRelaidConstant(builder, op->getLoc(), op->getOperand(0), {}, cast<RankedTensorType>(result.getType()));
    if (constant)
      result.replaceAllUsesWith(constant);
    return constant != nullptr;
  }

  bool sinkThrough(Operation *op) {
    if (op->getNumResults() != 1 || !isa<RankedTensorType>(op->getResult(0).getType()))
      return false;
    // Each operand votes for the layout that it comes in; where votes are equal, the layout of a transposed one wins.
    llvm::MapVector<Attribute, unsigned> votes;
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isa<RankedTensorType>(operand.get().getType()) || isFreeToTranspose(operand.get()))
        continue;
      if (std::optional<Permutation> layout = getResultLayout(operand, getStored(operand.get()).layout))
        ++votes[builder.getDenseI64ArrayAttr(*layout)];
    }
    ArrayRef<int64_t> best;
    unsigned most = 0;
    for (auto [attr, count] : votes) {
      ArrayRef<int64_t> layout = cast<DenseI64ArrayAttr>(attr).asArrayRef();
      if (count > most || (count == most && isIdentity(best))) {
        best = layout;
        most = count;
      }
    }
    bool isReshape = isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op);
    if (votes.empty() || llvm::none_of(op->getOperands(), [&](Value operand) { return stored.contains(operand); }))
      return false;
    // A reshape takes its one operand as it comes: with dimensions of extent one, several layouts give the same result.
    std::optional<SmallVector<Permutation>> layouts =
        isReshape ? SmallVector<Permutation>{getStored(op->getOperand(0)).layout} : getOperandLayouts(op, best);
    if (!layouts)
      return false;
    SmallVector<Value> operands;
    for (auto [operand, layout] : llvm::zip_equal(op->getOperands(), *layouts))
      operands.push_back(getInLayout(op->getLoc(), operand, layout.empty() ? getIdentity(operand) : layout));
    Value result = createInLayout(builder, op, operands, *layouts, best);
    if (isIdentity(best))
      op->getResult(0).replaceAllUsesWith(result);
    else
      stored[op->getResult(0)] = {result, Permutation(best)};
    return true;
  }

  /// A reduction reads its operands in any order: only its maps change, and the loops that it reduces run as they are
  /// stored.
  bool sinkIntoReduction(Operation *op) {
    auto generic = dyn_cast<linalg::GenericOp>(op);
    if (!generic || !generic.hasPureTensorSemantics() || generic.getNumReductionLoops() == 0 ||
        isFloatContraction(generic) || generic.getNumDpsInputs() != 1)
      return false;
    OpOperand *input = generic.getDpsInputOperand(0);
    Stored from = getStored(input->get());
    AffineMap map = generic.getMatchingIndexingMap(input);
    if (isIdentity(from.layout) || !map.isPermutation())
      return false;
    SmallVector<Value> operands(op->getOperands());
    SmallVector<Permutation> permutations(operands.size());
    operands[0] = from.base;
    permutations[0] = invert(from.layout);
    SmallVector<unsigned> loops, reductions;
    for (AffineExpr expr : permuteResults(map, permutations[0]).getResults()) {
      unsigned loop = cast<AffineDimExpr>(expr).getPosition();
      if (generic.getIteratorTypesArray()[loop] == utils::IteratorType::reduction)
        reductions.push_back(loop);
    }
    generic.getParallelDims(loops);
    llvm::append_range(loops, reductions);
    op->replaceAllUsesWith(createRelaidGeneric(builder, generic, operands, permutations, loops));
    return true;
  }

  /// The one element that `op` reads by its position in a transposed tensor, if the dimensions of that tensor are those
  /// of the result: each is read at the loop of that dimension of the result, or at what is computed, as from a table.
  tensor::ExtractOp getGathered(linalg::GenericOp op) {
    if (!op || !op.hasPureTensorSemantics() || op.getNumDpsInits() != 1)
      return nullptr;
    auto extracts = op.getBody()->getOps<tensor::ExtractOp>();
    if (!llvm::hasSingleElement(extracts))
      return nullptr;
    tensor::ExtractOp extract = *extracts.begin();
    AffineMap made = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    if (!stored.contains(extract.getTensor()) || !made.isProjectedPermutation() ||
        extract.getIndices().size() != made.getNumResults())
      return nullptr;
    for (auto [index, expr] : llvm::zip_equal(extract.getIndices(), made.getResults()))
      if (auto position = index.getDefiningOp<linalg::IndexOp>();
          position && position.getDim() != cast<AffineDimExpr>(expr).getPosition())
        return nullptr;
    return extract;
  }

  /// What reads one tensor by positions makes its result in the order of dimensions in which that tensor comes.
  bool sinkThroughGather(Operation *op) {
    auto generic = dyn_cast<linalg::GenericOp>(op);
    tensor::ExtractOp extract = getGathered(generic);
    if (!extract)
      return false;
    Stored from = getStored(extract.getTensor());
    Permutation order = invert(from.layout);
    SmallVector<Value> operands;
    SmallVector<Permutation> permutations(op->getNumOperands());
    for (OpOperand &operand : op->getOpOperands())
      operands.push_back(isa<RankedTensorType>(operand.get().getType())
                             ? getInLayout(op->getLoc(), operand.get(), getIdentity(operand.get()))
                             : operand.get());
    operands.back() = createTransposed(builder, op->getLoc(), operands.back(), order);
    permutations.back() = order;
    SmallVector<unsigned> loops;
    for (AffineExpr expr : permuteResults(generic.getIndexingMapsArray().back(), order).getResults())
      loops.push_back(cast<AffineDimExpr>(expr).getPosition());
    for (unsigned loop = 0; loop < generic.getNumLoops(); ++loop)
      if (!llvm::is_contained(loops, loop))
        loops.push_back(loop);
    linalg::GenericOp made = createRelaidGeneric(builder, generic, operands, permutations, loops);
    tensor::ExtractOp read = *made.getBody()->getOps<tensor::ExtractOp>().begin();
    SmallVector<Value> indices = permute(ArrayRef(SmallVector<Value>(read.getIndices())), order);
    read.getTensorMutable().assign(from.base);
    read.getIndicesMutable().assign(indices);
    stored[op->getResult(0)] = {made.getResult(0), from.layout};
    return true;
  }

  /// `op` reads its operands as they are.
  void materialize(Operation *op) {
    for (OpOperand &operand : op->getOpOperands())
      if (stored.contains(operand.get()))
        operand.set(getInLayout(stored[operand.get()].base.getLoc(), operand.get(), getIdentity(operand.get())));
  }

  /// Operations in the regions of `op` see values of this block as they are. Control flow has blocks of its own to work
  /// on.
  void runOnRegions(Operation *op) {
    for (Region &region : op->getRegions()) {
      region.walk([&](Operation *inner) { materialize(inner); });
      if (!isa<linalg::LinalgOp>(op))
        for (Block &inner : region)
          Sinker(inner).run();
    }
  }

  Block &block;
  OpBuilder builder{block.getParent()->getContext()};
  DenseMap<Value, Stored> stored;
  DenseMap<std::pair<Value, Attribute>, Value> inLayout;
};

struct CancelTransposesPass : public qnn::impl::CancelTransposesPassBase<CancelTransposesPass> {
  using CancelTransposesPassBase::CancelTransposesPassBase;

  void runOnOperation() override {
    unsigned before = 0, after = 0;
    getOperation()->walk([&](linalg::TransposeOp) { ++before; });
    for (Region &region : getOperation()->getRegions())
      for (Block &block : region)
        Sinker(block).run();
    eraseDead();

    SmallVector<linalg::TransposeOp> transposes;
    getOperation()->walk([&](linalg::TransposeOp op) { transposes.push_back(op); });
    while (!transposes.empty())
      if (linalg::TransposeOp op = transposes.pop_back_val(); op.hasPureTensorSemantics())
        hoist(op, transposes);
    eraseDead();

    transposes.clear();
    getOperation()->walk([&](linalg::TransposeOp op) { transposes.push_back(op); });
    for (linalg::TransposeOp op : transposes)
      if (op.hasPureTensorSemantics())
        foldIntoCopies(op);
    eraseDead();

    transposes.clear();
    getOperation()->walk([&](linalg::TransposeOp op) { transposes.push_back(op); });
    for (linalg::TransposeOp op : transposes)
      if (op.hasPureTensorSemantics() && !replaceByReshape(op))
        ++after;
    numCancelled += before > after ? before - after : 0;
  }

  /// Whether `value` can be had in `layout` with no more than one transpose, of an input of the block or of another
  /// transpose. Anywhere else it would only come to stand between a contraction and the operations that belong to it.
  static bool reachesTop(Value value, ArrayRef<int64_t> layout) {
    Operation *producer = value.getDefiningOp();
    if (!producer || isa<linalg::TransposeOp>(producer) || isFreeToTranspose(value))
      return true;
    // A slice's source is larger than the slice.
    if (!value.hasOneUse() || producer->getNumResults() != 1 || isa<tensor::ExtractSliceOp>(producer))
      return false;
    std::optional<SmallVector<Permutation>> layouts = getOperandLayouts(producer, layout);
    if (!layouts)
      return false;
    unsigned transposed = 0;
    for (auto [operand, wanted] : llvm::zip_equal(producer->getOperands(), *layouts)) {
      if (isIdentity(wanted) || isFreeToTranspose(operand))
        continue;
      if (++transposed > 1 || !reachesTop(operand, wanted))
        return false;
    }
    return true;
  }

  /// The transpose moves above its producer if it can move up all the way: to the model's input, or into another
  /// transpose.
  void hoist(linalg::TransposeOp op, SmallVectorImpl<linalg::TransposeOp> &worklist) {
    if (op->use_empty())
      return;
    Value input = op.getInput();
    Operation *producer = input.getDefiningOp();
    if (!producer || !input.hasOneUse() || producer->getNumResults() != 1 || producer->getBlock() != op->getBlock())
      return;
    OpBuilder builder(producer);
    if (auto outer = dyn_cast<linalg::TransposeOp>(producer)) {
      Value result = createTransposed(builder, op.getLoc(), outer.getInput(),
                                      compose(outer.getPermutation(), op.getPermutation()));
      finish(op, result, worklist);
      return;
    }
    Permutation layout = invert(op.getPermutation());
    std::optional<SmallVector<Permutation>> layouts = getOperandLayouts(producer, layout);
    if (!layouts || !reachesTop(input, layout))
      return;
    SmallVector<Value> operands;
    for (auto [operand, wanted] : llvm::zip_equal(producer->getOperands(), *layouts)) {
      auto outer = operand.getDefiningOp<linalg::TransposeOp>();
      Value made = outer ? createTransposed(builder, op.getLoc(), outer.getInput(),
                                            wanted.empty() ? Permutation(outer.getPermutation())
                                                           : compose(outer.getPermutation(), invert(wanted)))
                         : createTransposed(builder, op.getLoc(), operand, invert(wanted));
      operands.push_back(made);
      if (auto transpose = made.getDefiningOp<linalg::TransposeOp>())
        worklist.push_back(transpose);
    }
    finish(op, createInLayout(builder, producer, operands, *layouts, layout), worklist);
  }

  /// Replaces `op`, and whatever only it used.
  static void finish(linalg::TransposeOp op, Value result, SmallVectorImpl<linalg::TransposeOp> &worklist) {
    Operation *producer = op.getInput().getDefiningOp();
    op->getResult(0).replaceAllUsesWith(result);
    op.erase();
    // Transposes among its operands are on the list still, or end as dead code.
    if (isOpTriviallyDead(producer) && !llvm::is_contained(worklist, producer))
      producer->erase();
    if (auto transpose = result.getDefiningOp<linalg::TransposeOp>();
        transpose && !llvm::is_contained(worklist, transpose))
      worklist.push_back(transpose);
  }

  /// What only moves elements reads them in any order.
  static void foldIntoCopies(linalg::TransposeOp op) {
    Permutation order = invert(op.getPermutation());
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
      auto copy = dyn_cast<linalg::GenericOp>(use.getOwner());
      if (!copy || copy.getNumParallelLoops() != copy.getNumLoops() || !copy.isDpsInput(&use) ||
          !llvm::hasSingleElement(*copy.getBody()))
        continue;
      SmallVector<AffineMap> maps = copy.getIndexingMapsArray();
      maps[use.getOperandNumber()] = permuteResults(maps[use.getOperandNumber()], order);
      copy.setIndexingMapsAttr(OpBuilder(op).getAffineMapArrayAttr(maps));
      use.set(op.getInput());
    }
  }

  static bool replaceByReshape(linalg::TransposeOp op) {
    auto source = cast<RankedTensorType>(op.getInput().getType());
    auto target = cast<RankedTensorType>(op->getResult(0).getType());
    if (!movesNoElement(source, op.getPermutation()))
      return false;
    OpBuilder builder(op);
    Value value = op.getInput();
    if (source != target) {
      SmallVector<int64_t> merged;
      llvm::copy_if(source.getShape(), std::back_inserter(merged), [](int64_t extent) { return extent != 1; });
      if (merged.empty())
        merged.push_back(1);
      auto type = RankedTensorType::get(merged, source.getElementType());
      if (type.getRank() < source.getRank())
        value = tensor::CollapseShapeOp::create(builder, op.getLoc(), type, value, getGroups(source));
      if (type.getRank() < target.getRank())
        value = tensor::ExpandShapeOp::create(builder, op.getLoc(), target, value, getGroups(target));
    }
    op->getResult(0).replaceAllUsesWith(value);
    op.erase();
    return true;
  }

  /// Groups of dimensions with one extent above one each; ones go with what stands before them, leading ones with the
  /// first.
  static SmallVector<ReassociationIndices> getGroups(RankedTensorType type) {
    SmallVector<ReassociationIndices> groups(1);
    bool occupied = false;
    for (auto [dim, extent] : llvm::enumerate(type.getShape())) {
      if (extent != 1 && occupied)
        groups.emplace_back();
      occupied |= extent != 1;
      groups.back().push_back(dim);
    }
    return groups;
  }

  void eraseDead() {
    getOperation()->walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
      if (isOpTriviallyDead(op))
        op->erase();
    });
  }
};
} // namespace
