//===- PackWeights.cpp - The right side of every qnn.contract is laid out as kernels read it ---------------------===//
#include "ContractionMatcher.h"
#include "quant-opt/Lower/Common/ContractionPlan.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/IR/Remarks.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_PACKWEIGHTSPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// The loops of the run, outermost first, without those of extent 1 that lie before them.
static ArrayRef<int64_t> getRunLoops(const ContractionPlan &plan) {
  return ArrayRef(plan.kOrder).take_back(plan.runDims);
}

/// The reduction loops before the run, outermost first, without those of extent 1.
static SmallVector<int64_t> getOuterReductions(const ContractionPlan &plan, ArrayRef<int64_t> extents) {
  return llvm::filter_to_vector(ArrayRef(plan.kOrder).drop_back(plan.runDims),
                                [&](int64_t loop) { return extents[loop] > 1; });
}

/// Row-major position of `loops` among the given ones.
template <typename Range>
static int64_t getPosition(const Range &which, ArrayRef<int64_t> loops, ArrayRef<int64_t> extents) {
  int64_t position = 0;
  for (int64_t loop : which)
    position = position * extents[loop] + loops[loop];
  return position;
}

/// Packs a constant right side.
template <typename T>
static Value packConstant(OpBuilder &builder, ContractOp contract, const ContractionPlan &plan, ArrayRef<T> elements) {
  ArrayRef<int64_t> extents = contract.getExtents();
  auto type = RankedTensorType::get(plan.packedShape, cast<ShapedType>(contract.getRhs().getType()).getElementType());
  std::vector<T> packed(type.getNumElements(), T(0));
  SmallVector<int64_t> kOuter = getOuterReductions(plan, extents);
  int64_t kOuterCount = 1;
  for (int64_t loop : kOuter)
    kOuterCount *= extents[loop];
  int64_t groups = plan.getGroups(), groupStride = plan.getGroupStride(), lanes = plan.step;
  int64_t blocks = plan.depthwise && plan.isFloat ? 1 : plan.getBlocks(), blockSize = plan.getBlockChannels();

  PointWalker walker(contract.getMaps()[1], cast<ShapedType>(contract.getRhs().getType()).getShape(), extents.size());
  for (const T &element : elements) {
    ArrayRef<int64_t> loops = walker.getLoops();
    int64_t channel = plan.channelLoop ? loops[*plan.channelLoop] : 0;
    int64_t run = getPosition(getRunLoops(plan), loops, extents);
    auto getGroup = [&](int64_t block, int64_t group) {
      int64_t position = getPosition(plan.packedOuter, loops, extents) * blocks + block;
      position = position * kOuterCount + getPosition(kOuter, loops, extents);
      return (position * groups + group) * groupStride;
    };
    if (plan.isDepthwiseBytes()) {
      for (int64_t block = channel / blockSize; block < blocks && plan.getBlockStart(block) <= channel; ++block)
        for (int64_t shift : {0, 1}) {
          int64_t tap = run % plan.tapsInRow + shift;
          if (channel - plan.getBlockStart(block) >= blockSize)
            continue;
          int64_t lane = plan.getDepthwiseLane(channel - plan.getBlockStart(block));
          int64_t quad = shift * plan.getTapQuads() + tap / 4;
          packed[getGroup(block, run / plan.tapsInRow) + (quad * blockSize + lane) * 4 + tap % 4] = element;
        }
    } else {
      int64_t lane = plan.depthwise ? channel : channel % blockSize;
      packed[getGroup(plan.depthwise ? 0 : channel / blockSize, run / lanes) + lane * lanes + run % lanes] = element;
    }
    walker.advance();
  }
  std::string name = getNodeName(contract.getLoc());
  return createConstant<T>(builder, contract.getLoc(), type, packed, name.empty() ? "packed" : name + "_packed");
}

