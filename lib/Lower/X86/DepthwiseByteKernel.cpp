//===- DepthwiseByteKernel.cpp - Four taps of each channel share a lane ------------------------------------------===//
#include "KernelBuilder.h"

using namespace mlir;
using namespace mlir::qnn;

/// Fewer tiles than this are shared out among threads together with the blocks of channels.
constexpr int64_t kFewTiles = 512;

int64_t DepthwiseByteKernel::getWidth() const { return 4 * tile.lanes; }

int64_t DepthwiseByteKernel::getPanels() const {
  int64_t others = llvm::divideCeil(plan.rows.extent, tile.rows);
  for (const PlanLoop &loop : plan.outer)
    others *= loop.extent;
  return others < kFewTiles ? plan.getBlocks() : 1;
}

void DepthwiseByteKernel::buildPanel(Value panel, Value chunk, const Place &place) {
  int64_t rest = tile.lineLoop ? plan.outer[*tile.lineLoop].extent % tile.lines : 0;
  if (rest == 0)
    return buildBlocks(panel, chunk, place, tile.lines);
  Value last = index(plan.outer[*tile.lineLoop].extent / tile.lines);
  ifElse(
      arith::CmpIPredicate::ult, lineTile, last, [&] { buildBlocks(panel, chunk, place, tile.lines); },
      [&] { buildBlocks(panel, chunk, place, rest); });
}

void DepthwiseByteKernel::buildBlocks(Value panel, Value chunk, const Place &place, int64_t lines) {
  int64_t size = plan.getBlockChannels(), blocks = plan.getBlocks();
  // The last block repeats channels of the one before it, which are left out.
  bool repeats = plan.channels > size && plan.channels % size != 0;
  if (getPanels() == 1) {
    forRange(blocks - repeats, {}, [&](Value block, ArrayRef<Value>) {
      buildBlock(block, chunk, place, lines);
      return SmallVector<Value>();
    });
    if (repeats)
      buildLastBlock(chunk, place, lines);
  } else if (!repeats) {
    buildBlock(panel, chunk, place, lines);
  } else {
    ifElse(
        arith::CmpIPredicate::ult, panel, index(blocks - 1), [&] { buildBlock(panel, chunk, place, lines); },
        [&] { buildLastBlock(chunk, place, lines); });
  }
}

void DepthwiseByteKernel::buildBlock(Value block, Value chunk, const Place &place, int64_t lines) {
  int64_t size = std::min(plan.getBlockChannels(), plan.channels);
  for (int64_t part = 0; part < size; part += getWidth()) {
    Place at = place;
    at.rhs = add(add(place.rhs, mul(block, plan.blockStride)), part);
    buildChannels(at, chunk, add(mul(block, plan.getBlockChannels()), part), std::min(getWidth(), size - part), lines);
  }
}

void DepthwiseByteKernel::buildLastBlock(Value chunk, const Place &place, int64_t lines) {
  int64_t size = plan.getBlockChannels(), lanes = tile.lanes;
  int64_t part = size - llvm::alignTo(plan.channels % size, kChannelBlock);
  while (part < size) {
    while (getWidth() > size - part)
      tile.lanes /= 2;
    Place at = place;
    at.rhs = add(place.rhs, (plan.getBlocks() - 1) * plan.blockStride + part);
    buildChannels(at, chunk, index(plan.channels - size + part), getWidth(), lines);
    part += getWidth();
  }
  tile.lanes = lanes;
}

SmallVector<Value> DepthwiseByteKernel::reorder(ArrayRef<Value> vectors, llvm::function_ref<int64_t(int64_t)> from) {
  int64_t lanes = tile.lanes;
  if (lanes == 4)
    return SmallVector<Value>(vectors);
  auto concat = [&](Value x, Value y) -> Value {
    return vector::ShuffleOp::create(b, loc, x, y, llvm::to_vector(llvm::seq<int64_t>(0, 2 * lanes)));
  };
  Value low = concat(vectors[0], vectors[1]), high = concat(vectors[2], vectors[3]);
  SmallVector<Value> result;
  for (int64_t v = 0; v < 4; ++v) {
    SmallVector<int64_t> order = llvm::map_to_vector(llvm::seq<int64_t>(v * lanes, (v + 1) * lanes), from);
    result.push_back(vector::ShuffleOp::create(b, loc, low, high, order));
  }
  return result;
}

/// What the i-th epilogue operand has for each channel, or for all, in the order of the accumulators.
SmallVector<Value> DepthwiseByteKernel::loadReordered(size_t i, const Place &place, Value channel, int64_t channels) {
  if (plan.extrasChannel[i] == 0)
    return SmallVector<Value>(4, loadExtra(i, place, channel, 0, tile.lanes));
  SmallVector<Value> vectors;
  for (int64_t v = 0; v < 4; ++v) {
    int64_t lanes = std::min(tile.lanes, channels - v * tile.lanes);
    Type element = cast<MemRefType>(extras[i].getType()).getElementType();
    vectors.push_back(lanes > 0 ? loadExtra(i, place, add(channel, v * tile.lanes), 0, lanes)
                                : zero(vectorOf(element, tile.lanes)));
  }
  int64_t lanes = tile.lanes;
  return reorder(vectors, [&](int64_t position) {
    int64_t v = position / lanes, lane = position % lanes;
    return lane / 4 * 16 + 4 * v + lane % 4;
  });
}

