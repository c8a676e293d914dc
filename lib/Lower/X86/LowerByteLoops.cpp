//===- LowerByteLoops.cpp - Elementwise operations that make bytes work on registers full of them ----------------===//
#include "ByteSums.h"
#include "OperandStride.h"
#include "QuantizeArith.h"
#include "TargetPath.h"
#include "quant-opt/Lower/X86/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_LOWERBYTELOOPSPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Elements below which a step is not worth splitting over threads, those that one iteration of a split step should
/// have, and iterations that are enough to share among threads evenly.
static constexpr int64_t kSerialWork = 16384, kGrain = 4096, kEnoughIterations = 24;
/// Vectors of 32-bit elements that become one vector of bytes.
static constexpr int64_t kGroup = 4;

static std::optional<int64_t> getInnermostStride(OpOperand &operand, AffineMap map) {
  return getStride(operand, map, map.getNumDims() - 1);
}

namespace {
/// Writes the loops of one operation.
class Emitter {
public:
  Emitter(OpBuilder &builder, linalg::GenericOp op, CpuPath path)
      : b(builder), op(op), loc(op.getLoc()), path(path), lanes(getVectorBits(path) / 32),
        ranges(op.getStaticLoopRanges()), ivs(ranges.size()) {
    // Without fused multiply-adds, the sum would take more operations than what it stands for.
    if (path != CpuPath::X86_64)
      sum = matchByteSum(op);
  }

  void emit() {
    int64_t range = ranges.back(), count = 1, work = range;
    for (int64_t outer : ArrayRef(ranges).drop_back())
      work *= outer;
    // Outer loops are shared out, slowest first, until iterations are small; then pieces of the innermost one.
    size_t numShared = 0;
    int64_t wanted = work < kSerialWork ? 1 : std::min(work / kGrain, kEnoughIterations), piece = range;
    while (numShared + 1 < ranges.size() && count < wanted)
      count *= ranges[numShared++];
    if (numShared + 1 == ranges.size() && count < wanted)
      piece = llvm::alignTo(std::max<int64_t>(kGrain, range / llvm::divideCeil(wanted, count)), kGroup * lanes);
    int64_t pieces = llvm::divideCeil(range, piece);
    auto forall = scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(count * pieces)}, ValueRange(),
                                        std::nullopt);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(forall.getTerminator());
    Value rest = forall.getInductionVar(0), begin = index(0), end = index(range);
    if (pieces > 1) {
      begin = arith::MulIOp::create(b, loc, split(rest, pieces), index(piece));
      end = arith::MinUIOp::create(b, loc, arith::AddIOp::create(b, loc, begin, index(piece)), end);
    }
    for (size_t dim = numShared; dim-- > 0;)
      ivs[dim] = split(rest, ranges[dim]);
    for (size_t dim = numShared; dim + 1 < ranges.size(); ++dim) {
      auto loop = scf::ForOp::create(b, loc, index(0), index(ranges[dim]), index(1));
      b.setInsertionPoint(loop.getBody()->getTerminator());
      ivs[dim] = loop.getInductionVar();
    }
    // Pieces are of whole registers, so that what is left of the last one is what is left of the loop.
    for (int64_t width : {kGroup * lanes, lanes, int64_t(1)}) {
      if (range >= width)
        begin = emitLoop(begin, end, width);
      range %= width;
    }
  }

