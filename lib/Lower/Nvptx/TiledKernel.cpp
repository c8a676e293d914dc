//===- TiledKernel.cpp - Tiles of a product, staged in shared memory ---------------------------------------------===//
#include "TiledKernel.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"

using namespace mlir;
using namespace mlir::qnn;

/// Multiprocessors of a middling GPU: enough blocks for them come before large tiles.
static constexpr int64_t kMultiprocessors = 64;

/// Tiles by what a thread's registers are worth: multiply-adds for each word read from shared memory.
static constexpr Tile kTiles[] = {{128, 128, 8, 8}, {128, 64, 8, 4}, {64, 64, 4, 4}, {64, 32, 4, 4},
                                  {32, 32, 4, 4},   {64, 16, 4, 4},  {32, 16, 2, 4}};

TiledKernel::TiledKernel(OpBuilder &builder, ContractOp op, const ContractionPlan &plan, GpuChip chip)
    : GpuKernel(builder, op, plan, chip) {
  for (const PlanLoop &loop : plan.outer)
    (loop.rhs == 0 ? rowLoops : batchLoops).push_back(loop);
  rowLoops.push_back(plan.rows);
  for (const PlanLoop &loop : rowLoops)
    numRows *= loop.extent;
  for (const PlanLoop &loop : batchLoops)
    numBatches *= loop.extent;
  chooseTile(kTiles, /*wordsPerRead=*/1);
  granule = getLhsAlignment() % 16 == 0 ? 16 : 4;
  // A part of the run that wastes little of the last one.
  int64_t leastWaste = -1;
  for (int64_t size : {64, 48, 32, 16}) {
    int64_t waste = llvm::alignTo(plan.run, size) - plan.run;
    if ((leastWaste < 0 || waste < leastWaste) && (size < 64 || tile.rows < 128)) {
      leastWaste = waste;
      part = size;
    }
  }
}

void TiledKernel::chooseTile(ArrayRef<Tile> tiles, double wordsPerRead) {
  double best = -1;
  for (const Tile &candidate : tiles) {
    int64_t blocks =
        numBatches * llvm::divideCeil(numRows, candidate.rows) * llvm::divideCeil(plan.channels, candidate.channels);
    double words = (1.0 / candidate.threadRows + 1.0 / candidate.threadChannels) / wordsPerRead;
    double cost = llvm::divideCeil(blocks, kMultiprocessors) * candidate.rows * candidate.channels * (0.5 + words);
    if (best < 0 || cost < best) {
      best = cost;
      tile = candidate;
    }
  }
}

bool TiledKernel::fits() const {
  if (plan.isFloat || plan.depthwise || getLhsAlignment() % 4 != 0 || plan.runStride != 1)
    return false;
  // Without asynchronous copies, which fill up with zeros, only whole words are read.
  if (!chip.hasAsyncCopy() && plan.run % granule != 0)
    return false;
  return plan.run >= 16 && plan.channels >= 8 && numRows >= 16;
}

std::string TiledKernel::describe() const {
  return "tiles of " + std::to_string(tile.rows) + " rows x " + std::to_string(tile.channels) + " channels x " +
         std::to_string(part) + " bytes, " + std::to_string(tile.threadRows) + " x " +
         std::to_string(tile.threadChannels) + " a thread";
}

void TiledKernel::forEachGranule(Value number, llvm::function_ref<void(const Granule &, Value, Value, Value)> body) {
  int64_t partsOfRun = llvm::divideCeil(plan.run, part);
  Value rest = number;
  Value inRun = split(rest, partsOfRun, plan.kOuter.empty());
  Value lhsFrom = mul(inRun, part), rhsFrom = mul(inRun, part / 4 * plan.getGroupStride());
  for (size_t i = plan.kOuter.size(); i-- > 0;) {
    Value digit = split(rest, plan.kOuter[i].extent, i == 0);
    lhsFrom = add(lhsFrom, mul(digit, plan.kOuter[i].lhs));
    rhsFrom = add(rhsFrom, mul(digit, plan.kOuter[i].rhs));
  }
  bool whole = plan.run % part == 0;
  for (const Granule &item : granules) {
    Value read;
    if (!whole && item.isLhs) {
      Value at = add(mul(inRun, part), item.k);
      Value left = arith::SubIOp::create(b, loc, index(plan.run), arith::MinUIOp::create(b, loc, at, index(plan.run)));
      read = arith::MinUIOp::create(b, loc, left, index(granule));
    } else if (!whole) {
      Value inside = isLess(add(mul(inRun, part / 4), item.k), plan.getGroups());
      read = arith::SelectOp::create(b, loc, inside, index(16), index(0));
    }
    body(item, item.isLhs ? lhs : rhs, add(item.isLhs ? lhsFrom : rhsFrom, item.from), read);
  }
}

