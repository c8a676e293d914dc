//===- ElementKernel.cpp - A thread for each element of a contraction's result -----------------------------------===//
#include "GpuKernel.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::qnn;

void ElementKernel::build() {
  int64_t count = plan.channels * plan.rows.extent;
  for (const PlanLoop &loop : plan.outer)
    count *= loop.extent;
  Value rest = beginLoop(count, /*blockSize=*/0);
  // Neighbouring threads have neighbouring channels: weights and results are read and written together.
  Value channel = split(rest, plan.channels);
  SmallVector<PlanLoop> loops(plan.outer);
  loops.push_back(plan.rows);
  Place place = at(getOrigin(), loops, rest);

  int64_t step = plan.step;
  Value rhsStart = add(place.rhs, mul(channel, step)), lhsStart = place.lhs;
  if (plan.depthwise) {
    lhsStart = add(lhsStart, channel);
    if (!plan.isFloat)
      rhsStart = depthwiseRhs(place.rhs, channel);
  } else if (plan.channels > kChannelBlock) {
    Value lane = channel, block = channel;
    lane = split(block, kChannelBlock);
    rhsStart = add(add(place.rhs, mul(lane, step)), mul(block, plan.blockStride));
  }

  auto widen = [&](Value value) -> Value {
    return value.getType().isF32() ? value : arith::ExtFOp::create(b, loc, b.getF32Type(), value);
  };
  // One step of the run: `taps` elements of lhs, at these offsets.
  auto multiply = [&](Value from, Value weight, Value acc, ArrayRef<int64_t> taps) -> Value {
    if (plan.isFloat) {
      // Of a pair the second product comes first, as on the CPU.
      for (size_t i = taps.size(); i-- > 0;) {
        Value left = widen(memref::LoadOp::create(b, loc, lhs, ValueRange{add(from, taps[i])}));
        Value right = widen(memref::LoadOp::create(b, loc, rhs, ValueRange{add(weight, i)}));
        acc = LLVM::FMAOp::create(b, loc, acc.getType(), left, right, acc);
      }
      return acc;
    }
    Value left;
    if (!plan.depthwise) {
      left = loadWord(from, taps.size());
    } else {
      for (auto [i, tap] : llvm::enumerate(taps)) {
        Value byte = memref::LoadOp::create(b, loc, lhs, ValueRange{add(from, tap)});
        byte = arith::ExtUIOp::create(b, loc, b.getI32Type(), byte);
        if (i > 0)
          byte = arith::ShLIOp::create(b, loc, byte, i32(8 * i));
        left = left ? arith::OrIOp::create(b, loc, left, byte).getResult() : byte;
      }
      left = flip(left);
    }
    Value four = loadVector(b.getI8Type(), 4, rhs, weight);
    Value word = vector::BitCastOp::create(b, loc, vectorOf(b.getI32Type(), 1), four);
    return dot4(left, vector::ExtractOp::create(b, loc, word, ArrayRef<int64_t>{0}), acc);
  };
  auto buildRun = [&](Value from, Value weight, ArrayRef<Value> start) {
    Value acc = start[0];
    // Rows of quads of taps if bytes, single taps if floats. More taps than are unrolled are one row of them.
    int64_t rowTaps = plan.isFloat ? 1 : plan.tapsInRow, quads = plan.isFloat ? 1 : getQuads();
    int64_t rows = plan.isFloat ? plan.run : plan.getGroups();
    for (int64_t i = 0; !plan.tapOffsets.empty() && i < rows * quads; ++i) {
      int64_t row = i / quads, tap = i % quads * step;
      ArrayRef<int64_t> taps = ArrayRef(plan.tapOffsets).slice(row * rowTaps + tap, std::min(step, rowTaps - tap));
      acc = multiply(from, add(weight, row * plan.getGroupStride() + i % quads * getQuadStride()), acc, taps);
    }
    if (!plan.tapOffsets.empty())
      return SmallVector<Value>{acc};
    int64_t weightStep = plan.isDepthwiseBytes() ? getQuadStride() : plan.getGroupStride();
    SmallVector<int64_t> taps;
    for (int64_t tap = 0; tap < step; ++tap)
      taps.push_back(tap * plan.runStride);
    int64_t full = plan.run / step, left = plan.run % step;
    if (full > 0)
      acc = forRange(full, {acc}, [&](Value i, ArrayRef<Value> carried) {
        return SmallVector<Value>{
            multiply(add(from, mul(i, step * plan.runStride)), add(weight, mul(i, weightStep)), carried[0], taps)};
      })[0];
    if (left > 0)
      acc = multiply(add(from, full * step * plan.runStride), add(weight, full * weightStep), acc,
                     ArrayRef(taps).take_front(left));
    return SmallVector<Value>{acc};
  };
  Value acc = forOuterReductions(lhsStart, rhsStart, {zeroAcc()}, buildRun)[0];
  finish({acc}, place, channel);
}
