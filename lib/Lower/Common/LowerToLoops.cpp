//===- LowerToLoops.cpp - Linalg operations become loops whose innermost dimension is contiguous -----------------===//
#include "LaneReduction.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_LOWERTOLOOPSPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Body executions below which a step is not worth splitting over threads.
static constexpr int64_t kSerialWork = 16384;
/// Body executions that one iteration of a split step should have at least.
static constexpr int64_t kGrain = 4096;
/// Iterations that are enough to share among threads evenly.
static constexpr int64_t kEnoughIterations = 24;

namespace {
/// The order of an operation's loops: `outer` are parallel and shared out, `inner` stay loops in each iteration.
struct Plan {
  SmallVector<unsigned> outer, inner;
  /// Iterations of the innermost loop that one outer iteration takes; 0 if all.
  int64_t chunk = 0;
  /// How many of the last loops of `inner` reduce into values.
  unsigned numReducing = 0;
  /// Whether the innermost loop may proceed in lanes.
  bool inLanes = true;
};
} // namespace

static bool isReduction(utils::IteratorType kind) { return kind == utils::IteratorType::reduction; }

/// How many elements apart two neighbours along loop `dim` lie in the operand; nothing if that is not the same
/// everywhere.
static std::optional<int64_t> getStride(OpOperand &operand, AffineMap map, unsigned dim) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!type)
    return 0;
  SmallVector<int64_t> strides;
  int64_t offset, total = 0;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return std::nullopt;
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), strides)) {
    if (!expr.isFunctionOfDim(dim))
      continue;
    SmallVector<int64_t> flat;
    if (failed(getFlattenedAffineExpr(expr, map.getNumDims(), 0, &flat)) || flat.size() != map.getNumDims() + 1)
      return std::nullopt;
    total += flat[dim] * stride;
  }
  return total;
}

/// How badly loop `dim` suits as the innermost one, in strided accesses; the output counts double.
static double getInnermostCost(linalg::LinalgOp op, unsigned dim, int64_t range) {
  double cost = range == 1 ? 8 : range < 4 ? 1 : 0;
  for (OpOperand &operand : op->getOpOperands()) {
    std::optional<int64_t> stride = getStride(operand, op.getMatchingIndexingMap(&operand), dim);
    bool isOutput = op.isDpsInit(&operand);
    if (!stride || (*stride != 0 && *stride != 1))
      cost += isOutput ? 2 : 1;
  }
  // A float reduction keeps its order, so that its innermost loop waits for each addition.
  if (isReduction(op.getIteratorTypesArray()[dim]))
    cost += isa<FloatType>(getElementTypeOrSelf(op.getDpsInits()[0].getType())) ? 0.5 : 0.25;
  return cost;
}