private:
  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }

  Value split(Value &rest, int64_t range) {
    Value digit = arith::RemUIOp::create(b, loc, rest, index(range));
    rest = arith::DivUIOp::create(b, loc, rest, index(range));
    return digit;
  }

  /// Steps of `width` elements from `begin` on as long as whole ones are left before `end`; returns where they stop.
  Value emitLoop(Value begin, Value end, int64_t width) {
    Value stop = end;
    if (width > 1) {
      Value span = arith::SubIOp::create(b, loc, end, begin);
      stop = arith::SubIOp::create(b, loc, end, arith::RemUIOp::create(b, loc, span, index(width)));
    }
    auto loop = scf::ForOp::create(b, loc, begin, stop, index(width));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(loop.getBody()->getTerminator());
    ivs.back() = loop.getInductionVar();
    emitElements(width);
    return stop;
  }

  SmallVector<Value> getIndices(OpOperand &operand, int64_t offset = 0) {
    SmallVector<Value> indices;
    for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults()) {
      unsigned dim = cast<AffineDimExpr>(expr).getPosition();
      bool moves = offset && dim + 1 == ranges.size();
      indices.push_back(moves ? arith::AddIOp::create(b, loc, ivs[dim], index(offset)).getResult() : ivs[dim]);
    }
    return indices;
  }

  void emitElements(int64_t width);
  void emitScalars();
  Value emitByteSum();

  /// A value of the body for all elements of a step: either one vector of bytes, or vectors of `lanes` elements, each
  /// made from the other when it is needed.
  struct Wide {
    Value whole;
    SmallVector<Value> parts;
  };
  Value getWhole(Wide &wide);
  ArrayRef<Value> getParts(Wide &wide);
  Wide &lookUp(Value value);
  void load(OpOperand &operand);
  void widen(Operation &inner);

  OpBuilder &b;
  linalg::GenericOp op;
  Location loc;
  CpuPath path;
  int64_t lanes, numParts = 1;
  SmallVector<int64_t> ranges;
  SmallVector<Value> ivs;
  llvm::DenseMap<Value, Wide> values;
  std::optional<MatchedByteSum> sum;
};
} // namespace

Value Emitter::getWhole(Wide &wide) {
  if (wide.whole)
    return wide.whole;
  // Neighbours are joined until one is left.
  SmallVector<Value> parts = wide.parts;
  while (parts.size() > 1) {
    SmallVector<int64_t> order =
        llvm::to_vector(llvm::seq<int64_t>(0, 2 * cast<VectorType>(parts[0].getType()).getNumElements()));
    SmallVector<Value> joined;
    for (size_t i = 0; i < parts.size(); i += 2)
      joined.push_back(vector::ShuffleOp::create(b, loc, parts[i], parts[i + 1], order));
    parts = joined;
  }
  return wide.whole = parts[0];
}

ArrayRef<Value> Emitter::getParts(Wide &wide) {
  if (wide.parts.empty())
    for (int64_t part = 0; part < numParts; ++part) {
      SmallVector<int64_t> order = llvm::to_vector(llvm::seq(part * lanes, (part + 1) * lanes));
      wide.parts.push_back(
          numParts == 1 ? wide.whole : vector::ShuffleOp::create(b, loc, wide.whole, wide.whole, order).getResult());
    }
  return wide.parts;
}

Emitter::Wide &Emitter::lookUp(Value value) {
  auto [entry, isNew] = values.try_emplace(value);
  // Captured from outside the region.
  if (isNew)
    entry->second.parts.assign(numParts,
                               vector::BroadcastOp::create(b, loc, VectorType::get(lanes, value.getType()), value));
  return entry->second;
}

void Emitter::load(OpOperand &operand) {
  BlockArgument argument = op.getMatchingBlockArgument(&operand);
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (argument.use_empty())
    return;
  Wide wide;
  if (!type || getInnermostStride(operand, op.getMatchingIndexingMap(&operand)) == std::optional<int64_t>(0)) {
    Value scalar = type ? memref::LoadOp::create(b, loc, operand.get(), getIndices(operand)) : operand.get();
    wide.parts.assign(numParts, vector::BroadcastOp::create(b, loc, VectorType::get(lanes, scalar.getType()), scalar));
  } else if (llvm::any_of(argument.getUsers(), llvm::IsaPred<LookupOp, linalg::YieldOp>)) {
    auto vector = VectorType::get(numParts * lanes, type.getElementType());
    wide.whole = vector::LoadOp::create(b, loc, vector, operand.get(), getIndices(operand));
  } else {
    auto vector = VectorType::get(lanes, type.getElementType());
    for (int64_t part = 0; part < numParts; ++part)
      wide.parts.push_back(vector::LoadOp::create(b, loc, vector, operand.get(), getIndices(operand, part * lanes)));
  }
  values[argument] = std::move(wide);
}

