//===- PlainKernel.cpp - Rows of lhs times packed panels of rhs --------------------------------------------------===//
#include "KernelBuilder.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::qnn;

/// Where one tile reads all of a panel, each stream of weights is prefetched by this many steps of the reduction.
constexpr int64_t kStepsAhead = 32;
/// Weights of fewer bytes than this are not worth prefetching: the first cache holds them beside lhs.
constexpr int64_t kNearBytes = 16384;

int64_t PlainKernel::getPanels() const { return llvm::divideCeil(plan.channels, tile.vectors * tile.lanes); }

void PlainKernel::buildPanel(Value panel, Value chunk, const Place &outerPlace) {
  int64_t width = tile.vectors * tile.lanes, panels = getPanels();
  Place place = outerPlace;
  Value channel = index(0);
  if (panels > 1) {
    place.rhs = add(place.rhs, mul(panel, width / kChannelBlock * plan.blockStride));
    channel = mul(panel, width);
  }
  int64_t lastWidth = plan.channels - (panels - 1) * width;
  int64_t lastVectors = llvm::divideCeil(lastWidth, tile.lanes), lastLanes = lastWidth - (lastVectors - 1) * tile.lanes;
  if (panels == 1 || lastWidth == width)
    return buildPanel(place, chunk, channel, lastVectors, lastLanes);
  ifElse(
      arith::CmpIPredicate::ult, panel, index(panels - 1),
      [&] { buildPanel(place, chunk, channel, tile.vectors, tile.lanes); },
      [&] { buildPanel(place, chunk, channel, lastVectors, lastLanes); });
}

void PlainKernel::buildPanel(const Place &panelPlace, Value chunk, Value channel, int64_t vectors, int64_t lastLanes) {
  forEachRowTile(chunk, panelPlace, [&](const Place &place, int64_t rows) {
    SmallVector<Value> accs(rows * vectors);
    for (int64_t v = 0; v < vectors; ++v) {
      Value start = getStart(place, add(channel, v * tile.lanes), v + 1 == vectors ? lastLanes : tile.lanes);
      for (int64_t row = 0; row < rows; ++row)
        accs[row * vectors + v] = start;
    }
    findPrefetches(place, vectors);
    accs = forOuterReductions(place.lhs, place.rhs, accs, [&](Value lhsAt, Value rhsAt, ArrayRef<Value> carried) {
      return buildRun(lhsAt, rhsAt, carried, rows, vectors);
    });
    finish(accs, place, channel, rows, vectors, lastLanes);
  });
}

void PlainKernel::findPrefetches(const Place &place, int64_t vectors) {
  bool movesOutside = llvm::any_of(plan.outer, [](const PlanLoop &loop) { return loop.rhs != 0; });
  int64_t bytes = plan.blockStride * plan.getBlocks() * elementOf(rhs).getIntOrFloatBitWidth() / 8;
  prefetchStride = 0;
  prefetchesStreams = tilesPerPanel == 1 && bytes >= kNearBytes;
  if (getPanels() == 1 || tilesPerPanel == 1 || movesOutside || bytes < kNearBytes)
    return;
  int64_t panel = llvm::divideCeil(vectors * tile.lanes, kChannelBlock) * plan.blockStride;
  int64_t share = llvm::divideCeil(panel, tilesPerPanel);
  prefetchStride = llvm::divideCeil(share, plan.blockStride / plan.getGroupStride());
  panelBase = place.rhs;
  prefetchBase = add(add(place.rhs, panel), mul(tileOfPanel, share));
}

/// Called once for each step of the reduction.
void PlainKernel::prefetch(Value rhsAt) {
  if (prefetchStride == 0)
    return;
  Value step = arith::DivUIOp::create(b, loc, b.createOrFold<arith::SubIOp>(loc, rhsAt, panelBase),
                                      index(plan.getGroupStride()));
  Value at = add(prefetchBase, mul(step, prefetchStride));
  for (int64_t line = 0; line < prefetchStride; line += plan.getGroupStride())
    memref::PrefetchOp::create(b, loc, rhs, ValueRange{add(at, line)}, /*isWrite=*/false, /*localityHint=*/2,
                               /*isDataCache=*/true);
}

