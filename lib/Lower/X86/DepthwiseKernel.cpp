//===- DepthwiseKernel.cpp - Each lane sums the taps of its own channel, in floats -------------------------------===//
#include "KernelBuilder.h"

using namespace mlir;
using namespace mlir::qnn;

void DepthwiseKernel::buildPanel(Value, Value chunk, const Place &rowsPlace) {
  // All channels of a tile before the next tile: memory is read and written as it lies.
  forEachRowTile(chunk, rowsPlace, [&](const Place &place, int64_t rows) {
    int64_t lanes = tile.lanes, full = plan.channels / lanes;
    if (full == 0)
      return buildChannels(place, index(0), rows, plan.channels);
    forRange(full, {}, [&](Value v, ArrayRef<Value>) {
      buildChannels(place, mul(v, lanes), rows, lanes);
      return SmallVector<Value>();
    });
    // The last channels are computed together with some that were computed before: no partial vector is needed.
    if (plan.channels % lanes)
      buildChannels(place, index(plan.channels - lanes), rows, lanes);
  });
}

void DepthwiseKernel::buildChannels(const Place &place, Value channel, int64_t rows, int64_t lanes) {
  SmallVector<Value> accs(rows, zero(accType()));
  accs = forOuterReductions(
      add(place.lhs, channel), add(place.rhs, channel), accs,
      [&](Value lhsAt, Value at, ArrayRef<Value> carried) { return buildRun(lhsAt, at, carried, rows, lanes); });
  finish(accs, place, channel, rows, /*vectors=*/1, lanes);
}

SmallVector<Value> DepthwiseKernel::buildRun(Value lhsAt, Value rhsAt, ArrayRef<Value> start, int64_t rows,
                                             int64_t lanes) {
  VectorType lhsType = vectorOf(elementOf(lhs), tile.lanes), rhsType = vectorOf(elementOf(rhs), tile.lanes);
  // Neighbouring outputs read some of the same places.
  llvm::DenseMap<int64_t, Value> loads;
  auto buildTap = [&](Value lhsAt, int64_t offset, Value rhsAt, ArrayRef<Value> accs) {
    Value weights = widen(load(rhsType, rhs, rhsAt));
    SmallVector<Value> result;
    for (int64_t row = 0; row < rows; ++row) {
      int64_t at = offset + row * plan.rows.lhs;
      Value &loaded = loads[at];
      if (!loaded)
        loaded = widen(loadFirst(lhsType, lhs, add(lhsAt, at), lanes));
      result.push_back(multiplyAdd(loaded, weights, accs[row]));
    }
    return result;
  };
  SmallVector<Value> accs(start);
  for (auto [tap, offset] : llvm::enumerate(plan.tapOffsets))
    accs = buildTap(lhsAt, offset, add(rhsAt, tap * plan.getGroupStride()), accs);
  if (!plan.tapOffsets.empty())
    return accs;
  return forRange(plan.run, accs, [&](Value i, ArrayRef<Value> carried) {
    loads.clear();
    return buildTap(add(lhsAt, mul(i, plan.runStride)), 0, add(rhsAt, mul(i, plan.getGroupStride())), carried);
  });
}
