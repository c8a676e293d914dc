//===- MmaKernel.cpp - Tiles of a product on tensor cores --------------------------------------------------------===//
#include "TiledKernel.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::qnn;

/// What one `mma.sync` multiplies: 16 rows by 8 channels by 32 bytes.
static constexpr int64_t kRows = 16, kChannels = 8, kBytes = 32, kWarp = 32;

/// A warp's part of a tile: rows / threadRows by channels / threadChannels; see `Tile`.
static constexpr Tile kTiles[] = {
    {128, 128, 64, 32}, {128, 64, 32, 32}, {64, 64, 32, 32}, {64, 32, 32, 16}, {32, 32, 16, 16}};

MmaKernel::MmaKernel(OpBuilder &builder, ContractOp op, const ContractionPlan &plan, GpuChip chip)
    : TiledKernel(builder, op, plan, chip) {
  chooseTile(kTiles, /*wordsPerRead=*/8);
  // Whole steps of the reduction.
  part = llvm::alignTo(plan.run, 64) - plan.run < 32 && tile.rows < 128 ? 64 : kBytes;
  // A warp reads four groups of eight channels at once: in different banks.
  rhsPadding = 8;
}

bool MmaKernel::fits() const {
  return TiledKernel::fits() && chip.version >= 80 && plan.run >= kBytes && plan.channels >= kChannelBlock &&
         numRows >= 64;
}

std::string MmaKernel::describe() const {
  return "tensor cores on tiles of " + std::to_string(tile.rows) + " rows x " + std::to_string(tile.channels) +
         " channels x " + std::to_string(part) + " bytes, " + std::to_string(tile.threadRows) + " x " +
         std::to_string(tile.threadChannels) + " a warp";
}

int64_t MmaKernel::getThreads() const {
  return tile.rows / tile.threadRows * (tile.channels / tile.threadChannels) * kWarp;
}

/// Each thread holds, of every 16 x 8 block, two neighbouring channels in two rows that lie 8 apart.
int64_t MmaKernel::getAccumulators() const { return tile.threadRows * tile.threadChannels / kWarp; }

void MmaKernel::placeThread(Value thread) {
  Value warp = thread, lane = split(warp, kWarp);
  Value warpRow = warp, warpChannel = split(warpRow, tile.channels / tile.threadChannels);
  four = lane;
  laneInFour = split(four, 4);
  firstRow = add(mul(warpRow, tile.threadRows), four);
  firstChannel = mul(warpChannel, tile.threadChannels);
}

SmallVector<Value> MmaKernel::multiply(Value stage, ArrayRef<Value> start) {
  auto loadWord = [&](Value from) {
    Value bytes = loadVector(b.getI8Type(), 4, shared, from);
    Value word = vector::BitCastOp::create(b, loc, vectorOf(b.getI32Type(), 1), bytes);
    return vector::ExtractOp::create(b, loc, word, ArrayRef<int64_t>{0}).getResult();
  };
  Type i32 = b.getI32Type();
  Type result = LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
  // Rows: words of the lane's row at 4 times its place among four lanes. Channels: the word of its group.
  Value lhsFrom = add(stage, add(mul(firstRow, getRowStride()), mul(laneInFour, 4)));
  Value rhsFrom = add(add(stage, tile.rows * getRowStride()),
                      mul(add(mul(laneInFour, getGroupStride()), add(firstChannel, four)), 4));
  return forRange(part / kBytes, start, [&](Value step, ArrayRef<Value> carried) {
    SmallVector<SmallVector<Value>> left, right;
    for (int64_t row = 0; row < tile.threadRows; row += kRows) {
      Value from = add(add(lhsFrom, mul(step, kBytes)), row * getRowStride());
      left.push_back({});
      for (int64_t offset : {int64_t(0), 8 * getRowStride(), int64_t(16), 8 * getRowStride() + 16})
        left.back().push_back(flip(loadWord(add(from, offset))));
    }
    for (int64_t channel = 0; channel < tile.threadChannels; channel += kChannels) {
      Value from = add(add(rhsFrom, mul(step, 8 * 4 * getGroupStride())), 4 * channel);
      right.push_back({loadWord(from), loadWord(add(from, 4 * 4 * getGroupStride()))});
    }
    SmallVector<Value> accs(carried);
    size_t at = 0;
    for (ArrayRef<Value> rows : left)
      for (ArrayRef<Value> channels : right) {
        Value sums = NVVM::MmaOp::create(b, loc, result, rows, channels, ArrayRef(accs).slice(at, 4),
                                         ArrayRef<int64_t>{kRows, kChannels, kBytes}, std::nullopt,
                                         NVVM::MMAIntOverflow::wrapped,
                                         std::array<NVVM::MMATypes, 2>{NVVM::MMATypes::u8, NVVM::MMATypes::s8},
                                         std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row, NVVM::MMALayout::col});
        for (int64_t i = 0; i < 4; ++i)
          accs[at++] = LLVM::ExtractValueOp::create(b, loc, sums, i);
      }
    return accs;
  });
}

void MmaKernel::store(ArrayRef<Value> accs, const Place &origin, Value tileRow, Value tileChannel) {
  int64_t width = hasVectors() ? 2 : 1;
  Value channelOfLane = add(add(tileChannel, firstChannel), mul(laneInFour, 2)), rowOfLane = add(tileRow, firstRow);
  int64_t blocks = tile.threadChannels / kChannels;
  for (int64_t row = 0; row < tile.threadRows; row += 8) {
    Value number = add(rowOfLane, row);
    ifInside(numRows % tile.rows != 0, number, numRows, [&] {
      Place place = at(origin, rowLoops, number);
      for (int64_t block = 0; block < blocks; ++block)
        for (int64_t i = 0; i < 2; i += width) {
          Value channel = add(channelOfLane, block * kChannels + i);
          ifInside(plan.channels % tile.channels != 0, channel, plan.channels, [&] {
            finish(accs.slice((row / kRows * blocks + block) * 4 + row % kRows / 8 * 2 + i, width), place, channel);
          });
        }
    });
  }
}