/// Packs a right side that is computed by the model: padded with zeros, then copied into the packed order.
static Value packAtRunTime(OpBuilder &builder, ContractOp contract, const ContractionPlan &plan) {
  Location loc = contract.getLoc();
  ArrayRef<int64_t> extents = contract.getExtents();
  Value rhs = contract.getRhs();
  auto type = cast<RankedTensorType>(rhs.getType());
  Type element = type.getElementType();
  SmallVector<int64_t> kOuter = getOuterReductions(plan, extents);

  // The loop that each dimension of rhs is; the run is one dimension at the end.
  constexpr int64_t kUnit = -1, kRun = -2;
  SmallVector<int64_t> loopOf;
  for (AffineExpr expr : contract.getMaps()[1].getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    loopOf.push_back(dim && extents[dim.getPosition()] > 1 ? int64_t(dim.getPosition()) : kUnit);
  }
  auto dimOf = [&](int64_t loop) { return llvm::find(loopOf, loop) - loopOf.begin(); };
  auto copyTo = [&](ArrayRef<int64_t> shape, ArrayRef<AffineExpr> from) {
    Value empty = tensor::EmptyOp::create(builder, loc, shape, element);
    SmallVector<AffineMap> maps{AffineMap::get(shape.size(), 0, from, builder.getContext()),
                                builder.getMultiDimIdentityMap(shape.size())};
    rhs = linalg::GenericOp::create(
              builder, loc, TypeRange{empty.getType()}, ValueRange{rhs}, ValueRange{empty}, maps,
              SmallVector<utils::IteratorType>(shape.size(), utils::IteratorType::parallel),
              [](OpBuilder &b, Location l, ValueRange args) { linalg::YieldOp::create(b, l, args[0]); })
              .getResult(0);
    type = cast<RankedTensorType>(rhs.getType());
  };

  if (plan.runDims > 1) {
    // Several loops make up the run: bring them together at the end, then make them one dimension.
    SmallVector<int64_t> order(llvm::make_filter_range(
        loopOf, [&](int64_t loop) { return loop != kUnit && !llvm::is_contained(getRunLoops(plan), loop); }));
    size_t kept = order.size();
    llvm::append_range(order, getRunLoops(plan));
    SmallVector<int64_t> shape = llvm::map_to_vector(order, [&](int64_t loop) { return extents[loop]; });
    SmallVector<AffineExpr> from;
    for (int64_t loop : loopOf)
      from.push_back(loop == kUnit ? builder.getAffineConstantExpr(0)
                                   : builder.getAffineDimExpr(llvm::find(order, loop) - order.begin()));
    copyTo(shape, from);
    SmallVector<ReassociationIndices> groups;
    for (size_t i = 0; i < kept; ++i)
      groups.push_back({static_cast<int64_t>(i)});
    groups.push_back(llvm::to_vector(llvm::seq<int64_t>(kept, order.size())));
    rhs = tensor::CollapseShapeOp::create(builder, loc, rhs, groups);
    type = cast<RankedTensorType>(rhs.getType());
    loopOf.assign(order.begin(), order.begin() + kept);
    loopOf.push_back(kRun);
  } else if (plan.runDims == 1) {
    loopOf[dimOf(getRunLoops(plan)[0])] = kRun;
  }

  // Zeros up to whole blocks of channels and whole groups of the run.
  int64_t channelDim = plan.channelLoop ? dimOf(*plan.channelLoop) : -1, runDim = plan.runDims > 0 ? dimOf(kRun) : -1;
  SmallVector<int64_t> low(type.getRank(), 0), high(type.getRank(), 0), padded(type.getShape());
  auto padTo = [&](int64_t dim, int64_t size) {
    high[dim] = size - padded[dim];
    padded[dim] = size;
  };
  // Without a dimension for the channel or the run, one of extent 1 is appended.
  auto appendUnit = [&](int64_t &dim) {
    SmallVector<int64_t> shape(type.getShape());
    dim = shape.size();
    shape.push_back(1);
    SmallVector<AffineExpr> from;
    for (int64_t i = 0; i < type.getRank(); ++i)
      from.push_back(builder.getAffineDimExpr(i));
    copyTo(shape, from);
    loopOf.push_back(kUnit);
    low.push_back(0);
    high.push_back(0);
    padded.push_back(1);
  };
  if (channelDim < 0)
    appendUnit(channelDim);
  if (runDim < 0)
    appendUnit(runDim);
  padTo(channelDim, llvm::alignTo(padded[channelDim], kChannelBlock));
  padTo(runDim, llvm::alignTo(padded[runDim], plan.step));
  if (llvm::any_of(high, [](int64_t size) { return size > 0; })) {
    Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(element));
    SmallVector<OpFoldResult> lowSizes = getAsIndexOpFoldResult(builder.getContext(), low);
    SmallVector<OpFoldResult> highSizes = getAsIndexOpFoldResult(builder.getContext(), high);
    rhs = tensor::PadOp::create(builder, loc, RankedTensorType::get(padded, element), rhs, lowSizes, highSizes, zero);
    type = cast<RankedTensorType>(rhs.getType());
  }

  // packed[outer…, block, k outer…, group, lane, (part)] = rhs[channel = block * 16 + lane, run = group * step + part].
  SmallVector<AffineExpr> from(type.getRank(), builder.getAffineConstantExpr(0));
  unsigned dim = 0;
  for (unsigned loop : plan.packedOuter)
    from[dimOf(loop)] = builder.getAffineDimExpr(dim++);
  AffineExpr block = builder.getAffineDimExpr(dim++);
  for (int64_t loop : kOuter)
    from[dimOf(loop)] = builder.getAffineDimExpr(dim++);
  AffineExpr group = builder.getAffineDimExpr(dim++);
  from[channelDim] = block * kChannelBlock + builder.getAffineDimExpr(dim++);
  from[runDim] = plan.step == 1 ? group : group * plan.step + builder.getAffineDimExpr(dim++);
  copyTo(plan.packedShape, from);
  return rhs;
}