static Plan makePlan(linalg::LinalgOp op, ArrayRef<int64_t> ranges, bool flat) {
  Plan plan;
  unsigned numLoops = ranges.size();
  if (numLoops == 0)
    return plan;
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  OpOperand &output = *op.getDpsInitOperand(0);
  AffineMap outputMap = op.getMatchingIndexingMap(&output);
  SmallVector<unsigned> dims = llvm::to_vector(llvm::seq(numLoops));
  // Parallel loops as the output lies in memory, slowest first.
  llvm::sort(dims, [&](unsigned a, unsigned b) {
    auto key = [&](unsigned dim) {
      bool reduces = isReduction(kinds[dim]);
      return std::make_tuple(reduces, reduces ? 0 : -getStride(output, outputMap, dim).value_or(0), dim);
    };
    return key(a) < key(b);
  });
  unsigned innermost = dims.back();
  double best = getInnermostCost(op, innermost, ranges[innermost]);
  for (unsigned dim : llvm::reverse(dims))
    if (double cost = getInnermostCost(op, dim, ranges[dim]); cost < best) {
      best = cost;
      innermost = dim;
    }
  llvm::erase(dims, innermost);
  dims.push_back(innermost);
  if (flat) {
    // Neighbouring iterations write neighbouring elements; reductions are in the order that they have otherwise.
    llvm::copy_if(dims, std::back_inserter(plan.inner), [&](unsigned dim) { return isReduction(kinds[dim]); });
    llvm::copy_if(dims, std::back_inserter(plan.outer), [&](unsigned dim) { return !isReduction(kinds[dim]); });
    llvm::sort(plan.outer, [&](unsigned a, unsigned b) {
      return std::make_pair(-getStride(output, outputMap, a).value_or(0), a) <
             std::make_pair(-getStride(output, outputMap, b).value_or(0), b);
    });
    plan.numReducing = plan.inner.size();
    plan.inLanes = isReduction(kinds[innermost]);
    return plan;
  }

  int64_t work = 1;
  for (int64_t range : ranges)
    work *= range;
  bool innermostParallel = !isReduction(kinds[innermost]);
  unsigned numOuter = 0;
  if (work >= kSerialWork) {
    // Outer loops are shared out until iterations are small; a loop of one iteration costs nothing.
    int64_t count = 1, wanted = std::min(work / kGrain, kEnoughIterations);
    while (numOuter + 1 < numLoops && !isReduction(kinds[dims[numOuter]]) && count < wanted)
      count *= ranges[dims[numOuter++]];
    if (innermostParallel && numOuter + 1 == numLoops && count < wanted && ranges[innermost] >= 2 * kGrain)
      plan.chunk = kGrain;
    if (count == 1 && !plan.chunk)
      numOuter = 0;
  }
  plan.outer.assign(dims.begin(), dims.begin() + numOuter);
  plan.inner.assign(dims.begin() + numOuter, dims.end());
  for (unsigned dim : llvm::reverse(plan.inner)) {
    if (!isReduction(kinds[dim]))
      break;
    ++plan.numReducing;
  }
  return plan;
}

/// Whether both are the same memory, perhaps seen in different shapes.
static bool isSameMemory(Value a, Value b) {
  if (a == b)
    return true;
  auto bufferA = a.getDefiningOp<BufferOp>(), bufferB = b.getDefiningOp<BufferOp>();
  return bufferA && bufferB && bufferA.getKind() == bufferB.getKind() &&
         bufferA.getPosition() == bufferB.getPosition() && bufferA.getByteSize() == bufferB.getByteSize();
}

/// What `reduction` finds in its accumulator if `fill` right before it put one value everywhere; null otherwise.
static Value getFilledValue(linalg::LinalgOp fill, linalg::LinalgOp reduction) {
  if (fill->getBlock() != reduction->getBlock() || fill.getNumDpsInits() != 1 || reduction.getNumDpsInits() != 1 ||
      reduction.getNumReductionLoops() == 0 || fill->hasAttr(kOverwrittenAttr))
    return nullptr;
  Value filled = fill.getDpsInits()[0], accumulator = reduction.getDpsInits()[0];
  if (!isSameMemory(filled, accumulator))
    return nullptr;
  auto yield = cast<linalg::YieldOp>(fill.getBlock()->getTerminator());
  Value value = yield.getValues()[0];
  if (auto arg = dyn_cast<BlockArgument>(value); arg && arg.getOwner() == fill.getBlock()) {
    value = fill->getOperand(arg.getArgNumber());
    if (isa<ShapedType>(value.getType()))
      return nullptr;
  } else if (value.getParentBlock() == fill.getBlock()) {
    return nullptr;
  }
  // Nothing in between may look at it, and all of it is filled and reduced into.
  for (Operation *op = fill->getNextNode(); op != reduction; op = op->getNextNode())
    if (!op || !isPure(op))
      return nullptr;
  bool whole = fill.getMatchingIndexingMap(fill.getDpsInitOperand(0)).isPermutation() &&
               reduction.getMatchingIndexingMap(reduction.getDpsInitOperand(0)).isProjectedPermutation() &&
               !llvm::is_contained(reduction.getStaticLoopRanges(), 0);
  for (OpOperand *input : reduction.getDpsInputOperands())
    whole &= !isSameMemory(input->get(), accumulator);
  for (auto load : reduction.getBlock()->getOps<memref::LoadOp>())
    whole &= !isSameMemory(load.getMemRef(), accumulator);
  return whole ? value : Value();
}

