//===- StreamKernel.cpp - Few rows: a block streams the weights of 16 channels -----------------------------------===//
#include "StreamKernel.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

using namespace mlir;
using namespace mlir::qnn;

/// Rows whose sums fit a thread's registers, four channels each.
static constexpr int64_t kMaxRows = 8;
/// Groups of four bytes that a warp reads at once: 16 channels of 8 groups are 512 bytes.
static constexpr int64_t kWarp = 32, kGroups = 8;

StreamKernel::StreamKernel(OpBuilder &builder, ContractOp op, const ContractionPlan &plan, GpuChip chip)
    : GpuKernel(builder, op, plan, chip) {
  for (const PlanLoop &loop : plan.outer)
    (loop.rhs == 0 ? rowLoops : batchLoops).push_back(loop);
  rowLoops.push_back(plan.rows);
  for (const PlanLoop &loop : rowLoops)
    numRows *= loop.extent;
  // Four reads for each warp, so that many are under way.
  warps = std::clamp<int64_t>(llvm::divideCeil(plan.getGroups(), 4 * kGroups), 1, 8);
}

bool StreamKernel::fits() const {
  return !plan.isFloat && !plan.depthwise && plan.kOuter.empty() && plan.runStride == 1 && plan.run % 4 == 0 &&
         plan.run >= 32 && getLhsAlignment() % 4 == 0 && numRows <= kMaxRows;
}

std::string StreamKernel::describe() const {
  return std::to_string(warps) + " warps stream the weights of 16 channels";
}

void StreamKernel::build() {
  int64_t blocks = llvm::divideCeil(plan.channels, kChannelBlock), count = blocks, groups = plan.getGroups();
  for (const PlanLoop &loop : batchLoops)
    count *= loop.extent;
  Value rest = beginLoop(count, warps * kWarp);
  Value block = split(rest, blocks, batchLoops.empty());
  Place origin = batchLoops.empty() ? getOrigin() : at(getOrigin(), batchLoops, rest);
  SmallVector<Place> rows;
  for (int64_t row = 0; row < numRows; ++row)
    rows.push_back(at(origin, rowLoops, index(row)));

  // Every lane has four channels of every eighth group.
  Value thread = gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x), warp = thread;
  Value lane = split(warp, kWarp), first = lane, quarter = split(first, 4);
  Value rhsFrom = add(add(origin.rhs, mul(block, plan.blockStride)), mul(quarter, 16));
  SmallVector<Value> accs(4 * numRows, zeroAcc());
  // Reads of several steps come before their products, so that they are under way together.
  int64_t steps = llvm::divideCeil(groups, kGroups * warps), together = std::min<int64_t>(steps, numRows <= 2 ? 4 : 2);
  bool whole = groups % (kGroups * warps * together) == 0;
  accs = forRange(llvm::divideCeil(steps, together), accs, [&](Value turn, ArrayRef<Value> carried) {
    SmallVector<SmallVector<Value>> weights, lefts;
    for (int64_t i = 0; i < together; ++i) {
      Value step = add(mul(turn, together), i);
      Value group = add(mul(add(mul(step, warps), warp), kGroups), first), inside;
      if (!whole) {
        inside = isLess(group, groups);
        group = arith::MinUIOp::create(b, loc, group, index(groups - 1));
      }
      Value bytes = loadVector(b.getI8Type(), 16, rhs, add(rhsFrom, mul(group, plan.getGroupStride())));
      Value words = vector::BitCastOp::create(b, loc, vectorOf(b.getI32Type(), 4), bytes);
      weights.push_back({});
      for (int64_t c = 0; c < 4; ++c) {
        Value word = vector::ExtractOp::create(b, loc, words, ArrayRef<int64_t>{c});
        weights.back().push_back(inside ? arith::SelectOp::create(b, loc, inside, word, i32(0)).getResult() : word);
      }
      lefts.push_back({});
      for (int64_t row = 0; row < numRows; ++row)
        lefts.back().push_back(loadWord(add(rows[row].lhs, mul(group, 4)), 4));
    }
    SmallVector<Value> sums(carried);
    for (int64_t i = 0; i < together; ++i)
      for (int64_t row = 0; row < numRows; ++row)
        for (int64_t c = 0; c < 4; ++c)
          sums[4 * row + c] = dot4(lefts[i][row], weights[i][c], sums[4 * row + c]);
    return sums;
  });

  // Lanes that share channels differ in the upper three bits.
  for (Value &acc : accs)
    for (int64_t lanes : {4, 8, 16}) {
      Value other =
          gpu::ShuffleOp::create(b, loc, acc, i32(lanes), i32(kWarp), gpu::ShuffleMode::XOR).getShuffleResult();
      acc = arith::AddIOp::create(b, loc, acc, other);
    }
  int64_t sums = numRows * kChannelBlock;
  auto space = gpu::AddressSpaceAttr::get(b.getContext(), gpu::AddressSpace::Workgroup);
  Value shared = memref::AllocaOp::create(
      b, loc, MemRefType::get({warps * sums}, b.getI32Type(), MemRefLayoutAttrInterface(), space),
      b.getI64IntegerAttr(16));
  ifTrue(isLess(lane, 4), [&] {
    for (int64_t row = 0; row < numRows; ++row) {
      Value four =
          vector::FromElementsOp::create(b, loc, vectorOf(b.getI32Type(), 4), ArrayRef(accs).slice(4 * row, 4));
      storeVector(four, shared, add(add(mul(warp, sums), mul(lane, 4)), row * kChannelBlock));
    }
  });
  gpu::BarrierOp::create(b, loc);

  // A thread for each channel and row finishes; rows take turns where there are more than threads.
  int64_t threads = warps * kWarp;
  for (int64_t start = 0; start < sums; start += threads) {
    Value number = add(thread, start), row = number, channel = split(row, kChannelBlock);
    Value wanted = add(mul(block, kChannelBlock), channel);
    Value works = isLess(wanted, plan.channels);
    works = arith::AndIOp::create(b, loc, works, isLess(number, sums));
    ifTrue(works, [&] {
      Value sum;
      for (int64_t i = 0; i < warps; ++i) {
        Value part = memref::LoadOp::create(b, loc, shared, ValueRange{add(number, i * sums)});
        sum = sum ? arith::AddIOp::create(b, loc, sum, part).getResult() : part;
      }
      finish({sum}, at(origin, rowLoops, row), wanted);
    });
  }
}
