//===- TileTransposes.cpp - Elementwise operations that transpose work on square tiles in registers --------------===//
#include "OperandStride.h"
#include "QuantizeArith.h"
#include "TargetPath.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/X86/Passes.h"
#include "quant-opt/Support/CpuPath.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_TILETRANSPOSESPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Body executions below which a step is not worth splitting over threads, and parts that are enough for all of them.
static constexpr int64_t kSerialWork = 16384, kEnoughIterations = 24;

/// Whether the operand's memory may be that of `other`.
static bool mayOverlap(Value a, Value b) {
  auto getRoot = [](Value value) {
    while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
      value = view.getViewSource();
    return value;
  };
  auto first = getRoot(a).getDefiningOp<BufferOp>(), second = getRoot(b).getDefiningOp<BufferOp>();
  if (!first || !second)
    return true;
  int64_t begin = first.getPosition(), other = second.getPosition();
  if (first.getKind() != second.getKind())
    return false;
  if (first.getKind() != BufferKind::Workspace)
    return begin == other;
  return begin < other + second.getByteSize() && other < begin + first.getByteSize();
}

namespace {
/// What is read along loop `across` is written along loop `along`; both are contiguous there.
struct Transpose {
  unsigned along = 0, across = 0;
  int64_t size = 0;
};

class Emitter {
public:
  Emitter(OpBuilder &builder, linalg::GenericOp op, const Transpose &transpose, CpuPath path)
      : b(builder), op(op), loc(op.getLoc()), transpose(transpose), path(path), ranges(op.getStaticLoopRanges()),
        ivs(ranges.size()) {}