void DepthwiseByteKernel::buildChannels(const Place &rowsPlace, Value chunk, Value channel, int64_t channels,
                                        int64_t lines) {
  // Epilogue operands that all rows share are reordered once.
  bool packs = endsInBytes() && llvm::all_of(plan.rows.extras, [](int64_t stride) { return stride == 0; });
  if (tile.lineLoop)
    packs &= llvm::all_of(plan.outer[*tile.lineLoop].extras, [](int64_t stride) { return stride == 0; });
  SmallVector<SmallVector<Value>> shared;
  for (size_t i = 0; packs && i < extras.size(); ++i)
    shared.push_back(loadReordered(i, rowsPlace, channel, channels));

  forEachRowTile(chunk, rowsPlace, [&](const Place &tilePlace, int64_t rows) {
    Taps taps(add(tilePlace.lhs, channel), channels);
    for (int64_t line = 0; line < lines; ++line) {
      Place place = line == 0 ? tilePlace : at(tilePlace, plan.outer[*tile.lineLoop], index(line));
      SmallVector<Value> start(4, zero(accType()));
      if (std::optional<size_t> extra = getStartExtra())
        start = packs ? shared[*extra] : loadReordered(*extra, place, channel, channels);
      SmallVector<Value> accs;
      for (int64_t row = 0; row < rows; ++row)
        accs.append(start);
      if (plan.kOuter.empty()) {
        accs = buildRun(taps, line == 0 ? 0 : line * plan.outer[*tile.lineLoop].lhs, place.rhs, accs, rows);
      } else {
        accs = forOuterReductions(taps.base, place.rhs, accs, [&](Value lhsAt, Value rhsAt, ArrayRef<Value> carried) {
          Taps inner(lhsAt, channels);
          return buildRun(inner, 0, rhsAt, carried, rows);
        });
      }
      if (packs)
        storePacked(accs, shared, place, channel, rows, channels);
      else
        storeReordered(accs, place, channel, rows, channels);
    }
  });
}

void DepthwiseByteKernel::storeReordered(ArrayRef<Value> accs, const Place &place, Value channel, int64_t rows,
                                         int64_t channels) {
  int64_t lanes = tile.lanes, vectors = llvm::divideCeil(channels, lanes);
  SmallVector<Value> ordered;
  for (int64_t row = 0; row < rows; ++row) {
    SmallVector<Value> each = reorder(accs.slice(4 * row, 4), [&](int64_t position) {
      return position % 16 / 4 * lanes + position / 16 * 4 + position % 4;
    });
    ordered.append(each.begin(), each.begin() + vectors);
  }
  finish(ordered, place, channel, rows, vectors, channels - (vectors - 1) * lanes);
}

void DepthwiseByteKernel::storePacked(ArrayRef<Value> accs, ArrayRef<SmallVector<Value>> shared, const Place &place,
                                      Value channel, int64_t rows, int64_t channels) {
  for (int64_t row = 0; row < rows; ++row) {
    SmallVector<SmallVector<Value>> arguments;
    for (int64_t v = 0; v < 4; ++v) {
      SmallVector<Value> each{accs[4 * row + v]};
      for (const SmallVector<Value> &extra : shared)
        each.push_back(extra[v]);
      arguments.push_back(std::move(each));
    }
    Value bytes = packBytes(arguments, /*interleaved=*/true);
    storeFirst(bytes, out, add(add(place.out, channel), row * plan.rows.out), channels);
  }
}

SmallVector<Value> DepthwiseByteKernel::buildRun(Taps &taps, int64_t offset, Value rhsAt, ArrayRef<Value> start,
                                                 int64_t rows) {
  SmallVector<Value> accs(start);
  if (!plan.tapOffsets.empty()) {
    for (int64_t row = 0; row < plan.getGroups(); ++row)
      accs = buildTaps(taps, offset + plan.tapOffsets[row * plan.tapsInRow], add(rhsAt, row * plan.getGroupStride()),
                       accs, rows, plan.tapsInRow);
    return accs;
  }
  int64_t full = plan.run / 4, rest = plan.run % 4, quad = 4 * plan.getBlockChannels();
  auto buildAt = [&](Value lhsAt, Value at, ArrayRef<Value> carried, int64_t count) {
    Taps inner(lhsAt, taps.channels);
    return buildTaps(inner, 0, at, carried, rows, count);
  };
  accs = forRange(full, accs, [&](Value i, ArrayRef<Value> carried) {
    return buildAt(add(taps.base, mul(i, 4 * plan.runStride)), add(rhsAt, mul(i, quad)), carried, 4);
  });
  if (rest > 0)
    accs = buildAt(add(taps.base, full * 4 * plan.runStride), add(rhsAt, full * quad), accs, rest);
  return accs;
}

