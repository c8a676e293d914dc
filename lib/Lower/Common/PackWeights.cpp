//===- PackWeights.cpp - The right side of every qnn.contract is laid out as kernels read it ---------------------===//
#include "ContractionMatcher.h"
#include "quant-opt/Lower/Common/ContractionPlan.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Packing.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Threading.h"

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

/// Where the elements of rhs go.
static Packing getPacking(ContractOp contract, const ContractionPlan &plan) {
  ArrayRef<int64_t> extents = contract.getExtents();
  Packing packing;
  packing.size = ShapedType::getNumElements(plan.packedShape);
  packing.channels = plan.channels;
  packing.run = plan.run;
  packing.step = plan.step;
  packing.groupStride = plan.getGroupStride();
  packing.tapsInRow = plan.isDepthwiseBytes() ? plan.tapsInRow : 0;
  const bool hasBlocks = !plan.depthwise || !plan.isFloat;
  packing.block = hasBlocks ? plan.getBlockChannels() : plan.channels;

  struct Strides {
    int64_t outer = 0, channel = 0, run = 0;
  };
  SmallVector<Strides> strides(extents.size());
  int64_t run = 1, outer = plan.getGroups() * packing.groupStride;
  for (int64_t loop : llvm::reverse(getRunLoops(plan))) {
    strides[loop].run = run;
    run *= extents[loop];
  }
  for (int64_t loop : llvm::reverse(getOuterReductions(plan, extents))) {
    strides[loop].outer = outer;
    outer *= extents[loop];
  }
  packing.blockStride = outer;
  outer *= hasBlocks ? plan.getBlocks() : 1;
  for (unsigned loop : llvm::reverse(plan.packedOuter)) {
    strides[loop].outer = outer;
    outer *= extents[loop];
  }
  if (plan.channelLoop)
    strides[*plan.channelLoop].channel = 1;

  ArrayRef<int64_t> shape = cast<ShapedType>(contract.getRhs().getType()).getShape();
  for (auto [expr, extent] : llvm::zip_equal(contract.getMaps()[1].getResults(), shape)) {
    if (extent == 1)
      continue;
    const Strides &own = strides[cast<AffineDimExpr>(expr).getPosition()];
    packing.dims.push_back({extent, own.outer, own.channel, own.run});
  }
  return packing;
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

namespace {
/// A constant that is packed in one way for one contraction or several.
struct Job {
  Value source;
  Packing packing;
  RankedTensorType type;
  SmallVector<ContractOp, 1> contracts;
  ConstantBytes from = {};
  AsmResourceBlob to = {};
};
} // namespace

/// Packs all constants, each piece by whichever thread is free, and lets their contractions read the result.
static void packConstants(MutableArrayRef<Job> jobs, MLIRContext *context) {
  struct Piece {
    Job *job;
    int64_t begin, end;
  };
  constexpr int64_t kPieceElements = 1 << 18;
  std::vector<Piece> pieces;
  for (Job &job : jobs) {
    job.from = ConstantBytes(getConstantElements(job.source));
    const int64_t bytes = job.packing.size * job.type.getElementTypeBitWidth() / 8, rows = job.packing.getNumRows();
    job.to = HeapAsmResourceBlob::allocate(bytes, /*align=*/64, /*dataIsMutable=*/true);
    const int64_t step = std::max<int64_t>(1, rows * kPieceElements / job.packing.getNumElements());
    for (int64_t begin = 0; begin < rows; begin += step)
      pieces.push_back({&job, begin, std::min(begin + step, rows)});
  }
  parallelFor(context, 0, jobs.size(), [&](size_t i) {
    if (!jobs[i].packing.isFull())
      llvm::fill(jobs[i].to.getMutableData(), 0);
  });
  parallelFor(context, 0, pieces.size(), [&](size_t i) {
    auto [job, begin, end] = pieces[i];
    const unsigned bytes = job->type.getElementTypeBitWidth() / 8;
    job->packing.packRows(job->from.get().data() + begin * job->packing.getRowSize() * bytes,
                          job->to.getMutableData().data(), bytes, begin, end);
  });
  for (Job &job : jobs) {
    ContractOp first = job.contracts.front();
    OpBuilder builder(first);
    const std::string name = getNodeName(first.getLoc());
    Value packed = createConstantFromBlob(builder, first.getLoc(), job.type, std::move(job.to),
                                          name.empty() ? "packed" : name + "_packed");
    for (ContractOp contract : job.contracts)
      contract.getRhsMutable().assign(packed);
  }
}

/// The model's parameter whose elements, in their order, `rhs` holds, if nothing else reads it.
static BlockArgument getParameter(Value rhs) {
  while (rhs.hasOneUse() && rhs.getDefiningOp() &&
         isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(rhs.getDefiningOp()))
    rhs = rhs.getDefiningOp()->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(rhs);
  auto function = argument ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()) : func::FuncOp();
  const bool isParameter =
      function && argument.hasOneUse() && function.getArgAttr(argument.getArgNumber(), kParameterAttr);
  return isParameter ? argument : BlockArgument();
}