  void emit() {
    int64_t work = 1, count = 1;
    for (int64_t range : ranges)
      work *= range;
    SmallVector<unsigned> shared, inner;
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    for (AffineExpr expr : map.getResults())
      if (unsigned dim = cast<AffineDimExpr>(expr).getPosition(); dim != transpose.along && dim != transpose.across)
        (work >= kSerialWork ? shared : inner).push_back(dim);
    for (unsigned dim : shared)
      count *= ranges[dim];
    int64_t tiles = llvm::divideCeil(ranges[transpose.across], transpose.size);
    bool sharesTiles = work >= kSerialWork && count < kEnoughIterations;
    if (!shared.empty() && !sharesTiles)
      slowest = shared.back();
    auto forall = scf::ForallOp::create(
        b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(count * (sharesTiles ? tiles : 1))}, ValueRange(), std::nullopt);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(forall.getTerminator());
    Value rest = forall.getInductionVar(0);
    if (sharesTiles)
      ivs[transpose.across] = getTileStart(split(rest, tiles), transpose.across);
    for (unsigned dim : llvm::reverse(shared))
      ivs[dim] = split(rest, ranges[dim]);
    for (unsigned dim : inner)
      ivs[dim] = enterLoop(ranges[dim]);
    auto enterTiles = [&](unsigned dim) {
      return getTileStart(enterLoop(llvm::divideCeil(ranges[dim], transpose.size)), dim);
    };
    ivs[transpose.along] = enterTiles(transpose.along);
    if (!sharesTiles)
      ivs[transpose.across] = enterTiles(transpose.across);
    emitTile();
  }

private:
  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }

  Value split(Value &rest, int64_t range) {
    Value digit = arith::RemUIOp::create(b, loc, rest, index(range));
    rest = arith::DivUIOp::create(b, loc, rest, index(range));
    return digit;
  }
  Value enterLoop(int64_t range) {
    if (range == 1)
      return index(0);
    auto loop = scf::ForOp::create(b, loc, index(0), index(range), index(1));
    b.setInsertionPoint(loop.getBody()->getTerminator());
    return loop.getInductionVar();
  }
  /// The last tile ends with the loop and repeats some of the tile before it.
  Value getTileStart(Value tile, unsigned dim) {
    Value start = arith::MulIOp::create(b, loc, tile, index(transpose.size));
    if (ranges[dim] % transpose.size)
      start = arith::MinUIOp::create(b, loc, start, index(ranges[dim] - transpose.size));
    return start;
  }

  SmallVector<Value> getIndices(OpOperand &operand, unsigned moved, int64_t by) {
    SmallVector<Value> indices;
    for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults()) {
      unsigned dim = cast<AffineDimExpr>(expr).getPosition();
      indices.push_back(dim == moved && by ? arith::AddIOp::create(b, loc, ivs[dim], index(by)).getResult() : ivs[dim]);
    }
    return indices;
  }
  VectorType vectorOf(Type element) { return VectorType::get(transpose.size, element); }
  Value broadcast(Value value) {
    return isa<VectorType>(value.getType())
               ? value
               : vector::BroadcastOp::create(b, loc, vectorOf(value.getType()), value).getResult();
  }

  Value load(OpOperand &operand, int64_t row) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (!type)
      return broadcast(operand.get());
    SmallVector<Value> indices = getIndices(operand, transpose.along, row);
    if (*getStride(operand, op.getMatchingIndexingMap(&operand), transpose.across) == 0)
      return broadcast(memref::LoadOp::create(b, loc, operand.get(), indices));
    Value loaded = vector::LoadOp::create(b, loc, vectorOf(type.getElementType()), operand.get(), indices);
    prefetch(operand, row);
    return loaded;
  }

  /// Each row of a tile is a stream of its own, too short to be foreseen: what the next iteration reads there is
  /// brought near now.
  void prefetch(OpOperand &operand, int64_t row) {
    if (!slowest || *getStride(operand, op.getMatchingIndexingMap(&operand), *slowest) == 0)
      return;
    Value here = ivs[*slowest];
    ivs[*slowest] = arith::AddIOp::create(b, loc, here, index(1));
    memref::PrefetchOp::create(b, loc, operand.get(), getIndices(operand, transpose.along, row), /*isWrite=*/false,
                               /*localityHint=*/2, /*isDataCache=*/true);
    ivs[*slowest] = here;
  }

  Value vectorize(IRMapping &mapping, Value value) {
    if (!mapping.contains(value))
      mapping.map(value, broadcast(value));
    return mapping.lookup(value);
  }

  /// The body before `end` for `size` neighbours along `across`, at `row` along `along`.
  IRMapping emitRow(int64_t row, Operation *end) {
    IRMapping mapping;
    for (OpOperand *operand : op.getDpsInputOperands())
      mapping.map(op.getMatchingBlockArgument(operand), load(*operand, row));
    for (Operation &inner : llvm::make_range(op.getBlock()->begin(), end->getIterator())) {
      if (auto constant = dyn_cast<arith::ConstantOp>(inner)) {
        auto attr = DenseElementsAttr::get(vectorOf(constant.getType()), constant.getValue());
        mapping.map(constant.getResult(), arith::ConstantOp::create(b, loc, cast<TypedAttr>(attr)).getResult());
        continue;
      }
      for (Value operand : inner.getOperands())
        vectorize(mapping, operand);
      Operation *wide = b.clone(inner, mapping);
      wide->getResult(0).setType(vectorOf(inner.getResult(0).getType()));
      mapping.map(inner.getResult(0), wide->getResult(0));
    }
    return mapping;
  }

  void emitTile() {
    Operation *yield = op.getBlock()->getTerminator();
    auto last = yield->getOperand(0).getDefiningOp<QuantizeOp>();
    if (last && last->getNextNode() == yield && last.getType().isInteger(8))
      return emitByteTile(last);
    int64_t size = transpose.size;
    SmallVector<Value> rows;
    for (int64_t row = 0; row < size; ++row) {
      IRMapping mapping = emitRow(row, yield);
      rows.push_back(vectorize(mapping, yield->getOperand(0)));
    }
    // Interleaving each row with the one half the rows further on, once for each bit of the size, transposes.
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i < size / 2; ++i) {
      low.append({i, size + i});
      high.append({size / 2 + i, size + size / 2 + i});
    }
    for (int64_t round = 1; round < size; round *= 2) {
      SmallVector<Value> next;
      for (int64_t i = 0; i < size / 2; ++i) {
        next.push_back(vector::ShuffleOp::create(b, loc, rows[i], rows[i + size / 2], low));
        next.push_back(vector::ShuffleOp::create(b, loc, rows[i], rows[i + size / 2], high));
      }
      rows = std::move(next);
    }
    OpOperand &out = *op.getDpsInitOperand(0);
    for (auto [i, row] : llvm::enumerate(rows))
      vector::StoreOp::create(b, loc, row, out.get(), getIndices(out, transpose.across, i));
  }

  /// Rounding packs four rows into bytes, four of a row side by side in each 128 bits. Each four rows become words of
  /// one column, and the words of a column then come together.
  void emitByteTile(QuantizeOp last) {
    int64_t size = transpose.size;
    QuantizeArith arith(b, loc, vectorOf(b.getF32Type()), path);
    SmallVector<Value> parts;
    for (int64_t row = 0; row < size; row += 4) {
      SmallVector<Value> values;
      for (int64_t i = row; i < row + 4; ++i) {
        IRMapping mapping = emitRow(i, last);
        Value input = vectorize(mapping, last.getInput());
        values.push_back(arith.beforeRounding(last, input, vectorize(mapping, last.getScale())));
      }
      Value bytes = arith.roundToInterleavedBytes(values, QuantizeArith::getRounding(last));
      SmallVector<int64_t> order;
      for (int64_t i = 0; i < 4 * size; ++i)
        order.push_back(i / 16 * 16 + i % 4 * 4 + i % 16 / 4);
      parts.push_back(vector::ShuffleOp::create(b, loc, bytes, bytes, order));
    }
    int64_t together = 1;
    for (; parts.size() > 1 && together < size / 4; together *= 2) {
      VectorType words = VectorType::get(size / together, b.getIntegerType(32 * together));
      int64_t inLane = 4 / together;
      SmallVector<int64_t> low, high;
      for (int64_t i = 0; i < words.getNumElements(); i += inLane)
        for (int64_t j = 0; j < inLane / 2; ++j) {
          low.append({i + j, words.getNumElements() + i + j});
          high.append({i + inLane / 2 + j, words.getNumElements() + i + inLane / 2 + j});
        }
      SmallVector<Value> next(parts.size());
      // Neighbours of rows together, low halves before high ones.
      for (size_t i = 0; i < parts.size(); i += 2 * together)
        for (int64_t j = 0; j < together; ++j) {
          Value x = vector::BitCastOp::create(b, loc, words, parts[i + j]);
          Value y = vector::BitCastOp::create(b, loc, words, parts[i + together + j]);
          next[i + 2 * j] = vector::ShuffleOp::create(b, loc, x, y, low);
          next[i + 2 * j + 1] = vector::ShuffleOp::create(b, loc, x, y, high);
        }
      parts = std::move(next);
    }
    OpOperand &out = *op.getDpsInitOperand(0);
    int64_t columnsInLane = 4 / parts.size();
    for (auto [i, part] : llvm::enumerate(parts)) {
      Value bytes = vector::BitCastOp::create(b, loc, VectorType::get(4 * size, b.getI8Type()), part);
      for (int64_t at = 0; at < 4 * size; at += size) {
        int64_t column = at / 16 * 4 + i * columnsInLane + at % 16 / size;
        Value slice = vector::ExtractStridedSliceOp::create(b, loc, bytes, ArrayRef<int64_t>{at},
                                                            ArrayRef<int64_t>{size}, ArrayRef<int64_t>{1});
        vector::StoreOp::create(b, loc, slice, out.get(), getIndices(out, transpose.across, column));
      }
    }
  }

  OpBuilder &b;
  linalg::GenericOp op;
  Location loc;
  Transpose transpose;
  CpuPath path;
  SmallVector<int64_t> ranges;
  SmallVector<Value> ivs;
  std::optional<unsigned> slowest; // the loop that one iteration of the step differs in from the next
};
} // namespace

