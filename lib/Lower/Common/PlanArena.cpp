//===- PlanArena.cpp - Allocations become ranges of one workspace ------------------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_PLANARENAPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

static constexpr int64_t kAlignment = 64;

namespace {
/// One allocation with the top-level operations between which its bytes are needed.
struct Lifetime {
  memref::AllocOp alloc;
  int64_t bytes;
  unsigned first, last;
  int64_t offset = -1;

  bool livesWith(const Lifetime &other) const { return first <= other.last && other.first <= last; }
};

/// Operations of the function's block in order; an operation inside a loop counts as the loop.
struct Order {
  explicit Order(Block &block) : block(block) {
    for (Operation &op : block) {
      index[&op] = ops.size();
      ops.push_back(&op);
    }
  }
  unsigned of(Operation *op) const { return index.lookup(block.findAncestorOpInBlock(*op)); }

  Block &block;
  SmallVector<Operation *> ops;
  DenseMap<Operation *, unsigned> index;
};
} // namespace

/// Calls `visit` for each operation that may touch the bytes of `value`, seen through views of it.
static void forEachAccess(Value value, function_ref<void(Operation *)> visit) {
  SmallVector<Value> worklist = {value};
  while (!worklist.empty())
    for (Operation *user : worklist.pop_back_val().getUsers()) {
      visit(user);
      if (isa<ViewLikeOpInterface>(user))
        llvm::append_range(worklist, user->getResults());
    }
}

static Lifetime getRange(memref::AllocOp alloc, const Order &order) {
  Lifetime range{alloc, std::max<int64_t>(BufferOp::getBytesOf(alloc.getType()), 1), ~0u, 0};
  forEachAccess(alloc, [&](Operation *user) {
    if (isa<ViewLikeOpInterface>(user))
      return;
    // Handed on under another name, it may be read anywhere.
    if (isa<RegionBranchOpInterface, RegionBranchTerminatorOpInterface>(user) ||
        llvm::any_of(user->getResultTypes(), [](Type type) { return isa<MemRefType>(type); })) {
      range.first = 0;
      range.last = order.ops.size();
    }
    range.first = std::min(range.first, order.of(user));
    range.last = std::max(range.last, order.of(user));
  });
  return range;
}

/// What a dense view of another shape is of.
static Value getViewed(Value value) {
  while (Operation *view = value.getDefiningOp()) {
    if (!isa<memref::CollapseShapeOp, memref::ExpandShapeOp>(view))
      break;
    value = view->getOperand(0);
  }
  return value;
}

/// Of the operands of an elementwise operation that writes `out` for the first time, one of its type that dies there
/// and may share its bytes.
static memref::AllocOp findDyingOperand(linalg::LinalgOp op, Value out, const Order &order,
                                        const DenseMap<Operation *, Lifetime> &ranges) {
  if (op.getNumParallelLoops() != op.getNumLoops() || op.getNumDpsInits() != 1 || op.hasIndexSemantics())
    return nullptr;
  OpOperand *init = op.getDpsInitOperand(0);
  if (getViewed(init->get()) != out || op.payloadUsesValueFromOperand(init))
    return nullptr;
  // A body that reads memory by itself may read any element of it.
  if (op->getNumRegions() &&
      !op->getRegion(0).walk([](memref::LoadOp) { return WalkResult::interrupt(); }).wasInterrupted())
    for (OpOperand *input : op.getDpsInputOperands()) {
      auto alloc = getViewed(input->get()).getDefiningOp<memref::AllocOp>();
      auto it = alloc ? ranges.find(alloc) : ranges.end();
      if (it == ranges.end() || it->second.last != order.of(op) || alloc.getType() != out.getType() ||
          input->get().getType() != init->get().getType() ||
          op.getMatchingIndexingMap(input) != op.getMatchingIndexingMap(init))
        continue;
      // Read through another map or through a view, an element could be overwritten before it is read.
      bool readOtherwise = llvm::any_of(op->getOpOperands(), [&](OpOperand &operand) {
        if (&operand == input)
          return false;
        Value root = operand.get();
        while (auto view = root.getDefiningOp<ViewLikeOpInterface>())
          root = view.getViewSource();
        return root == alloc.getResult() && (operand.get() != input->get() ||
                                             op.getMatchingIndexingMap(&operand) != op.getMatchingIndexingMap(input));
      });
      if (!readOtherwise)
        return alloc;
    }
  return nullptr;
}

/// Gives every range an offset: the largest first, each at the lowest free place. Returns the extent.
static int64_t place(MutableArrayRef<Lifetime> ranges) {
  SmallVector<Lifetime *> bySize = llvm::map_to_vector(ranges, [](Lifetime &range) { return &range; });
  llvm::sort(bySize,
             [](Lifetime *a, Lifetime *b) { return std::make_pair(-a->bytes, a) < std::make_pair(-b->bytes, b); });
  SmallVector<Lifetime *> placed; // by offset
  int64_t extent = 0;
  for (Lifetime *range : bySize) {
    int64_t offset = 0;
    for (Lifetime *other : placed)
      if (range->livesWith(*other)) {
        if (offset + range->bytes <= other->offset)
          break;
        offset = std::max(offset, static_cast<int64_t>(llvm::alignTo(other->offset + other->bytes, kAlignment)));
      }
    range->offset = offset;
    extent = std::max<int64_t>(extent, llvm::alignTo(offset + range->bytes, kAlignment));
    placed.insert(
        llvm::upper_bound(placed, offset, [](int64_t value, Lifetime *other) { return value < other->offset; }), range);
  }
  return extent;
}