namespace {
/// Writes the loops of one operation.
class Emitter {
public:
  /// `initial` is what the accumulator holds before a reduction, if it is not to be read from memory.
  Emitter(OpBuilder &builder, linalg::LinalgOp op, Value initial, bool flat)
      : builder(builder), op(op), initial(initial), loc(op.getLoc()), ranges(op.getStaticLoopRanges()),
        ivs(ranges.size()), flat(flat) {}

  void emit() {
    if (llvm::is_contained(ranges, 0))
      return;
    plan = makePlan(op, ranges, flat);
    int64_t count = 1, chunks = 1;
    for (unsigned dim : plan.outer)
      count *= ranges[dim];
    if (plan.chunk) {
      chunks = llvm::divideCeil(ranges[plan.inner.back()], plan.chunk);
      count *= chunks;
    }
    // Even a single iteration is a loop, so that the operation stays one step.
    auto forall = scf::ForallOp::create(builder, loc, ArrayRef<OpFoldResult>{builder.getIndexAttr(count)}, ValueRange(),
                                        std::nullopt);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(forall.getTerminator());
    Value rest = forall.getInductionVar(0);
    if (chunks > 1) {
      Value chunk = split(rest, chunks, /*isLast=*/plan.outer.empty());
      lower = arith::MulIOp::create(builder, loc, chunk, index(plan.chunk));
      Value end = arith::AddIOp::create(builder, loc, lower, index(plan.chunk));
      upper = arith::MinSIOp::create(builder, loc, end, index(ranges[plan.inner.back()]));
    }
    for (auto [i, dim] : llvm::enumerate(llvm::reverse(plan.outer)))
      ivs[dim] = split(rest, ranges[dim], i + 1 == plan.outer.size());
    emitInner(0);
  }

private:
  Value index(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }

  /// Takes the fastest index of `range` values off the linear index `rest`.
  Value split(Value &rest, int64_t range, bool isLast) {
    if (isLast)
      return rest;
    if (range == 1)
      return index(0);
    Value digit = arith::RemUIOp::create(builder, loc, rest, index(range));
    rest = arith::DivUIOp::create(builder, loc, rest, index(range));
    return digit;
  }

  SmallVector<Value> getIndices(OpOperand &operand) {
    SmallVector<Value> indices;
    for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults())
      indices.push_back(affine::expandAffineExpr(builder, loc, expr, ivs, {}));
    return indices;
  }

  Value load(OpOperand &operand) {
    if (!isa<MemRefType>(operand.get().getType()))
      return operand.get();
    return memref::LoadOp::create(builder, loc, operand.get(), getIndices(operand));
  }

  SmallVector<Value> loadInits() {
    if (initial)
      return {initial};
    SmallVector<Value> values;
    for (OpOperand &init : op.getDpsInitsMutable())
      values.push_back(load(init));
    return values;
  }

  void storeInits(ValueRange values) {
    for (auto [init, value] : llvm::zip_equal(op.getDpsInitsMutable(), values))
      memref::StoreOp::create(builder, loc, value, init.get(), getIndices(init));
  }

  /// The loops from `depth` on that are not reductions into values.
  void emitInner(unsigned depth) {
    if (initial && depth == getFirstReduction() && !plan.numReducing)
      emitInitial(depth);
    if (depth + plan.numReducing == plan.inner.size()) {
      if (plan.numReducing)
        storeInits(emitReducing(depth, loadInits()));
      else
        storeInits(emitBody(std::nullopt));
      return;
    }
    emitLoop(plan.inner[depth], ValueRange(), [&](ValueRange) {
      emitInner(depth + 1);
      return SmallVector<Value>();
    });
  }

  unsigned getFirstReduction() {
    SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
    return llvm::find_if(plan.inner, [&](unsigned dim) { return isReduction(kinds[dim]); }) - plan.inner.begin();
  }