Value DepthwiseByteKernel::getLoad(Taps &taps, int64_t offset) {
  Value &loaded = taps.loads[offset];
  if (loaded)
    return loaded;
  VectorType bytesType = vectorOf(b.getI8Type(), getWidth());
  loaded = loadFirst(bytesType, lhs, add(taps.base, offset), taps.channels);
  if (plan.lhsFlipped) {
    auto top = DenseElementsAttr::get(bytesType, b.getI8IntegerAttr(-128));
    loaded = arith::XOrIOp::create(b, loc, loaded, arith::ConstantOp::create(b, loc, top));
  }
  return loaded;
}

ArrayRef<Value> DepthwiseByteKernel::getQuad(Taps &taps, const std::array<int64_t, 4> &offsets) {
  SmallVector<Value, 4> &quad = taps.quads[offsets];
  if (!quad.empty())
    return quad;
  auto getPair = [&](int64_t first, int64_t second) {
    std::pair<Value, Value> &pair = taps.pairs[{first, second}];
    if (!pair.first)
      pair = unpack(getLoad(taps, first), getLoad(taps, second));
    return pair;
  };
  auto [low, high] = getPair(offsets[0], offsets[1]);
  auto [low2, high2] = getPair(offsets[2], offsets[3]);
  for (auto [x, y] : {std::pair(low, low2), std::pair(high, high2)}) {
    auto [even, odd] = unpackWords(x, y);
    quad.append({even, odd});
  }
  return quad;
}

SmallVector<Value> DepthwiseByteKernel::buildTaps(Taps &taps, int64_t offset, Value rhsAt, ArrayRef<Value> start,
                                                  int64_t rows, int64_t count) {
  int64_t step = plan.rows.lhs, tapStep = plan.runStride, size = plan.getBlockChannels();
  // Where neighbouring outputs are one tap apart, two of them read the same quads: the second one from a tap later.
  bool shares = step == tapStep && tapStep > 0 && count == plan.tapsInRow && count % 4 != 0;
  bool forward = step >= 0 && tapStep >= 0;
  int64_t last = (rows - 1) * step + (count - 1) * tapStep;
  SmallVector<Value> accs(start);
  for (int64_t row = 0; row < rows; ++row) {
    int64_t shift = shares ? row % 2 : 0, first = row * step - shift * tapStep;
    for (int64_t q = 0; 4 * q < count + shift; ++q) {
      std::array<int64_t, 4> offsets;
      for (int64_t i = 0; i < 4; ++i) {
        // A tap whose weight is zero may be any byte that exists; best one that another output reads.
        bool isTap = 4 * q + i >= shift && 4 * q + i < count + shift;
        int64_t at = first + (4 * q + i) * tapStep;
        if (isTap || (forward && at >= 0 && at <= last))
          offsets[i] = offset + at;
        else
          offsets[i] = i > 0 ? offsets[i - 1] : offset + row * step;
      }
      ArrayRef<Value> quad = getQuad(taps, offsets);
      for (int64_t v = 0; v < 4; ++v) {
        Value weights = load(vectorOf(b.getI8Type(), getWidth()), rhs,
                             add(rhsAt, (shift * plan.getTapQuads() + q) * 4 * size + v * size));
        accs[4 * row + v] = multiplyAdd(quad[v], weights, accs[4 * row + v]);
      }
    }
  }
  return accs;
}

/// The elements of x and y in turn, those of the lower and of the upper halves of each 128 bits.
std::pair<Value, Value> DepthwiseByteKernel::unpack(Value x, Value y) {
  int64_t size = cast<VectorType>(x.getType()).getNumElements(), inLane = size / (getWidth() / 16);
  SmallVector<int64_t> low, high;
  for (int64_t lane = 0; lane < size; lane += inLane)
    for (int64_t i = 0; i < inLane / 2; ++i) {
      low.append({lane + i, size + lane + i});
      high.append({lane + inLane / 2 + i, size + lane + inLane / 2 + i});
    }
  return {vector::ShuffleOp::create(b, loc, x, y, low), vector::ShuffleOp::create(b, loc, x, y, high)};
}

std::pair<Value, Value> DepthwiseByteKernel::unpackWords(Value x, Value y) {
  auto type = cast<VectorType>(x.getType());
  VectorType words = vectorOf(b.getI16Type(), type.getNumElements() / 2);
  auto [low, high] = unpack(vector::BitCastOp::create(b, loc, words, x), vector::BitCastOp::create(b, loc, words, y));
  return {vector::BitCastOp::create(b, loc, type, low), vector::BitCastOp::create(b, loc, type, high)};
}