void TiledKernel::copyPart(Value number, Value stage) {
  forEachGranule(number, [&](const Granule &item, Value source, Value from, Value read) {
    auto copy = [&] {
      int64_t bytes = item.isLhs ? granule : 16;
      nvgpu::DeviceAsyncCopyOp::create(b, loc, nvgpu::DeviceAsyncTokenType::get(b.getContext()), shared,
                                       ValueRange{add(stage, item.to)}, source, ValueRange{from}, b.getIndexAttr(bytes),
                                       read, bytes == 16 ? b.getUnitAttr() : UnitAttr());
    };
    item.guard ? ifTrue(item.guard, copy) : copy();
  });
}

SmallVector<Value> TiledKernel::loadPart(Value number) {
  SmallVector<Value> values;
  forEachGranule(number, [&](const Granule &item, Value source, Value from, Value read) {
    // What is beyond is read at the start of the operand, which is there, and replaced by zeros.
    Value inside = item.guard, exists;
    if (read) {
      exists = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, read, index(0));
      inside = inside ? arith::AndIOp::create(b, loc, inside, exists).getResult() : exists;
    }
    if (inside)
      from = arith::SelectOp::create(b, loc, inside, from, index(0));
    Value value = loadVector(b.getI8Type(), item.isLhs ? granule : 16, source, from);
    if (exists) {
      Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(value.getType()));
      value = arith::SelectOp::create(b, loc, exists, value, zero);
    }
    values.push_back(value);
  });
  return values;
}

void TiledKernel::storePart(ArrayRef<Value> values) {
  for (auto [item, value] : llvm::zip_equal(granules, values)) {
    auto store = [&, value = value, to = item.to] { storeVector(value, shared, to); };
    item.guard ? ifTrue(item.guard, store) : store();
  }
}

void TiledKernel::placeGranules(const Place &place, Value thread, Value tileRow, Value tileChannel) {
  int64_t threads = getThreads();
  auto forEach = [&](int64_t count, llvm::function_ref<void(Value number, Value guard)> body) {
    for (int64_t first = 0; first < count; first += threads) {
      Value number = add(thread, first);
      body(number, first + threads > count ? isLess(number, count) : Value());
    }
  };
  int64_t perRow = part / granule;
  forEach(tile.rows * perRow, [&](Value number, Value guard) {
    Value row = number, k = mul(split(row, perRow), granule);
    // Rows beyond the last one repeat it: their results are not stored.
    Value last = arith::MinUIOp::create(b, loc, add(tileRow, row), index(numRows - 1));
    Value from = add(lhsAt(place.lhs, rowLoops, last), k);
    granules.push_back({from, add(mul(row, getRowStride()), k), k, guard, /*isLhs=*/true});
  });
  int64_t groups = part / 4, blocks = llvm::divideCeil(plan.channels, kChannelBlock);
  forEach(tile.channels / kChannelBlock * groups * 4, [&](Value number, Value guard) {
    Value block = number, quarter = split(block, 4), group = split(block, groups);
    Value to = add(mul(add(mul(group, getGroupStride()), add(mul(block, kChannelBlock), mul(quarter, 4))), 4),
                   tile.rows * getRowStride());
    Value which = arith::DivUIOp::create(b, loc, tileChannel, index(kChannelBlock));
    which = arith::MinUIOp::create(b, loc, add(which, block), index(blocks - 1));
    Value from =
        add(add(place.rhs, mul(which, plan.blockStride)), add(mul(group, plan.getGroupStride()), mul(quarter, 16)));
    granules.push_back({from, to, group, guard, /*isLhs=*/false});
  });
}

void TiledKernel::placeThread(Value thread) {
  firstRow = thread;
  firstChannel = mul(split(firstRow, tile.channels / tile.threadChannels), 4);
}

SmallVector<Value> TiledKernel::multiply(Value stage, ArrayRef<Value> start) {
  int64_t acrossRows = tile.rows / tile.threadRows, acrossChannels = tile.channels / tile.threadChannels;
  auto loadWords = [&](Value from) {
    Value bytes = loadVector(b.getI8Type(), 16, shared, from);
    Value words = vector::BitCastOp::create(b, loc, vectorOf(b.getI32Type(), 4), bytes);
    SmallVector<Value> result;
    for (int64_t i = 0; i < 4; ++i)
      result.push_back(vector::ExtractOp::create(b, loc, words, ArrayRef<int64_t>{i}));
    return result;
  };
  Value lhsFrom = add(stage, mul(firstRow, getRowStride()));
  Value rhsFrom = add(add(stage, mul(firstChannel, 4)), tile.rows * getRowStride());
  return forRange(part / 16, start, [&](Value four, ArrayRef<Value> carried) {
    SmallVector<SmallVector<Value>> left;
    for (int64_t row = 0; row < tile.threadRows; ++row) {
      left.push_back(loadWords(add(add(lhsFrom, mul(four, 16)), row * acrossRows * getRowStride())));
      for (Value &word : left.back())
        word = flip(word);
    }
    SmallVector<Value> accs(carried);
    for (int64_t k = 0; k < 4; ++k) {
      SmallVector<Value> right;
      for (int64_t quad = 0; quad < tile.threadChannels / 4; ++quad)
        llvm::append_range(right, loadWords(add(add(rhsFrom, mul(four, 16 * getGroupStride())),
                                                k * 4 * getGroupStride() + quad * 16 * acrossChannels)));
      for (int64_t row = 0; row < tile.threadRows; ++row)
        for (int64_t channel = 0; channel < tile.threadChannels; ++channel) {
          Value &acc = accs[row * tile.threadChannels + channel];
          acc = dot4(left[row][k], right[channel], acc);
        }
    }
    return accs;
  });
}