  /// Stores the initial value along the parallel loops that lie inside the reductions from `depth` on.
  void emitInitial(unsigned depth) {
    if (depth == plan.inner.size())
      return storeInits(initial);
    auto next = [&](ValueRange) {
      emitInitial(depth + 1);
      return SmallVector<Value>();
    };
    if (isReduction(op.getIteratorTypesArray()[plan.inner[depth]]))
      next({});
    else
      emitLoop(plan.inner[depth], ValueRange(), next);
  }

  SmallVector<Value> emitReducing(unsigned depth, ValueRange accumulators) {
    if (depth == plan.inner.size())
      return emitBody(accumulators);
    auto next = [&](ValueRange values) { return emitReducing(depth + 1, values); };
    unsigned dim = plan.inner[depth];
    if (!plan.inLanes || depth + 1 < plan.inner.size() || ranges[dim] < 2 * kReductionLanes)
      return emitLoop(dim, accumulators, next);
    SmallVector<std::optional<int64_t>> strides;
    for (OpOperand *operand : op.getDpsInputOperands())
      strides.push_back(getStride(*operand, op.getMatchingIndexingMap(operand), dim));
    Operation *combiner = getLaneCombiner(op, strides);
    if (!combiner)
      return emitLoop(dim, accumulators, next);
    Value sum = emitLaneLoop(dim, combiner, accumulators[0], strides);
    if (ranges[dim] % kReductionLanes == 0)
      return {sum};
    return emitLoop(dim, sum, next, ranges[dim] / kReductionLanes * kReductionLanes);
  }

  /// The loop over whole vectors of neighbours along `dim`, then the lanes as one value.
  Value emitLaneLoop(unsigned dim, Operation *combiner, Value accumulator, ArrayRef<std::optional<int64_t>> strides) {
    int64_t end = ranges[dim] / kReductionLanes * kReductionLanes;
    auto loop = scf::ForOp::create(builder, loc, index(0), index(end), index(kReductionLanes),
                                   getFirstLanes(builder, combiner, accumulator));
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      ivs[dim] = loop.getInductionVar();
      Value values = emitLanes(builder, op, combiner, [&](OpOperand &operand) -> Value {
        auto type = dyn_cast<MemRefType>(operand.get().getType());
        if (!type || strides[operand.getOperandNumber()] == std::optional<int64_t>(0))
          return load(operand);
        auto vector = VectorType::get(kReductionLanes, type.getElementType());
        return vector::LoadOp::create(builder, loc, vector, operand.get(), getIndices(operand));
      });
      scf::YieldOp::create(builder, loc, combine(builder, combiner, loop.getRegionIterArgs()[0], values));
    }
    return combineLanes(builder, combiner, loop.getResult(0), accumulator);
  }

  SmallVector<Value> emitLoop(unsigned dim, ValueRange inits, function_ref<SmallVector<Value>(ValueRange)> body,
                              int64_t start = 0) {
    bool isChunk = lower && dim == plan.inner.back();
    if (ranges[dim] == 1) {
      ivs[dim] = index(0);
      return body(inits);
    }
    Value from = isChunk ? lower : index(start), to = isChunk ? upper : index(ranges[dim]), step = index(1);
    auto loop = scf::ForOp::create(builder, loc, from, to, step, inits);
    OpBuilder::InsertionGuard guard(builder);
    if (inits.empty())
      builder.setInsertionPoint(loop.getBody()->getTerminator());
    else
      builder.setInsertionPointToStart(loop.getBody());
    ivs[dim] = loop.getInductionVar();
    SmallVector<Value> results = body(loop.getRegionIterArgs());
    if (!inits.empty())
      scf::YieldOp::create(builder, loc, results);
    return llvm::to_vector_of<Value>(loop.getResults());
  }

  /// One execution of the operation's region; the outputs' old values are loaded unless given.
  SmallVector<Value> emitBody(std::optional<ValueRange> accumulators) {
    Block &body = *op.getBlock();
    IRMapping mapping;
    for (OpOperand &operand : op->getOpOperands()) {
      BlockArgument arg = op.getMatchingBlockArgument(&operand);
      if (arg.use_empty())
        continue;
      if (op.isDpsInit(&operand) && accumulators)
        mapping.map(arg, (*accumulators)[operand.getOperandNumber() - op.getNumDpsInputs()]);
      else
        mapping.map(arg, load(operand));
    }
    for (Operation &inner : body.without_terminator()) {
      if (auto position = dyn_cast<linalg::IndexOp>(inner))
        mapping.map(position.getResult(), ivs[position.getDim()]);
      else
        builder.clone(inner, mapping);
    }
    return llvm::map_to_vector(body.getTerminator()->getOperands(),
                               [&](Value value) { return mapping.lookupOrDefault(value); });
  }

  OpBuilder &builder;
  linalg::LinalgOp op;
  Value initial;
  Location loc;
  SmallVector<int64_t> ranges;
  SmallVector<Value> ivs;
  bool flat;
  Plan plan;
  Value lower, upper; // of the chunked innermost loop
};