/// A dense view of a buffer is a buffer of another type.
static void foldViews(func::FuncOp function) {
  function.walk([](Operation *op) {
    if (!isa<memref::CollapseShapeOp, memref::ExpandShapeOp, memref::CastOp, memref::ReshapeOp>(op))
      return;
    auto buffer = op->getOperand(0).getDefiningOp<BufferOp>();
    auto type = dyn_cast<MemRefType>(op->getResult(0).getType());
    if (!buffer || !type || !type.hasStaticShape() || type.getNumElements() != buffer.getType().getNumElements())
      return;
    OpBuilder builder(op);
    auto dense = MemRefType::get(type.getShape(), type.getElementType());
    // A collapsed dense buffer may still carry an explicit layout that says the same.
    SmallVector<int64_t> strides, denseStrides;
    int64_t offset, denseOffset;
    if (failed(type.getStridesAndOffset(strides, offset)) ||
        failed(dense.getStridesAndOffset(denseStrides, denseOffset)) || strides != denseStrides || offset != 0)
      return;
    Value view = BufferOp::create(builder, op->getLoc(), dense, buffer.getKind(), buffer.getPosition());
    if (dense != type)
      view = memref::CastOp::create(builder, op->getLoc(), type, view);
    op->replaceAllUsesWith(ValueRange{view});
    op->erase();
  });
}

namespace {
struct PlanArena : public qnn::impl::PlanArenaPassBase<PlanArena> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<ProgramOp>())
      if (auto function = getOperation().lookupSymbol<func::FuncOp>(program.getProgramName()))
        if (failed(plan(function, program)))
          return signalPassFailure();
  }

  LogicalResult plan(func::FuncOp function, ProgramOp program) {
    Block &block = function.front();
    SmallVector<memref::AllocOp> allocs;
    function.walk([&](memref::AllocOp alloc) { allocs.push_back(alloc); });
    for (memref::AllocOp alloc : allocs) {
      if (alloc->getBlock() != &block)
        return alloc.emitOpError("inside a loop has no place in the workspace");
      if (!alloc.getType().hasStaticShape() || !alloc.getType().getLayout().isIdentity())
        return alloc.emitOpError("expected a static shape and a dense layout, found ") << alloc.getType();
    }
    shareInPlace(block, allocs);
    shareOutputs(block, allocs);
    Order order(block);
    SmallVector<Lifetime> ranges;
    for (memref::AllocOp alloc : allocs)
      ranges.push_back(getRange(alloc, order));
    program.setWorkspaceBytes(place(ranges));
    for (Lifetime &range : ranges) {
      OpBuilder builder(range.alloc);
      Value buffer =
          BufferOp::create(builder, range.alloc.getLoc(), range.alloc.getType(), BufferKind::Workspace, range.offset);
      range.alloc.replaceAllUsesWith(buffer);
      range.alloc.erase();
    }
    foldViews(function);
    return success();
  }

  /// Merges an allocation with the operand that dies where it is first written; merged and unused ones vanish.
  void shareInPlace(Block &block, SmallVectorImpl<memref::AllocOp> &allocs) {
    Order order(block);
    DenseMap<Operation *, Lifetime> ranges;
    for (memref::AllocOp alloc : allocs)
      ranges.insert({alloc, getRange(alloc, order)});
    // In program order, so that a chain of elementwise operations ends up in one buffer.
    llvm::sort(allocs, [&](memref::AllocOp a, memref::AllocOp b) {
      return std::make_pair(ranges.find(a)->second.first, order.of(a)) <
             std::make_pair(ranges.find(b)->second.first, order.of(b));
    });
    for (memref::AllocOp &alloc : allocs) {
      Lifetime &range = ranges.find(alloc)->second;
      if (range.first == ~0u)
        continue;
      auto writer = dyn_cast<linalg::LinalgOp>(order.ops[range.first]);
      memref::AllocOp giver = writer ? findDyingOperand(writer, alloc, order, ranges) : nullptr;
      if (!giver)
        continue;
      ranges.find(giver)->second.last = range.last;
      alloc.replaceAllUsesWith(giver.getResult());
      ++numInPlace;
    }
    eraseUnused(allocs);
  }

  /// An allocation that dies where an output is first written becomes that output: less memory is touched.
  void shareOutputs(Block &block, SmallVectorImpl<memref::AllocOp> &allocs) {
    Order order(block);
    DenseMap<Operation *, Lifetime> ranges;
    for (memref::AllocOp alloc : allocs)
      ranges.insert({alloc, getRange(alloc, order)});
    DenseMap<uint64_t, unsigned> firstAccess;
    block.walk([&](BufferOp buffer) {
      if (buffer.getKind() == BufferKind::Output)
        forEachAccess(buffer, [&](Operation *user) {
          if (isa<ViewLikeOpInterface>(user))
            return;
          auto [entry, isNew] = firstAccess.try_emplace(buffer.getPosition(), order.of(user));
          entry->second = std::min(entry->second, order.of(user));
        });
    });
    for (auto [position, first] : firstAccess) {
      auto writer = dyn_cast<linalg::LinalgOp>(order.ops[first]);
      auto buffer = writer ? getViewed(writer.getDpsInits()[0]).getDefiningOp<BufferOp>() : BufferOp();
      if (!buffer || buffer.getKind() != BufferKind::Output || buffer.getPosition() != position)
        continue;
      memref::AllocOp giver = findDyingOperand(writer, buffer, order, ranges);
      if (!giver)
        continue;
      buffer->moveBefore(&block, block.begin());
      giver.replaceAllUsesWith(buffer.getResult());
      ++numInPlace;
    }
    eraseUnused(allocs);
  }

  static void eraseUnused(SmallVectorImpl<memref::AllocOp> &allocs) {
    llvm::erase_if(allocs, [](memref::AllocOp alloc) {
      bool unused = alloc.use_empty();
      if (unused)
        alloc.erase();
      return unused;
    });
  }
};
} // namespace
