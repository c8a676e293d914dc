//===- FoldBatchNorm.cpp - Constant affine functions around a contraction become its weights and bias -------------===//
#include "Body.h"
#include "ChannelAffine.h"
#include "Relayout.h"
#include "quant-opt/Normalize/Passes.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_FOLDBATCHNORMPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// Walks the elements of a tensor row by row and knows each one's position along some of the dimensions, row-major in
/// these.
class PositionWalker {
public:
  PositionWalker(ArrayRef<int64_t> shape, ArrayRef<int64_t> dims)
      : shape(shape), strides(shape.size(), 0), index(shape.size(), 0) {
    int64_t stride = 1;
    for (int64_t dim : llvm::reverse(dims)) {
      strides[dim] = stride;
      stride *= shape[dim];
    }
  }

  /// The position of the current element; moves on to the next.
  int64_t next() {
    int64_t current = position;
    for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
      position += strides[dim];
      if (++index[dim] < shape[dim])
        break;
      position -= strides[dim] * shape[dim];
      index[dim] = 0;
    }
    return current;
  }

private:
  ArrayRef<int64_t> shape;
  SmallVector<int64_t> strides, index;
  int64_t position = 0;
};
} // namespace

/// The dimensions of a value read by `map` that the loops `loops` move through, or nothing if one of them is not there
/// alone.
static std::optional<SmallVector<int64_t>> findDims(AffineMap map, ArrayRef<unsigned> loops) {
  SmallVector<int64_t> dims;
  for (unsigned loop : loops) {
    std::optional<unsigned> position = map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
    if (!position)
      return std::nullopt;
    dims.push_back(*position);
  }
  return dims;
}

/// `value + bias`, bias running along the dimensions `dims` of value; the offsets in double are rounded here, once.
static Value createBiasAdd(OpBuilder &builder, Location loc, Value value, ArrayRef<double> offsets,
                           ArrayRef<int64_t> dims) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> exprs;
  for (int64_t dim : dims) {
    shape.push_back(type.getDimSize(dim));
    exprs.push_back(builder.getAffineDimExpr(dim));
  }
  std::vector<float> bias(offsets.begin(), offsets.end());
  Value constant =
      createConstant<float>(builder, loc, RankedTensorType::get(shape, builder.getF32Type()), bias, "bias");
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  AffineMap biasMap = AffineMap::get(type.getRank(), 0, exprs, builder.getContext());
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  return linalg::GenericOp::create(builder, loc, TypeRange(type), ValueRange{value, constant}, ValueRange{empty},
                                   {identity, biasMap, identity}, iterators,
                                   [](OpBuilder &b, Location loc, ValueRange args) {
                                     Value sum = arith::AddFOp::create(b, loc, args[0], args[1]);
                                     linalg::YieldOp::create(b, loc, sum);
                                   })
      .getResult(0);
}

namespace {
struct FoldBatchNormPass : public qnn::impl::FoldBatchNormPassBase<FoldBatchNormPass> {
  using FoldBatchNormPassBase::FoldBatchNormPassBase;

