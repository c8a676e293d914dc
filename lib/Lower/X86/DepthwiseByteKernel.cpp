//===- DepthwiseByteKernel.cpp - Four taps of each channel share a lane ------------------------------------------===//
#include "KernelBuilder.h"

using namespace mlir;
using namespace mlir::qnn;

int64_t DepthwiseByteKernel::getWidth() const { return 4 * tile.lanes; }

void DepthwiseByteKernel::buildPanel(Value, Value chunk, const Place &place) {
  int64_t size = plan.getBlockChannels(), blocks = plan.getBlocks();
  forRange(blocks, {}, [&](Value block, ArrayRef<Value>) {
    Value channel = mul(block, size);
    // The last channels are computed together with some that were computed before: no partial vector is needed.
    if (plan.channels > size && plan.channels % size)
      channel = arith::MinUIOp::create(b, loc, channel, index(plan.channels - size));
    for (int64_t part = 0; part < std::min(size, plan.channels); part += getWidth()) {
      Place at = place;
      at.rhs = add(add(place.rhs, mul(block, plan.blockStride)), part);
      buildChannels(at, chunk, add(channel, part), std::min(getWidth(), plan.channels - part));
    }
    return SmallVector<Value>();
  });
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

void DepthwiseByteKernel::buildChannels(const Place &rowsPlace, Value chunk, Value channel, int64_t channels) {
  // Epilogue operands that all rows share are reordered once.
  bool packs = endsInBytes() && llvm::all_of(plan.rows.extras, [](int64_t stride) { return stride == 0; });
  SmallVector<SmallVector<Value>> shared;
  for (size_t i = 0; packs && i < extras.size(); ++i)
    shared.push_back(loadReordered(i, rowsPlace, channel, channels));
  SmallVector<Value> start(4, zero(accType()));
  if (std::optional<size_t> extra = getStartExtra())
    start = packs ? shared[*extra] : loadReordered(*extra, rowsPlace, channel, channels);

  forEachRowTile(chunk, rowsPlace, [&](const Place &place, int64_t rows) {
    SmallVector<Value> accs;
    for (int64_t row = 0; row < rows; ++row)
      accs.append(start);
    accs = forOuterReductions(add(place.lhs, channel), place.rhs, accs,
                              [&](Value lhsAt, Value rhsAt, ArrayRef<Value> carried) {
                                return buildRun(lhsAt, rhsAt, carried, rows, channels);
                              });
    if (packs)
      return storePacked(accs, shared, place, channel, rows, channels);
    int64_t lanes = tile.lanes;
    SmallVector<Value> ordered;
    for (int64_t row = 0; row < rows; ++row) {
      SmallVector<Value> vectors = reorder(ArrayRef(accs).slice(4 * row, 4), [&](int64_t position) {
        return position % 16 / 4 * lanes + position / 16 * 4 + position % 4;
      });
      ordered.append(vectors.begin(), vectors.begin() + llvm::divideCeil(channels, lanes));
    }
    int64_t vectors = llvm::divideCeil(channels, lanes);
    finish(ordered, place, channel, rows, vectors, channels - (vectors - 1) * lanes);
  });
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

SmallVector<Value> DepthwiseByteKernel::buildRun(Value lhsAt, Value rhsAt, ArrayRef<Value> start, int64_t rows,
                                                 int64_t channels) {
  SmallVector<Value> accs(start);
  if (!plan.tapOffsets.empty()) {
    for (int64_t row = 0; row < plan.getGroups(); ++row)
      accs = buildTaps(add(lhsAt, plan.tapOffsets[row * plan.tapsInRow]), add(rhsAt, row * plan.getGroupStride()), accs,
                       rows, plan.tapsInRow, channels);
    return accs;
  }
  int64_t full = plan.run / 4, rest = plan.run % 4, quad = 4 * plan.getBlockChannels();
  accs = forRange(full, accs, [&](Value i, ArrayRef<Value> carried) {
    return buildTaps(add(lhsAt, mul(i, 4 * plan.runStride)), add(rhsAt, mul(i, quad)), carried, rows, 4, channels);
  });
  if (rest > 0)
    accs = buildTaps(add(lhsAt, full * 4 * plan.runStride), add(rhsAt, full * quad), accs, rows, rest, channels);
  return accs;
}

SmallVector<Value> DepthwiseByteKernel::buildTaps(Value lhsAt, Value rhsAt, ArrayRef<Value> start, int64_t rows,
                                                  int64_t taps, int64_t channels) {
  int64_t step = plan.rows.lhs, tapStep = plan.runStride, size = plan.getBlockChannels();
  // Where neighbouring outputs are one tap apart, two of them read the same quads: the second one from a tap later.
  bool shares = step == tapStep && tapStep > 0 && taps == plan.tapsInRow && taps % 4 != 0;
  bool forward = step >= 0 && tapStep >= 0;
  int64_t last = (rows - 1) * step + (taps - 1) * tapStep;
  VectorType bytesType = vectorOf(b.getI8Type(), getWidth());

  llvm::DenseMap<int64_t, Value> loads;
  auto loadAt = [&](int64_t offset) {
    Value &loaded = loads[offset];
    if (!loaded) {
      loaded = loadFirst(bytesType, lhs, add(lhsAt, offset), channels);
      if (plan.lhsFlipped) {
        auto top = DenseElementsAttr::get(bytesType, b.getI8IntegerAttr(-128));
        loaded = arith::XOrIOp::create(b, loc, loaded, arith::ConstantOp::create(b, loc, top));
      }
    }
    return loaded;
  };
  llvm::DenseMap<std::pair<int64_t, int64_t>, std::pair<Value, Value>> pairs;
  auto getPair = [&](int64_t first, int64_t second) {
    std::pair<Value, Value> &pair = pairs[{first, second}];
    if (!pair.first)
      pair = unpack(loadAt(first), loadAt(second));
    return pair;
  };
  std::map<std::array<int64_t, 4>, SmallVector<Value, 4>> quads;
  auto getQuad = [&](std::array<int64_t, 4> offsets) -> ArrayRef<Value> {
    SmallVector<Value, 4> &quad = quads[offsets];
    if (quad.empty()) {
      auto [low, high] = getPair(offsets[0], offsets[1]);
      auto [low2, high2] = getPair(offsets[2], offsets[3]);
      for (auto [x, y] : {std::pair(low, low2), std::pair(high, high2)}) {
        auto [even, odd] = unpackWords(x, y);
        quad.append({even, odd});
      }
    }
    return quad;
  };

  SmallVector<Value> accs(start);
  for (int64_t row = 0; row < rows; ++row) {
    int64_t shift = shares ? row % 2 : 0, first = row * step - shift * tapStep;
    for (int64_t q = 0; 4 * q < taps + shift; ++q) {
      std::array<int64_t, 4> offsets;
      for (int64_t i = 0; i < 4; ++i) {
        // A tap whose weight is zero may be any byte that exists; best one that another output reads.
        bool isTap = 4 * q + i >= shift && 4 * q + i < taps + shift;
        int64_t offset = first + (4 * q + i) * tapStep;
        offsets[i] = isTap || (forward && offset >= 0 && offset <= last) ? offset : i > 0 ? offsets[i - 1] : row * step;
      }
      ArrayRef<Value> quad = getQuad(offsets);
      for (int64_t v = 0; v < 4; ++v) {
        Value weights = load(bytesType, rhs, add(rhsAt, (shift * plan.getTapQuads() + q) * 4 * size + v * size));
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