static std::optional<Transpose> match(linalg::GenericOp op, CpuPath path) {
  if (!op.hasPureBufferSemantics() || op.getNumDpsInits() != 1 || op.getNumParallelLoops() != op.getNumLoops() ||
      op.hasIndexSemantics() || !op.getRegionOutputArgs()[0].use_empty())
    return std::nullopt;
  for (Operation &inner : op.getBody()->without_terminator())
    if (inner.getNumRegions() != 0 || inner.getNumResults() != 1 ||
        !(isa<arith::ConstantOp>(inner) || OpTrait::hasElementwiseMappableTraits(&inner)))
      return std::nullopt;
  OpOperand &out = *op.getDpsInitOperand(0);
  AffineMap outMap = op.getMatchingIndexingMap(&out);
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (!outMap.isPermutation() || llvm::is_contained(ranges, 0))
    return std::nullopt;
  auto getOneStrided = [&](OpOperand &operand, std::optional<unsigned> besides) -> std::optional<unsigned> {
    for (unsigned dim = 0; dim < ranges.size(); ++dim)
      if (ranges[dim] >= 4 && dim != besides &&
          getStride(operand, op.getMatchingIndexingMap(&operand), dim) == std::optional<int64_t>(1))
        return dim;
    return std::nullopt;
  };
  std::optional<unsigned> along = getOneStrided(out, std::nullopt), across;
  if (!along)
    return std::nullopt;
  for (OpOperand *input : op.getDpsInputOperands())
    if (!across)
      across = getOneStrided(*input, along);
  if (!across)
    return std::nullopt;
  Transpose result{*along, *across, 0};
  int64_t most = std::min<int64_t>({ranges[*along], ranges[*across], getVectorBits(path) / 32});
  result.size = llvm::bit_floor(static_cast<uint64_t>(most));
  bool repeats = ranges[*along] % result.size || ranges[*across] % result.size;
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (!isa<MemRefType>(input->get().getType()))
      continue;
    AffineMap map = op.getMatchingIndexingMap(input);
    std::optional<int64_t> read = getStride(*input, map, *across);
    // What a tile repeats must not have been overwritten.
    if (!read || *read > 1 || *read < 0 || (repeats && mayOverlap(input->get(), out.get())))
      return std::nullopt;
  }
  return result;
}

namespace {
struct TileTransposes : public qnn::impl::TileTransposesPassBase<TileTransposes> {
  using TileTransposesPassBase::TileTransposesPassBase;

  void runOnOperation() override {
    FailureOr<CpuPath> target = readTargetPath(getOperation(), path);
    if (failed(target))
      return signalPassFailure();
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) { ops.push_back(op); });
    for (linalg::GenericOp op : ops)
      if (std::optional<Transpose> transpose = match(op, *target)) {
        OpBuilder builder(op);
        Emitter(builder, op, *transpose, *target).emit();
        op.erase();
        ++numTiled;
      }
  }
};
} // namespace