/// A reshape of a constant is a constant.
static void foldReshapesOfConstants(Operation *root) {
  SmallVector<Operation *> reshapes;
  root->walk([&](Operation *op) {
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op) && getConstantElements(op->getOperand(0)))
      reshapes.push_back(op);
  });
  for (Operation *op : reshapes) {
    std::optional<std::vector<char>> bytes = readBytes(getConstantElements(op->getOperand(0)));
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!bytes || !type.hasStaticShape())
      continue;
    OpBuilder builder(op);
    op->getResult(0).replaceAllUsesWith(
        createConstantFromBytes(builder, op->getLoc(), type, *bytes, getNodeName(op->getLoc())));
    op->erase();
  }
}

namespace {
struct PackWeights : public qnn::impl::PackWeightsPassBase<PackWeights> {
  void runOnOperation() override;
};
} // namespace

/// The packed weight of an earlier contraction that read the same constant in the same order.
static Value findPacked(ArrayRef<ContractOp> others, ContractOp contract, const ContractionPlan &plan) {
  for (ContractOp other : others)
    if (other.getMaps()[1] == contract.getMaps()[1] && other.getExtents() == contract.getExtents() &&
        *other.getPackedK() == ArrayRef(plan.kOrder) && static_cast<int64_t>(*other.getRunDims()) == plan.runDims &&
        cast<ShapedType>(other.getRhs().getType()).getShape() == ArrayRef(plan.packedShape))
      return other.getRhs();
  return Value();
}

void PackWeights::runOnOperation() {
  foldReshapesOfConstants(getOperation());
  // By the constant: the planes of a 16-bit activation meet one weight.
  DenseMap<Value, SmallVector<ContractOp>> packedBefore;
  WalkResult result = getOperation()->walk([&](ContractOp contract) {
    if (contract.isPacked())
      return WalkResult::advance();
    if (!isa<TensorType>(contract.getRhs().getType()))
      return WalkResult(contract.emitOpError("expected tensors; pack before bufferization"));
    std::string why;
    std::optional<ContractionPlan> plan = ContractionPlan::get(contract, why);
    if (!plan)
      return WalkResult(contract.emitOpError("fits no plan: ") << why);
    if (!contract.getMaps()[1].isProjectedPermutation())
      return WalkResult(contract.emitOpError("expected rhs to be accessed by a projected permutation of the loops"));
    OpBuilder builder(contract);
    Value rhs = contract.getRhs();
    Value packed = getConstantElements(rhs) ? findPacked(packedBefore[rhs], contract, *plan) : Value();
    if (packed) {
      // Nothing to do.
    } else if (std::optional<std::vector<int8_t>> bytes = readConstant<int8_t>(rhs)) {
      packed = packConstant<int8_t>(builder, contract, *plan, *bytes);
    } else if (std::optional<std::vector<uint16_t>> halves = readConstant<uint16_t>(rhs)) {
      packed = packConstant<uint16_t>(builder, contract, *plan, *halves);
    } else if (std::optional<std::vector<float>> floats = readConstant<float>(rhs)) {
      packed = packConstant<float>(builder, contract, *plan, *floats);
    }
    if (packed) {
      ++numPacked;
    } else {
      if (plan->depthwise)
        return WalkResult(contract.emitOpError("expected constant weights of a depthwise contraction"));
      packed = packAtRunTime(builder, contract, *plan);
      ++numDynamic;
    }
    packedBefore[rhs].push_back(contract);
    contract.getRhsMutable().assign(packed);
    contract.setPackedK(plan->kOrder);
    contract.setRunDims(plan->runDims);
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    signalPassFailure();
}
