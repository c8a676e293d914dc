//===- DepthwiseKernel.cpp - Each lane sums the taps of its own channel ------------------------------------------===//
#include "KernelBuilder.h"

using namespace mlir;
using namespace mlir::qnn;

void DepthwiseKernel::buildPanel(Value panel, Value chunk, const Place &place) {
  int64_t lanes = tile.lanes, full = plan.channels / lanes;
  if (full == 0)
    return buildChannels(place, chunk, index(0), plan.channels);
  forRange(full, {}, [&](Value v, ArrayRef<Value>) {
    buildChannels(place, chunk, mul(v, lanes), lanes);
    return SmallVector<Value>();
  });
  // The last channels are computed together with some that were computed before: no partial vector is needed.
  if (plan.channels % lanes)
    buildChannels(place, chunk, index(plan.channels - lanes), lanes);
}

void DepthwiseKernel::buildChannels(const Place &rowsPlace, Value chunk, Value channel, int64_t lanes) {
  forEachRowTile(chunk, rowsPlace, [&](const Place &place, int64_t rows) {
    SmallVector<Value> accs(rows, zero(accType()));
    Value rhsAt = add(place.rhs, mul(channel, plan.step));
    accs =
        forOuterReductions(add(place.lhs, channel), rhsAt, accs, [&](Value lhsAt, Value at, ArrayRef<Value> carried) {
          return buildRun(lhsAt, at, carried, rows, lanes);
        });
    finish(accs, place, channel, rows, /*vectors=*/1, lanes);
  });
}

SmallVector<Value> DepthwiseKernel::buildRun(Value lhsAt, Value rhsAt, ArrayRef<Value> start, int64_t rows,
                                             int64_t lanes) {
  int64_t step = plan.step;
  VectorType rhsType = vectorOf(elementOf(rhs), step * tile.lanes);
  auto loadWeights = [&](Value at) { return widen(load(rhsType, rhs, at)); };
  SmallVector<Value> accs(start);
  if (!plan.tapOffsets.empty()) {
    ArrayRef<int64_t> taps = plan.tapOffsets;
    for (int64_t group = 0; group < plan.getGroups(); ++group)
      accs = buildGroup(lhsAt, loadWeights(add(rhsAt, group * plan.getGroupStride())), accs,
                        taps.slice(group * step, std::min<int64_t>(step, taps.size() - group * step)), rows, lanes);
    return accs;
  }
  SmallVector<int64_t> taps;
  for (int64_t tap = 0; tap < step; ++tap)
    taps.push_back(tap * plan.runStride);
  int64_t full = plan.run / step, rest = plan.run % step;
  accs = forRange(full, accs, [&](Value i, ArrayRef<Value> carried) {
    return buildGroup(add(lhsAt, mul(i, step * plan.runStride)), loadWeights(add(rhsAt, mul(i, plan.getGroupStride()))),
                      carried, taps, rows, lanes);
  });
  if (rest > 0)
    accs = buildGroup(add(lhsAt, full * step * plan.runStride), loadWeights(add(rhsAt, full * plan.getGroupStride())),
                      accs, ArrayRef(taps).take_front(rest), rows, lanes);
  return accs;
}

/// Four taps of each channel side by side, by interleaving: best where the upper taps are zeros or vectors short.
Value DepthwiseKernel::interleaveTaps(ArrayRef<Value> taps) {
  Value even = vector::InterleaveOp::create(b, loc, taps[0], taps[2]);
  Value odd = vector::InterleaveOp::create(b, loc, taps[1], taps[3]);
  return vector::InterleaveOp::create(b, loc, even, odd);
}

/// The same in two shuffles of a whole register: words first, so that the four taps of four channels share 128 bits,
/// then bytes within those.
Value DepthwiseKernel::transposeTaps(ArrayRef<Value> taps) {
  auto concat = [&](Value x, Value y) -> Value {
    int64_t size = 2 * cast<VectorType>(x.getType()).getNumElements();
    return vector::ShuffleOp::create(b, loc, x, y, llvm::to_vector(llvm::seq<int64_t>(0, size)));
  };
  int64_t lanes = tile.lanes, quarters = lanes / 4;
  SmallVector<int64_t> wordOrder, byteOrder;
  for (int64_t quarter = 0; quarter < quarters; ++quarter)
    for (int64_t tap = 0; tap < 4; ++tap)
      wordOrder.push_back(tap * quarters + quarter);
  for (int64_t byte = 0; byte < 4 * lanes; ++byte)
    byteOrder.push_back(byte / 16 * 16 + byte % 4 * 4 + byte % 16 / 4);
  Value all = concat(concat(taps[0], taps[1]), concat(taps[2], taps[3]));
  Value words = vector::BitCastOp::create(b, loc, vectorOf(b.getI32Type(), lanes), all);
  words = vector::ShuffleOp::create(b, loc, words, words, wordOrder);
  Value bytes = vector::BitCastOp::create(b, loc, all.getType(), words);
  return vector::ShuffleOp::create(b, loc, bytes, bytes, byteOrder);
}

SmallVector<Value> DepthwiseKernel::buildGroup(Value lhsAt, Value weights, ArrayRef<Value> accs, ArrayRef<int64_t> taps,
                                               int64_t rows, int64_t lanes) {
  VectorType tapType = vectorOf(elementOf(lhs), tile.lanes);
  SmallVector<Value> result;
  for (int64_t row = 0; row < rows; ++row) {
    SmallVector<Value> loaded;
    for (int64_t tap : taps)
      loaded.push_back(loadFirst(tapType, lhs, add(lhsAt, row * plan.rows.lhs + tap), lanes));
    Value left = widen(loaded[0]);
    if (!plan.isFloat) {
      loaded.resize(4, zero(tapType)); // the weights of missing taps are zero
      left = taps.size() > 2 && tile.lanes == 16 ? transposeTaps(loaded) : interleaveTaps(loaded);
      if (plan.lhsFlipped) {
        auto type = cast<VectorType>(left.getType());
        auto top = DenseElementsAttr::get(type, b.getI8IntegerAttr(-128));
        left = arith::XOrIOp::create(b, loc, left, arith::ConstantOp::create(b, loc, cast<TypedAttr>(top)));
      }
    }
    result.push_back(multiplyAdd(left, weights, accs[row]));
  }
  return result;
}