void TiledKernel::build() {
  int64_t rowTiles = llvm::divideCeil(numRows, tile.rows), panels = llvm::divideCeil(plan.channels, tile.channels);
  Value rest = beginLoop(numBatches * rowTiles * panels, getThreads());
  Value tileChannel = mul(split(rest, panels), tile.channels);
  Value tileRow = mul(split(rest, rowTiles, batchLoops.empty()), tile.rows);
  Place place = batchLoops.empty() ? getOrigin() : at(getOrigin(), batchLoops, rest);
  Value thread = gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x);

  int64_t stageBytes = tile.rows * getRowStride() + getGroupStride() * part, stages = chip.hasAsyncCopy() ? 2 : 1;
  auto space = gpu::AddressSpaceAttr::get(b.getContext(), gpu::AddressSpace::Workgroup);
  auto sharedType = MemRefType::get({stages * stageBytes}, b.getI8Type(), MemRefLayoutAttrInterface(), space);
  shared = memref::AllocaOp::create(b, loc, sharedType, b.getI64IntegerAttr(16));
  placeGranules(place, thread, tileRow, tileChannel);
  placeThread(thread);

  int64_t parts = llvm::divideCeil(plan.run, part);
  for (const PlanLoop &loop : plan.kOuter)
    parts *= loop.extent;
  SmallVector<Value> accs(getAccumulators(), zeroAcc());
  if (chip.hasAsyncCopy()) {
    // The next part is on its way while this one is multiplied.
    auto token = nvgpu::DeviceAsyncTokenType::get(b.getContext());
    copyPart(index(0), index(0));
    nvgpu::DeviceAsyncCreateGroupOp::create(b, loc, token, ValueRange());
    accs = forRange(parts, accs, [&](Value number, ArrayRef<Value> carried) {
      Value next = add(number, 1);
      auto stageOf = [&](Value of) { return mul(arith::RemUIOp::create(b, loc, of, index(2)), stageBytes); };
      if (parts > 1)
        ifTrue(isLess(next, parts), [&] { copyPart(next, stageOf(next)); });
      Value group = nvgpu::DeviceAsyncCreateGroupOp::create(b, loc, token, ValueRange());
      nvgpu::DeviceAsyncWaitOp::create(b, loc, group, b.getI32IntegerAttr(1));
      gpu::BarrierOp::create(b, loc);
      SmallVector<Value> sums = multiply(stageOf(number), carried);
      gpu::BarrierOp::create(b, loc);
      return sums;
    });
  } else {
    // The next part is read into registers while this one is multiplied.
    SmallVector<Value> carried(accs);
    llvm::append_range(carried, loadPart(index(0)));
    carried = forRange(parts, carried, [&](Value number, ArrayRef<Value> values) {
      storePart(values.drop_front(accs.size()));
      gpu::BarrierOp::create(b, loc);
      SmallVector<Value> next(values.drop_front(accs.size()));
      if (parts > 1)
        next = loadPart(arith::MinUIOp::create(b, loc, add(number, 1), index(parts - 1)));
      SmallVector<Value> sums = multiply(index(0), values.take_front(accs.size()));
      gpu::BarrierOp::create(b, loc);
      llvm::append_range(sums, next);
      return sums;
    });
    carried.truncate(accs.size());
    accs = carried;
  }
  store(accs, place, tileRow, tileChannel);
}

void TiledKernel::store(ArrayRef<Value> accs, const Place &origin, Value tileRow, Value tileChannel) {
  int64_t acrossRows = tile.rows / tile.threadRows, acrossChannels = tile.channels / tile.threadChannels;
  int64_t width = hasVectors() ? 4 : 1;
  for (int64_t row = 0; row < tile.threadRows; ++row) {
    Value number = add(add(tileRow, firstRow), row * acrossRows);
    ifInside(numRows % tile.rows != 0, number, numRows, [&] {
      Place place = at(origin, rowLoops, number);
      for (int64_t i = 0; i < tile.threadChannels; i += width) {
        Value channel = add(add(tileChannel, firstChannel), i / 4 * 4 * acrossChannels + i % 4);
        ifInside(plan.channels % tile.channels != 0, channel, plan.channels,
                 [&] { finish(accs.slice(row * tile.threadChannels + i, width), place, channel); });
      }
    });
  }
}