  void runOnOperation() override {
    SmallVector<linalg::GenericOp> contractions;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics() && isFloatContraction(op) && startsFromZero(op))
        contractions.push_back(op);
    });
    for (linalg::GenericOp op : contractions) {
      OpOperand *weights = getWeights(op);
      if (!weights)
        continue;
      while (foldPreceding(op, *weights))
        ;
      foldFollowing(op, *weights);
    }
  }

  /// The constant operand of a contraction whose other operand is none.
  static OpOperand *getWeights(linalg::GenericOp op) {
    OpOperand *weights = nullptr;
    for (OpOperand *operand : op.getDpsInputOperands())
      if (ElementsAttr attr = getConstantBehindReshapes(operand->get()); attr && attr.getElementType().isF32()) {
        if (weights)
          return nullptr;
        weights = operand;
      }
    return weights;
  }

  /// What follows a contraction up to where the affine part of it ends.
  struct Chain {
    ChannelAffine affine;            // along the dimension affine.dim of the last value
    SmallVector<unsigned> loops;     // that move through that dimension
    SmallVector<OpOperand *> folded; // what each operation of the chain reads of the one before
  };

  static Chain followChain(linalg::GenericOp op) {
    Chain chain, reached;
    AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    SmallVector<SmallVector<unsigned>> loopsOfDim;
    for (AffineExpr expr : resultMap.getResults())
      loopsOfDim.push_back({cast<AffineDimExpr>(expr).getPosition()});

    Value value = op.getResult(0);
    while (value.hasOneUse()) {
      OpOperand &use = *value.getUses().begin();
      if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(use.getOwner())) {
        // Groups and their channels become one dimension. Past that, a channel of the former shape has no dimension of
        // its own.
        if (chain.affine.dim >= 0)
          break;
        SmallVector<SmallVector<unsigned>> merged;
        for (ArrayRef<int64_t> dims : collapse.getReassociationIndices()) {
          SmallVector<unsigned> &loops = merged.emplace_back();
          for (int64_t dim : dims)
            llvm::append_range(loops, loopsOfDim[dim]);
        }
        loopsOfDim = merged;
        value = collapse.getResult();
        continue;
      }
      auto generic = dyn_cast<linalg::GenericOp>(use.getOwner());
      std::optional<ChannelAffine> next = generic ? matchChannelAffine(generic, use) : std::nullopt;
      std::optional<ChannelAffine> total = next ? chain.affine.then(*next) : std::nullopt;
      if (!total || !total->isFinite() || !generic.getIndexingMapsArray().back().isIdentity())
        break;
      chain.affine = *total;
      if (total->dim >= 0)
        chain.loops = loopsOfDim[total->dim];
      chain.folded.push_back(&use);
      value = generic.getResult(0);
      reached = chain;
    }
    return reached;
  }

  void foldFollowing(linalg::GenericOp op, OpOperand &weights) {
    Chain chain = followChain(op);
    // A lone bias is already what remains after folding.
    if (chain.folded.empty() || (chain.folded.size() == 1 && chain.affine.isShift() && !chain.affine.isIdentity()))
      return;
    AffineMap map = op.getMatchingIndexingMap(&weights);
    std::optional<SmallVector<int64_t>> dims = findDims(map, chain.loops);
    if (!dims)
      return;

    SmallVector<Location> locations;
    for (OpOperand *folded : llvm::reverse(chain.folded))
      locations.push_back(folded->getOwner()->getLoc());
    locations.push_back(op.getLoc());
    if (!chain.affine.isShift())
      scaleWeights(op, weights, *dims, chain.affine);

    // Reshapes between the contraction and the chain's end stay where they are.
    SmallVector<Operation *> folded;
    for (OpOperand *x : chain.folded)
      folded.push_back(x->getOwner());
    for (OpOperand *x : ArrayRef(chain.folded).drop_back())
      x->getOwner()->getResult(0).replaceAllUsesWith(x->get());
    Value value = chain.folded.back()->get();
    OpBuilder builder(folded.back());
    Location loc = builder.getFusedLoc(locations);
    if (llvm::any_of(chain.affine.offset, [](double offset) { return offset != 0.0; })) {
      int64_t dim = chain.affine.dim;
      std::vector<double> offsets(dim < 0 ? 1 : cast<RankedTensorType>(value.getType()).getDimSize(dim));
      for (size_t i = 0; i < offsets.size(); ++i)
        offsets[i] = chain.affine.offsetOf(i);
      value = createBiasAdd(builder, loc, value, offsets, dim < 0 ? ArrayRef<int64_t>() : ArrayRef<int64_t>(dim));
    }
    folded.back()->getResult(0).replaceAllUsesWith(value);
    numFolded += folded.size();
    for (Operation *done : llvm::reverse(folded))
      done->erase();
  }

  /// A producer of the data that is affine per input channel, with nothing in between: padding would have to pad with
  /// what the function makes of zero.
  bool foldPreceding(linalg::GenericOp op, OpOperand &weights) {
    OpOperand &data = op->getOpOperand(1 - weights.getOperandNumber());
    auto producer = data.get().getDefiningOp<linalg::GenericOp>();
    if (!producer || !producer->hasOneUse() || !producer.hasPureTensorSemantics())
      return false;
    OpOperand *x = nullptr;
    for (OpOperand *operand : producer.getDpsInputOperands()) {
      if (getConstantBehindReshapes(operand->get()))
        continue;
      if (x)
        return false;
      x = operand;
    }
    // A producer that ends another contraction's chain is that contraction's bias or batch norm.
    if (!x || (x->get().getDefiningOp<linalg::GenericOp>() &&
               isFloatContraction(x->get().getDefiningOp<linalg::GenericOp>())))
      return false;
    std::optional<ChannelAffine> affine = matchChannelAffine(producer, *x);
    if (!affine || !affine->isFinite() || !producer.getIndexingMapsArray().back().isIdentity())
      return false;
    AffineMap map = op.getMatchingIndexingMap(&weights), dataMap = op.getMatchingIndexingMap(&data);
    SmallVector<unsigned> channel;
    if (affine->dim >= 0) {
      auto expr = dyn_cast<AffineDimExpr>(dataMap.getResult(affine->dim));
      if (!expr)
        return false;
      channel.push_back(expr.getPosition());
    }
    std::optional<SmallVector<int64_t>> channelDims = findDims(map, channel);
    if (!channelDims)
      return false;

    // bias = Σ w * offset over the reduction, one per combination of the weights' parallel loops.
    SmallVector<unsigned> keptLoops;
    SmallVector<int64_t> resultDims;
    AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    for (auto [dim, expr] : llvm::enumerate(resultMap.getResults()))
      if (map.isFunctionOfDim(cast<AffineDimExpr>(expr).getPosition())) {
        keptLoops.push_back(cast<AffineDimExpr>(expr).getPosition());
        resultDims.push_back(dim);
      }
    std::optional<SmallVector<int64_t>> keptDims = findDims(map, keptLoops);
    // A reduction loop that the weights lack would repeat the sum.
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
      if (op.getIteratorTypesArray()[loop] == utils::IteratorType::reduction && !map.isFunctionOfDim(loop))
        return false;
    auto shape = cast<RankedTensorType>(weights.get().getType()).getShape();
    std::optional<std::vector<char>> bytes = readBytes(getConstantBehindReshapes(weights.get()));
    if (!keptDims || !bytes)
      return false;
    const float *numbers = reinterpret_cast<const float *>(bytes->data());
    int64_t count = 1;
    for (int64_t dim : *keptDims)
      count *= shape[dim];
    std::vector<double> bias(count, 0.0);
    PositionWalker kept(shape, *keptDims), channels(shape, *channelDims);
    for (int64_t i = 0, e = bytes->size() / sizeof(float); i < e; ++i)
      bias[kept.next()] += numbers[i] * affine->offsetOf(channels.next());
    scaleWeights(op, weights, *channelDims, *affine);
    op->setOperand(data.getOperandNumber(), x->get());
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    if (llvm::any_of(bias, [](double offset) { return offset != 0.0; })) {
      Value sum = op.getResult(0);
      Value shifted = createBiasAdd(builder, op.getLoc(), sum, bias, resultDims);
      sum.replaceAllUsesExcept(shifted, shifted.getDefiningOp());
    }
    producer.erase();
    ++numFolded;
    return true;
  }

  /// Multiplies the weights by the scale of the channel at `dims`: in double, rounded once.
  static void scaleWeights(linalg::GenericOp op, OpOperand &weights, ArrayRef<int64_t> dims,
                           const ChannelAffine &affine) {
    ElementsAttr attr = getConstantBehindReshapes(weights.get());
    auto type = cast<RankedTensorType>(weights.get().getType());
    std::vector<char> bytes = *readBytes(attr);
    float *numbers = reinterpret_cast<float *>(bytes.data());
    PositionWalker channels(type.getShape(), dims);
    for (int64_t i = 0, e = bytes.size() / sizeof(float); i < e; ++i)
      numbers[i] = numbers[i] * affine.scaleOf(channels.next());
    OpBuilder builder(op);
    weights.set(createConstantFromBytes(builder, op.getLoc(), type, bytes, getConstantName(attr)));
  }
};
} // namespace