/// The parameter is given packed from now on, and says how.
static void packParameter(BlockArgument parameter, ContractOp contract, const Packing &packing, RankedTensorType type) {
  auto function = cast<func::FuncOp>(parameter.getOwner()->getParentOp());
  SmallVector<Operation *> reshapes;
  for (Operation *op = contract.getRhs().getDefiningOp(); op; op = op->getOperand(0).getDefiningOp())
    reshapes.push_back(op);
  const auto own = cast<RankedTensorType>(parameter.getType());
  const unsigned number = parameter.getArgNumber();
  contract.getRhsMutable().assign(parameter);
  for (Operation *op : reshapes)
    op->erase();
  parameter.setType(type);
  SmallVector<Type> inputs(function.getArgumentTypes());
  inputs[number] = type;
  function.setType(FunctionType::get(function.getContext(), inputs, function.getResultTypes()));
  NamedAttrList attributes = packing.toAttr(function.getContext());
  attributes.append("shape", DenseI64ArrayAttr::get(function.getContext(), own.getShape()));
  function.setArgAttr(number, kPackingAttr, attributes.getDictionary(function.getContext()));
}

void PackWeights::runOnOperation() {
  foldReshapesOfConstants(getOperation());
  std::vector<Job> jobs;
  // By the constant: the planes of a 16-bit activation meet one weight.
  DenseMap<Value, SmallVector<unsigned, 1>> jobsOf;
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
    Value rhs = contract.getRhs();
    const Packing packing = getPacking(contract, *plan);
    auto type = RankedTensorType::get(plan->packedShape, cast<ShapedType>(rhs.getType()).getElementType());
    if (ConstantBytes(getConstantElements(rhs))) {
      SmallVector<unsigned, 1> &known = jobsOf[rhs];
      auto it = llvm::find_if(known, [&](unsigned i) { return jobs[i].packing == packing; });
      if (it == known.end()) {
        known.push_back(jobs.size());
        it = std::prev(known.end());
        jobs.push_back({rhs, packing, type, {}});
      }
      jobs[*it].contracts.push_back(contract);
      ++numPacked;
    } else if (BlockArgument parameter = getParameter(rhs)) {
      packParameter(parameter, contract, packing, type);
      ++numPacked;
    } else if (plan->depthwise) {
      return WalkResult(contract.emitOpError("expected constant weights of a depthwise contraction"));
    } else {
      OpBuilder builder(contract);
      contract.getRhsMutable().assign(packAtRunTime(builder, contract, *plan));
      ++numDynamic;
    }
    contract.setPackedK(plan->kOrder);
    contract.setRunDims(plan->runDims);
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return signalPassFailure();
  packConstants(jobs, &getContext());
}