SmallVector<Value> PlainKernel::buildRun(Value lhsAt, Value rhsAt, ArrayRef<Value> start, int64_t rows,
                                         int64_t vectors) {
  SmallVector<Value> accs(start);
  int64_t step = plan.step, full = plan.run / step, rest = plan.run % step;
  if (full > 0)
    accs = forRange(full, accs, [&](Value i, ArrayRef<Value> carried) {
      return buildStep(add(lhsAt, mul(i, step * plan.runStride)), add(rhsAt, mul(i, plan.getGroupStride())), carried,
                       rows, vectors, step);
    });
  if (rest > 0)
    accs = buildStep(add(lhsAt, full * step), add(rhsAt, full * plan.getGroupStride()), accs, rows, vectors, rest);
  return accs;
}

SmallVector<Value> PlainKernel::buildStep(Value lhsAt, Value rhsAt, ArrayRef<Value> accs, int64_t rows, int64_t vectors,
                                          int64_t count) {
  int64_t lanes = tile.lanes;
  VectorType rhsType = vectorOf(elementOf(rhs), plan.step * lanes);
  SmallVector<Value> weights;
  for (int64_t v = 0; v < vectors; ++v) {
    int64_t channel = v * lanes;
    Value at = add(rhsAt, channel / kChannelBlock * plan.blockStride + channel % kChannelBlock * plan.step);
    weights.push_back(load(rhsType, rhs, at));
    if (prefetchesStreams && channel % kChannelBlock == 0)
      memref::PrefetchOp::create(b, loc, rhs, ValueRange{add(at, kStepsAhead * plan.getGroupStride())},
                                 /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
  }
  prefetch(rhsAt);
  if (plan.step == 2)
    return buildPairs(lhsAt, weights, accs, rows, count);
  for (Value &weight : weights)
    weight = widen(weight);
  SmallVector<Value> result;
  for (int64_t row = 0; row < rows; ++row) {
    Value at = add(lhsAt, row * plan.rows.lhs), left;
    if (plan.isFloat)
      left = vector::BroadcastOp::create(b, loc, accType(), memref::LoadOp::create(b, loc, lhs, ValueRange{at}));
    else
      left = broadcastBytes(at, count);
    for (int64_t v = 0; v < vectors; ++v)
      result.push_back(multiplyAdd(left, weights[v], accs[row * vectors + v]));
  }
  return result;
}

/// Whether lhs has 4 bytes wherever a run has less.
bool PlainKernel::hasWholeWords() {
  int64_t last = plan.lhsBase + llvm::alignTo(plan.run, 4);
  auto reach = [&](const PlanLoop &loop) {
    last += (loop.extent - 1) * loop.lhs;
    return loop.lhs >= 0;
  };
  return reach(plan.rows) && llvm::all_of(plan.outer, reach) && llvm::all_of(plan.kOuter, reach) &&
         last <= cast<MemRefType>(lhs.getType()).getNumElements();
}

/// The next `bytes` of lhs, 4 or the rest of a run, in every lane. Nothing beyond lhs is read; the packed weights
/// beyond the run are zero, so the bytes there may hold anything.
Value PlainKernel::broadcastBytes(Value at, int64_t bytes) {
  Type i32 = b.getI32Type();
  auto constant = [&](int64_t value) -> Value { return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(value)); };
  auto loadWord = [&](Value from) -> Value {
    Value four = load(vectorOf(b.getI8Type(), 4), lhs, from);
    Value word = vector::BitCastOp::create(b, loc, vectorOf(i32, 1), four);
    return vector::ExtractOp::create(b, loc, word, ArrayRef<int64_t>{0});
  };
  Value word;
  if (bytes == 4 || hasWholeWords()) {
    word = loadWord(at);
  } else if (plan.run >= 4) {
    // The last four bytes of the run, of which the first ones were summed already.
    word = arith::ShRUIOp::create(b, loc, loadWord(add(at, bytes - 4)), constant(8 * (4 - bytes)));
  } else {
    for (int64_t i = 0; i < bytes; ++i) {
      Value byte = arith::ExtUIOp::create(b, loc, i32, memref::LoadOp::create(b, loc, lhs, ValueRange{add(at, i)}));
      word = i == 0 ? byte : arith::OrIOp::create(b, loc, word, arith::ShLIOp::create(b, loc, byte, constant(8 * i)));
    }
  }
  if (plan.lhsFlipped)
    word = arith::XOrIOp::create(b, loc, word, constant(static_cast<int32_t>(0x80808080u)));
  Value words = vector::BroadcastOp::create(b, loc, vectorOf(i32, tile.lanes), word);
  return vector::BitCastOp::create(b, loc, vectorOf(b.getI8Type(), 4 * tile.lanes), words);
}
