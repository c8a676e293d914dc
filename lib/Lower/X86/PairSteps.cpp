//===- PairSteps.cpp - One step of a reduction over pairs of bf16 ------------------------------------------------===//
#include "KernelBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::qnn;

/// The next pair of lhs as one word, the first element in its low half. Nothing beyond the run is read; the packed
/// weight beyond it is zero, and so is the element here.
Value PlainKernel::loadPair(Value at, int64_t count) {
  Type i32 = b.getI32Type();
  if (count == 2) {
    Value pair = load(vectorOf(b.getBF16Type(), 2), lhs, at);
    return vector::ExtractOp::create(b, loc, vector::BitCastOp::create(b, loc, vectorOf(i32, 1), pair),
                                     ArrayRef<int64_t>{0});
  }
  Value one = memref::LoadOp::create(b, loc, lhs, ValueRange{at});
  return arith::ExtUIOp::create(b, loc, i32, arith::BitcastOp::create(b, loc, b.getI16Type(), one));
}

/// Adds the products of `count` (1 or 2) elements of each row with packed pairs of weights. Where the path lacks the
/// instruction, a bf16 becomes the f32 whose upper half it is; the second product is added first, as the instruction
/// does.
SmallVector<Value> PlainKernel::buildPairs(Value lhsAt, ArrayRef<Value> weights, ArrayRef<Value> accs, int64_t rows,
                                           int64_t count) {
  VectorType words = vectorOf(b.getI32Type(), tile.lanes), floats = accType();
  VectorType pairs = VectorType::get(2 * tile.lanes, b.getBF16Type());
  bool native = hasBf16DotProducts(path);
  auto split = [&](Value word) -> std::pair<Value, Value> {
    auto constant = [&](uint32_t value) -> Value {
      auto attr = DenseElementsAttr::get(words, b.getI32IntegerAttr(static_cast<int32_t>(value)));
      return arith::ConstantOp::create(b, loc, cast<TypedAttr>(attr));
    };
    Value first = arith::ShLIOp::create(b, loc, word, constant(16));
    Value second = arith::AndIOp::create(b, loc, word, constant(0xffff0000u));
    return {arith::BitcastOp::create(b, loc, floats, first), arith::BitcastOp::create(b, loc, floats, second)};
  };
  SmallVector<Value> nativeWeights;
  SmallVector<std::pair<Value, Value>> halves;
  for (Value weight : weights) {
    Value word = vector::BitCastOp::create(b, loc, words, weight);
    if (native)
      nativeWeights.push_back(LLVM::BitcastOp::create(b, loc, pairs, word));
    else
      halves.push_back(split(word));
  }

  SmallVector<Value> result;
  for (int64_t row = 0; row < rows; ++row) {
    Value pair = loadPair(add(lhsAt, row * plan.rows.lhs), count);
    Value left = vector::BroadcastOp::create(b, loc, words, pair);
    std::pair<Value, Value> leftHalves;
    if (native)
      left = LLVM::BitcastOp::create(b, loc, pairs, left);
    else
      leftHalves = split(left);
    for (size_t v = 0; v < weights.size(); ++v) {
      Value acc = accs[row * weights.size() + v];
      if (native) {
        acc = LLVM::CallIntrinsicOp::create(b, loc, floats, b.getStringAttr("llvm.x86.avx512bf16.dpbf16ps.512"),
                                            ValueRange{acc, left, nativeWeights[v]})
                  .getResult(0);
      } else {
        acc = multiplyAdd(leftHalves.second, halves[v].second, acc);
        acc = multiplyAdd(leftHalves.first, halves[v].first, acc);
      }
      result.push_back(acc);
    }
  }
  return result;
}