void Emitter::widen(Operation &inner) {
  Value result = inner.getResult(0);
  Wide wide;
  if (auto lookup = dyn_cast<LookupOp>(inner)) {
    Value bytes = getWhole(lookUp(lookup.getInput()));
    wide.whole = LookupOp::create(b, inner.getLoc(), bytes.getType(), bytes, lookup.getTable());
  } else if (isa<QuantizeOp, RequantizeOp>(inner) && numParts == kGroup && result.getType().isInteger(8)) {
    SmallVector<Value> first = llvm::to_vector(getParts(lookUp(inner.getOperand(0))));
    SmallVector<Value> second = llvm::to_vector(getParts(lookUp(inner.getOperand(1))));
    QuantizeArith arith(b, inner.getLoc(), VectorType::get(lanes, b.getF32Type()), path);
    SmallVector<Value> rounded;
    auto round = [&](auto typed) {
      for (auto [x, scale] : llvm::zip_equal(first, second))
        rounded.push_back(arith.beforeRounding(typed, x, scale));
      wide.whole = arith.roundToBytes(rounded, QuantizeArith::getRounding(typed));
    };
    if (auto quantize = dyn_cast<QuantizeOp>(inner))
      round(quantize);
    else
      round(cast<RequantizeOp>(inner));
  } else if (auto constant = dyn_cast<arith::ConstantOp>(inner)) {
    auto attr = DenseElementsAttr::get(VectorType::get(lanes, constant.getType()), constant.getValue());
    wide.parts.assign(numParts, arith::ConstantOp::create(b, loc, cast<TypedAttr>(attr)));
  } else {
    SmallVector<SmallVector<Value>> operands;
    for (Value operand : inner.getOperands())
      operands.push_back(llvm::to_vector(getParts(lookUp(operand))));
    for (int64_t part = 0; part < numParts; ++part) {
      IRMapping mapping;
      for (auto [operand, parts] : llvm::zip_equal(inner.getOperands(), operands))
        mapping.map(operand, parts[part]);
      Operation *copy = b.clone(inner, mapping);
      copy->getResult(0).setType(VectorType::get(lanes, result.getType()));
      wide.parts.push_back(copy->getResult(0));
    }
  }
  values[result] = std::move(wide);
}

void Emitter::emitElements(int64_t width) {
  if (width == 1)
    return emitScalars();
  numParts = width / lanes;
  values.clear();
  for (OpOperand *operand : op.getDpsInputOperands())
    load(*operand);
  Block &body = *op.getBlock();
  bool isSum = sum && numParts == kGroup;
  if (!isSum)
    for (Operation &inner : body.without_terminator())
      widen(inner);
  OpOperand &out = *op.getDpsInitOperand(0);
  Value result = isSum ? emitByteSum() : getWhole(lookUp(body.getTerminator()->getOperand(0)));
  vector::StoreOp::create(b, loc, result, out.get(), getIndices(out));
}

Value Emitter::emitByteSum() {
  auto floats = VectorType::get(lanes, b.getF32Type()), integers = VectorType::get(lanes, b.getI32Type());
  auto number = [&](float value) -> Value {
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(floats, b.getF32FloatAttr(value)));
  };
  auto convert = [&](Value bytes, bool isUnsigned) -> Value {
    Value wide = isUnsigned ? arith::ExtUIOp::create(b, loc, integers, bytes).getResult()
                            : arith::ExtSIOp::create(b, loc, integers, bytes).getResult();
    return arith::SIToFPOp::create(b, loc, floats, wide);
  };
  SmallVector<Value> sums;
  SmallVector<Value> first = llvm::to_vector(getParts(lookUp(sum->first)));
  SmallVector<Value> second = llvm::to_vector(getParts(lookUp(sum->second)));
  for (auto [x, y] : llvm::zip_equal(first, second)) {
    Value inner = LLVM::FMAOp::create(b, loc, floats, convert(y, sum->isSecondUnsigned), number(sum->sum.second),
                                      number(sum->sum.offset));
    sums.push_back(
        LLVM::FMAOp::create(b, loc, floats, convert(x, sum->isFirstUnsigned), number(sum->sum.first), inner));
  }
  QuantizeArith arith(b, loc, floats, path);
  return arith.roundToBytes(sums, {sum->sum.zeroPoint, sum->sum.lo, sum->sum.hi, sum->isUnsigned});
}

