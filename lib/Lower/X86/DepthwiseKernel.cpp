//===- DepthwiseKernel.cpp - Each lane sums the taps of its own channel, in floats
//------------------------------------------===//
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
    Value rhsAt = add(place.rhs, channel);
    accs =
        forOuterReductions(add(place.lhs, channel), rhsAt, accs, [&](Value lhsAt, Value at, ArrayRef<Value> carried) {
          return buildRun(lhsAt, at, carried, rows, lanes);
        });
    finish(accs, place, channel, rows, /*vectors=*/1, lanes);
  });
}

SmallVector<Value> DepthwiseKernel::buildRun(Value lhsAt, Value rhsAt, ArrayRef<Value> start, int64_t rows,
                                             int64_t lanes) {
  VectorType lhsType = vectorOf(elementOf(lhs), tile.lanes), rhsType = vectorOf(elementOf(rhs), tile.lanes);
  auto buildTap = [&](Value lhsAt, Value rhsAt, ArrayRef<Value> accs) {
    Value weights = widen(load(rhsType, rhs, rhsAt));
    SmallVector<Value> result;
    for (int64_t row = 0; row < rows; ++row)
      result.push_back(
          multiplyAdd(widen(loadFirst(lhsType, lhs, add(lhsAt, row * plan.rows.lhs), lanes)), weights, accs[row]));
    return result;
  };
  SmallVector<Value> accs(start);
  for (auto [tap, offset] : llvm::enumerate(plan.tapOffsets))
    accs = buildTap(add(lhsAt, offset), add(rhsAt, tap * plan.getGroupStride()), accs);
  if (!plan.tapOffsets.empty())
    return accs;
  return forRange(plan.run, accs, [&](Value i, ArrayRef<Value> carried) {
    return buildTap(add(lhsAt, mul(i, plan.runStride)), add(rhsAt, mul(i, plan.getGroupStride())), carried);
  });
}
