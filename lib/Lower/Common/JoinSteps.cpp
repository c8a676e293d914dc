//===- JoinSteps.cpp - Neighbouring loops over the same rows become one loop -------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <map>

namespace mlir::qnn {
#define GEN_PASS_DEF_JOINSTEPSPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Bytes of rows that are taken at once, half a first cache, and iterations that are enough to share among threads
/// evenly.
static constexpr int64_t kCacheBytes = 24 << 10, kEnoughIterations = 24;

namespace {
/// One read or write of a buffer in a loop.
struct Access {
  BufferOp buffer;
  OperandRange indices;
  bool writes;
};
} // namespace

/// The trip count of a loop over one dimension that says nothing more about itself; nothing otherwise.
static std::optional<int64_t> getTripCount(scf::ForallOp loop) {
  if (loop.getRank() != 1 || loop.getNumResults() != 0 || !loop->getDiscardableAttrs().empty() || loop.getMapping() ||
      !isZeroInteger(loop.getMixedLowerBound()[0]) || !isOneInteger(loop.getMixedStep()[0]))
    return std::nullopt;
  return getConstantIntValue(loop.getMixedUpperBound()[0]);
}

/// Whether `op` is an instruction on numbers alone.
static bool isRegisterIntrinsic(Operation *op) {
  return isa<LLVM::CallIntrinsicOp>(op) &&
         llvm::all_of(op->getOperandTypes(), [](Type type) { return getElementTypeOrSelf(type).isIntOrFloat(); });
}

/// All accesses in the loop; nothing if some cannot be told.
static std::optional<SmallVector<Access>> getAccesses(scf::ForallOp loop) {
  SmallVector<Access> accesses;
  WalkResult result = loop.getBody()->walk([&](Operation *op) {
    if (op->hasTrait<OpTrait::HasRecursiveMemoryEffects>() || isMemoryEffectFree(op) || isRegisterIntrinsic(op))
      return WalkResult::advance();
    auto add = [&](Value memory, OperandRange indices, bool writes) {
      auto buffer = memory.getDefiningOp<BufferOp>();
      if (!buffer)
        return WalkResult::interrupt();
      accesses.push_back({buffer, indices, writes});
      return WalkResult::advance();
    };
    return TypeSwitch<Operation *, WalkResult>(op)
        .Case([&](memref::LoadOp load) { return add(load.getMemRef(), load.getIndices(), false); })
        .Case([&](memref::StoreOp store) { return add(store.getMemRef(), store.getIndices(), true); })
        .Case([&](vector::LoadOp load) { return add(load.getBase(), load.getIndices(), false); })
        .Case([&](vector::StoreOp store) { return add(store.getBase(), store.getIndices(), true); })
        .Default([](Operation *) { return WalkResult::interrupt(); });
  });
  if (result.wasInterrupted())
    return std::nullopt;
  return accesses;
}

/// The index in iteration `n` of the loop over `variable`, if it follows from that alone.
static std::optional<int64_t> evaluate(Value index, Value variable, int64_t n) {
  if (index == variable)
    return n;
  APInt constant;
  if (matchPattern(index, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  Operation *op = index.getDefiningOp();
  if (!op || !isa<arith::AddIOp, arith::MulIOp, arith::DivUIOp, arith::RemUIOp>(op))
    return std::nullopt;
  std::optional<int64_t> a = evaluate(op->getOperand(0), variable, n), b = evaluate(op->getOperand(1), variable, n);
  if (!a || !b || *a < 0 || *b < 0 || (*b == 0 && isa<arith::DivUIOp, arith::RemUIOp>(op)))
    return std::nullopt;
  return TypeSwitch<Operation *, int64_t>(op)
      .Case([&](arith::AddIOp) { return *a + *b; })
      .Case([&](arith::MulIOp) { return *a * *b; })
      .Case([&](arith::DivUIOp) { return *a / *b; })
      .Default([&](Operation *) { return *a % *b; });
}

/// Whether iteration n touches row n alone of a buffer that is made of `count` rows.
static bool staysInRow(Access access, Value variable, int64_t count) {
  auto type = cast<MemRefType>(access.buffer.getType());
  if (!type.getLayout().isIdentity())
    return false;
  unsigned rank = 0;
  for (int64_t rows = 1; rows != count; rows *= type.getDimSize(rank++))
    if (rank == static_cast<unsigned>(type.getRank()) || rows > count || rows == 0)
      return false;
  for (int64_t n = 0; n < count; ++n) {
    int64_t row = 0;
    for (unsigned dim = 0; dim < rank; ++dim) {
      std::optional<int64_t> index = evaluate(access.indices[dim], variable, n);
      if (!index)
        return false;
      row = row * type.getDimSize(dim) + *index;
    }
    if (row != n)
      return false;
  }
  return true;
}

namespace {
/// A loop with what it touches.
struct Candidate {
  scf::ForallOp loop;
  int64_t count;
  SmallVector<Access> accesses;
};

struct JoinSteps : public qnn::impl::JoinStepsPassBase<JoinSteps> {
  void runOnOperation() override {
    for (Block &block : getOperation().getBody()) {
      SmallVector<Candidate> group;
      for (Operation &op : llvm::make_early_inc_range(block)) {
        auto loop = dyn_cast<scf::ForallOp>(op);
        if (!loop && isPure(&op))
          continue;
        std::optional<Candidate> next = loop ? describe(loop) : std::nullopt;
        if (!next || !canJoin(group, *next)) {
          join(group);
          group.clear();
        }
        if (next)
          group.push_back(std::move(*next));
      }
      join(group);
    }
  }

  static std::optional<Candidate> describe(scf::ForallOp loop) {
    std::optional<int64_t> count = getTripCount(loop);
    std::optional<SmallVector<Access>> accesses = getAccesses(loop);
    if (!count || !accesses)
      return std::nullopt;
    return Candidate{loop, *count, std::move(*accesses)};
  }

  /// Whether iteration n of the next loop needs of the loops before no more than their iteration n, and something of
  /// that.
  static bool canJoin(MutableArrayRef<Candidate> group, Candidate &next) {
    bool sharesRows = false;
    for (Candidate &before : group) {
      if (before.count != next.count)
        return false;
      for (Access &a : before.accesses)
        for (Access &b : next.accesses) {
          if ((!a.writes && !b.writes) || !a.buffer.overlaps(b.buffer))
            continue;
          // Other rows of one view may be the same row of another.
          bool isSame =
              a.buffer.getPosition() == b.buffer.getPosition() && a.buffer.getByteSize() == b.buffer.getByteSize();
          if (!isSame || !staysInRow(a, before.loop.getInductionVar(0), before.count) ||
              !staysInRow(b, next.loop.getInductionVar(0), next.count))
            return false;
          sharesRows = true;
        }
    }
    return sharesRows;
  }

  /// How many rows are taken at once: what they touch stays in the first cache, and enough iterations are left to share
  /// out. One after the other, each loop would wait for the last results of the loop before.
  static int64_t getNumRows(MutableArrayRef<Candidate> group) {
    std::map<std::pair<BufferKind, int64_t>, int64_t> bytes;
    for (Candidate &each : group)
      for (Access &access : each.accesses)
        bytes[{access.buffer.getKind(), access.buffer.getPosition()}] = access.buffer.getByteSize();
    int64_t count = group.front().count, rowBytes = 0, rows = 1;
    for (auto &[place, size] : bytes)
      rowBytes += llvm::divideCeil(size, count);
    for (int64_t n = 1; n * rowBytes <= kCacheBytes && count / n >= kEnoughIterations; ++n)
      if (count % n == 0)
        rows = n;
    return rows;
  }

  void join(MutableArrayRef<Candidate> group) {
    if (group.size() < 2)
      return;
    scf::ForallOp first = group.front().loop;
    // What lies between computes without memory, from what stands before all loops.
    for (Operation &op : llvm::make_early_inc_range(
             llvm::make_range(std::next(first->getIterator()), group.back().loop->getIterator())))
      if (!isa<scf::ForallOp>(op))
        op.moveBefore(first);
    SmallVector<Location> locations = llvm::map_to_vector(group, [](Candidate &each) { return each.loop.getLoc(); });
    OpBuilder b(first);
    Location loc = b.getFusedLoc(locations);
    int64_t rows = getNumRows(group);
    auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, loc, value); };
    Value zero = index(0), one = index(1), step = index(rows);
    auto joined = scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(group.front().count / rows)},
                                        ValueRange(), std::nullopt);
    for (Candidate &each : group) {
      b.setInsertionPoint(joined.getTerminator());
      Value row = joined.getInductionVar(0);
      Operation *end = joined.getTerminator();
      if (rows > 1) {
        auto loop = scf::ForOp::create(b, loc, zero, step, one);
        end = loop.getBody()->getTerminator();
        b.setInsertionPoint(end);
        row = arith::AddIOp::create(b, loc, arith::MulIOp::create(b, loc, row, step), loop.getInductionVar());
      }
      each.loop.getInductionVar(0).replaceAllUsesWith(row);
      for (Operation &inner : llvm::make_early_inc_range(each.loop.getBody()->without_terminator()))
        inner.moveBefore(end);
      each.loop.erase();
    }
    numJoined += group.size() - 1;
  }
};
} // namespace
