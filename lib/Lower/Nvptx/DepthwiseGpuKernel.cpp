//===- DepthwiseGpuKernel.cpp - A thread for four channels of a depthwise contraction ----------------------------===//
#include "GpuKernel.h"

using namespace mlir;
using namespace mlir::qnn;

bool DepthwiseGpuKernel::fits() const {
  return plan.depthwise && !plan.isFloat && !plan.tapOffsets.empty() && hasVectors() && getLhsAlignment() % 4 == 0 &&
         llvm::all_of(plan.tapOffsets, [](int64_t tap) { return tap % 4 == 0; });
}

void DepthwiseGpuKernel::build() {
  int64_t quads = plan.channels / 4, count = quads * plan.rows.extent;
  for (const PlanLoop &loop : plan.outer)
    count *= loop.extent;
  Value rest = beginLoop(count, /*blockSize=*/0);
  Value channel = mul(split(rest, quads), 4);
  SmallVector<PlanLoop> loops(plan.outer);
  loops.push_back(plan.rows);
  Place place = at(getOrigin(), loops, rest);

  auto bytesType = vectorOf(b.getI8Type(), 4);
  auto pick = [&](Value x, Value y, ArrayRef<int64_t> order) -> Value {
    return vector::ShuffleOp::create(b, loc, x, y, order);
  };
  auto toWord = [&](Value bytes) {
    Value word = vector::BitCastOp::create(b, loc, vectorOf(b.getI32Type(), 1), bytes);
    return flip(vector::ExtractOp::create(b, loc, word, ArrayRef<int64_t>{0}));
  };
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(bytesType));
  auto buildRun = [&](Value from, Value weightsFrom, ArrayRef<Value> start) {
    SmallVector<Value> accs(start);
    int64_t quads = getQuads();
    for (int64_t i = 0; i < plan.getGroups() * quads; ++i) {
      // Four taps of four channels, turned so that a word holds the taps of one channel; the weights of missing taps
      // are zero.
      int64_t row = i / quads, quad = i % quads;
      SmallVector<Value> taps;
      for (int64_t tap = 4 * quad; tap < std::min(4 * quad + 4, plan.tapsInRow); ++tap)
        taps.push_back(loadVector(b.getI8Type(), 4, lhs, add(from, plan.tapOffsets[row * plan.tapsInRow + tap])));
      taps.resize(4, zero);
      Value low = pick(taps[0], taps[1], {0, 4, 1, 5}), high = pick(taps[0], taps[1], {2, 6, 3, 7});
      Value nextLow = pick(taps[2], taps[3], {0, 4, 1, 5}), nextHigh = pick(taps[2], taps[3], {2, 6, 3, 7});
      Value left[] = {pick(low, nextLow, {0, 1, 4, 5}), pick(low, nextLow, {2, 3, 6, 7}),
                      pick(high, nextHigh, {0, 1, 4, 5}), pick(high, nextHigh, {2, 3, 6, 7})};
      Value at = add(weightsFrom, row * plan.getGroupStride() + quad * getQuadStride());
      Value words =
          vector::BitCastOp::create(b, loc, vectorOf(b.getI32Type(), 4), loadVector(b.getI8Type(), 16, rhs, at));
      for (int64_t c = 0; c < 4; ++c)
        accs[c] = dot4(toWord(left[c]), vector::ExtractOp::create(b, loc, words, ArrayRef<int64_t>{c}), accs[c]);
    }
    return accs;
  };
  SmallVector<Value> accs(4, zeroAcc());
  accs = forOuterReductions(add(place.lhs, channel), depthwiseRhs(place.rhs, channel), accs, buildRun);
  finish(accs, place, channel);
}