void Emitter::emitScalars() {
  IRMapping mapping;
  for (OpOperand *operand : op.getDpsInputOperands())
    if (BlockArgument argument = op.getMatchingBlockArgument(operand); !argument.use_empty())
      mapping.map(argument, isa<MemRefType>(operand->get().getType())
                                ? memref::LoadOp::create(b, loc, operand->get(), getIndices(*operand)).getResult()
                                : operand->get());
  Block &body = *op.getBlock();
  for (Operation &inner : body.without_terminator())
    b.clone(inner, mapping);
  OpOperand &out = *op.getDpsInitOperand(0);
  memref::StoreOp::create(b, loc, mapping.lookupOrDefault(body.getTerminator()->getOperand(0)), out.get(),
                          getIndices(out));
}

/// Whether the operation makes bytes that are contiguous along the innermost loop by arithmetic of the numeric
/// contract.
static bool isByteLoop(linalg::GenericOp op, CpuPath path) {
  if (!op.hasPureBufferSemantics() || op.getNumDpsInits() != 1 || op.getNumLoops() == 0 ||
      op.getNumParallelLoops() != op.getNumLoops() || op.hasIndexSemantics() ||
      !op.getRegionOutputArgs()[0].use_empty() || llvm::is_contained(op.getStaticLoopRanges(), 0))
    return false;
  OpOperand &out = *op.getDpsInitOperand(0);
  AffineMap map = op.getMatchingIndexingMap(&out);
  if (!cast<MemRefType>(out.get().getType()).getElementType().isInteger(8) || !map.isPermutation() ||
      getInnermostStride(out, map) != std::optional<int64_t>(1) ||
      op.getStaticLoopRanges().back() < kGroup * getVectorBits(path) / 32)
    return false;
  for (OpOperand *input : op.getDpsInputOperands()) {
    std::optional<int64_t> stride = getInnermostStride(*input, op.getMatchingIndexingMap(input));
    if (!stride || *stride < 0 || *stride > 1)
      return false;
  }
  bool isQuantized = false;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (inner.getNumRegions() != 0 || inner.getNumResults() != 1 ||
        !(isa<arith::ConstantOp>(inner) || OpTrait::hasElementwiseMappableTraits(&inner)))
      return false;
    // Wider elements than 32 bits would need registers of their own.
    Type type = inner.getResult(0).getType();
    if (!type.isIntOrFloat() || type.getIntOrFloatBitWidth() > 32)
      return false;
    isQuantized |= isa<QuantizeOp, RequantizeOp, LookupOp>(inner) && type.isInteger(8);
  }
  return isQuantized;
}

namespace {
struct LowerByteLoops : public qnn::impl::LowerByteLoopsPassBase<LowerByteLoops> {
  using LowerByteLoopsPassBase::LowerByteLoopsPassBase;

  void runOnOperation() override {
    FailureOr<CpuPath> target = readTargetPath(getOperation(), path);
    if (failed(target))
      return signalPassFailure();
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) { ops.push_back(op); });
    for (linalg::GenericOp op : ops)
      if (isByteLoop(op, *target)) {
        OpBuilder builder(op);
        Emitter(builder, op, *target).emit();
        op.erase();
        ++numLoops;
      }
  }
};
} // namespace