/// Stores the fill's value outside the box that is overwritten next: before and after it in each dimension, within it
/// in the dimensions before.
static void emitBorder(OpBuilder &builder, linalg::FillOp fill, ArrayRef<int64_t> box) {
  Location loc = fill.getLoc();
  Value out = fill.getOutputs()[0];
  ArrayRef<int64_t> shape = cast<MemRefType>(out.getType()).getShape();
  int64_t rank = shape.size();
  auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(builder, loc, value); };
  auto forall =
      scf::ForallOp::create(builder, loc, ArrayRef<OpFoldResult>{builder.getIndexAttr(1)}, ValueRange(), std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  auto emitBox = [&](ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
    builder.setInsertionPoint(forall.getTerminator());
    SmallVector<Value> ivs;
    for (int64_t dim = 0; dim < rank; ++dim) {
      if (from[dim] >= to[dim])
        return;
      if (from[dim] + 1 == to[dim]) {
        ivs.push_back(index(from[dim]));
        continue;
      }
      auto loop = scf::ForOp::create(builder, loc, index(from[dim]), index(to[dim]), index(1));
      builder.setInsertionPoint(loop.getBody()->getTerminator());
      ivs.push_back(loop.getInductionVar());
    }
    memref::StoreOp::create(builder, loc, fill.getInputs()[0], out, ivs);
  };
  SmallVector<int64_t> from(rank, 0), to(shape);
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t begin = box[dim], end = begin + box[rank + dim];
    to[dim] = begin;
    emitBox(from, to);
    from[dim] = end;
    to[dim] = shape[dim];
    emitBox(from, to);
    from[dim] = begin;
    to[dim] = end;
  }
}

struct LowerToLoops : public qnn::impl::LowerToLoopsPassBase<LowerToLoops> {
  using LowerToLoopsPassBase::LowerToLoopsPassBase;
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies) {
      rewriter.setInsertionPoint(copy);
      if (copy.getSource() != copy.getTarget())
        linalg::CopyOp::create(rewriter, copy.getLoc(), copy.getSource(), copy.getTarget());
      rewriter.eraseOp(copy);
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (auto [i, op] : llvm::enumerate(ops)) {
      if (!op.hasPureBufferSemantics()) {
        op->emitOpError("expected operands in memory; run --qnn-bufferize first");
        return signalPassFailure();
      }
      rewriter.setInsertionPoint(op);
      // Where every element is an iteration, leaving out the box would save nothing.
      if (auto box = op->getAttrOfType<DenseI64ArrayAttr>(kOverwrittenAttr); box && !flat) {
        emitBorder(rewriter, cast<linalg::FillOp>(op), box);
        continue;
      }
      if (i + 1 < ops.size() && getFilledValue(op, ops[i + 1]))
        continue;
      Value initial = i > 0 ? getFilledValue(ops[i - 1], op) : Value();
      Emitter(rewriter, op, initial, flat).emit();
    }
    for (linalg::LinalgOp op : ops)
      rewriter.eraseOp(op);
  }
};
} // namespace
