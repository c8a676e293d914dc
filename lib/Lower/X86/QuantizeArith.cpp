//===- QuantizeArith.cpp - The numeric contract's operations as arithmetic of one CPU path -----------------------===//
#include "QuantizeArith.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Numerics/Reciprocal.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qnn;

/// 1.5 * 2^23: the sum of it and a small number is rounded to an integer, ties to even, which is then in the sum's low
/// bits.
constexpr float kRoundingMagic = 12582912.0f;
constexpr int32_t kRoundingMagicBits = 0x4B400000;

/// The number that a scale is, everywhere; nothing if it is not known or differs.
static std::optional<float> getKnown(Value scale) {
  if (auto broadcast = scale.getDefiningOp<vector::BroadcastOp>())
    scale = broadcast.getSource();
  FloatAttr scalar;
  if (matchPattern(scale, m_Constant(&scalar)))
    return scalar.getValue().convertToFloat();
  DenseFPElementsAttr dense;
  if (matchPattern(scale, m_Constant(&dense)) && dense.isSplat())
    return dense.getSplatValue<APFloat>().convertToFloat();
  return std::nullopt;
}

Value QuantizeArith::constant(Type element, Attribute value) {
  if (shape)
    value = DenseElementsAttr::get(shape.clone(element), value);
  return arith::ConstantOp::create(b, loc, cast<TypedAttr>(value));
}

/// A scale may be one scalar for a whole vector.
Value QuantizeArith::broadcast(Value value) {
  if (!shape || isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(b, loc, like(value.getType()), value);
}

/// x if `x predicate bound`, else bound: what maxps and minps compute.
Value QuantizeArith::select(arith::CmpFPredicate predicate, Value x, Value bound) {
  return arith::SelectOp::create(b, loc, arith::CmpFOp::create(b, loc, predicate, x, bound), x, bound);
}

Value QuantizeArith::clamp(Value x, float lo, float hi) {
  x = select(arith::CmpFPredicate::OGT, x, constant(lo));
  return select(arith::CmpFPredicate::OLT, x, constant(hi));
}

/// x, or `otherwise` where `original` is NaN.
Value QuantizeArith::withoutNan(Value x, Value original, float otherwise) {
  Value isNan = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, original, original);
  return arith::SelectOp::create(b, loc, isNan, constant(otherwise), x);
}

/// x / scale for an x of which --qnn-prove-ranges knows enough.
Value QuantizeArith::divide(Value x, Value scale) {
  std::optional<float> known = getKnown(scale);
  std::optional<numerics::Reciprocal> reciprocal;
  if (known)
    reciprocal = numerics::getExactReciprocal(*known);
  if (known == 1.0f)
    return x;
  if (reciprocal && reciprocal->low == 0.0f)
    return arith::MulFOp::create(b, loc, x, constant(reciprocal->high));
  if (!reciprocal || path == CpuPath::X86_64)
    return arith::DivFOp::create(b, loc, x, broadcast(scale));
  Value small = arith::MulFOp::create(b, loc, x, constant(reciprocal->low));
  return LLVM::FMAOp::create(b, loc, x.getType(), x, constant(reciprocal->high), small);
}

/// x / scale within [lo, hi], 0 for NaN. lo and hi are integers below 2^16.
Value QuantizeArith::divide(Value x, Value scale, float lo, float hi) {
  std::optional<float> known = getKnown(scale);
  if (!known || !numerics::getExactReciprocal(*known)) {
    Value quotient = divide(x, scale);
    return clamp(withoutNan(quotient, quotient, 0.0f), lo, hi);
  }
  // Rounding and division are monotonic, and the product of a bound and the scale, rounded, divides back to within
  // 2^-7 of the bound: to clamp x is to clamp the rounded quotient. So infinities never meet the products.
  Value bounded = withoutNan(clamp(x, lo * *known, hi * *known), x, std::clamp(0.0f, lo, hi) * *known);
  return divide(bounded, scale);
}

QuantizeArith::Rounding QuantizeArith::getRounding(QuantizeOp op) {
  return {static_cast<int32_t>(op.getZeroPoint()), static_cast<int32_t>(op.getLo()), static_cast<int32_t>(op.getHi()),
          op.getIsUnsigned()};
}

QuantizeArith::Rounding QuantizeArith::getRounding(RequantizeOp op) {
  return {static_cast<int32_t>(op.getZeroPoint()), static_cast<int32_t>(op.getLo()), static_cast<int32_t>(op.getHi()),
          op.getIsUnsigned()};
}

Value QuantizeArith::beforeRounding(QuantizeOp op, Value input, Value scale) {
  if (op->hasAttr(kInRangeAttr))
    return divide(input, scale);
  Rounding to = getRounding(op);
  return divide(input, scale, static_cast<float>(to.lo - to.zeroPoint), static_cast<float>(to.hi - to.zeroPoint));
}

Value QuantizeArith::beforeRounding(RequantizeOp op, Value input, Value multiplier) {
  Value x = arith::SIToFPOp::create(b, loc, like(b.getF32Type()), input);
  x = arith::MulFOp::create(b, loc, x, broadcast(multiplier));
  if (op->hasAttr(kInRangeAttr))
    return x;
  Rounding to = getRounding(op);
  // Conversion makes of a value that is too large the smallest integer, as of one that is too small.
  return select(arith::CmpFPredicate::OLT, x, constant(static_cast<float>(to.hi - to.zeroPoint)));
}

/// clamp(rne(x) + zeroPoint, lo, hi) for an x that is no NaN and within the bounds.
Value QuantizeArith::toInteger(Value x, Type type, const Rounding &rounding) {
  Value sum = arith::AddFOp::create(b, loc, x, constant(kRoundingMagic));
  Value bits = arith::BitcastOp::create(b, loc, like(b.getI32Type()), sum);
  Value q = arith::AddIOp::create(b, loc, bits, constant(rounding.zeroPoint - kRoundingMagicBits));
  return arith::TruncIOp::create(b, loc, type, q);
}

// Bounds are integers, so clamping before rounding changes nothing.
Value QuantizeArith::expand(QuantizeOp op) {
  Rounding to = getRounding(op);
  Value x = beforeRounding(op, op.getInput(), op.getScale());
  if (op->hasAttr(kInRangeAttr))
    x = clamp(x, static_cast<float>(to.lo - to.zeroPoint), static_cast<float>(to.hi - to.zeroPoint));
  return toInteger(x, op.getType(), to);
}

Value QuantizeArith::expand(RequantizeOp op) {
  Rounding to = getRounding(op);
  Value x = beforeRounding(op, op.getInput(), op.getMultiplier());
  if (op->hasAttr(kInRangeAttr))
    x = select(arith::CmpFPredicate::OLT, x, constant(static_cast<float>(to.hi - to.zeroPoint)));
  x = select(arith::CmpFPredicate::OGT, x, constant(static_cast<float>(to.lo - to.zeroPoint)));
  return toInteger(x, op.getType(), to);
}

/// What numerics::divideByInverse computes.
Value QuantizeArith::divideByInverse(Value x, Value divisor, Value inverse) {
  Value quotient = arith::MulFOp::create(b, loc, x, inverse);
  Value excess = LLVM::FMAOp::create(b, loc, x.getType(), quotient, divisor, arith::NegFOp::create(b, loc, x));
  return LLVM::FMAOp::create(b, loc, x.getType(), arith::NegFOp::create(b, loc, excess), inverse, quotient);
}

/// The same for an x that is not -0 and a divisor that may be below 0, or 0, where the remainder is NaN and the first
/// quotient right.
Value QuantizeArith::divideByAnyInverse(Value x, Value divisor, Value inverse) {
  Value quotient = arith::MulFOp::create(b, loc, x, inverse);
  Value negated = arith::NegFOp::create(b, loc, quotient);
  Value remainder = LLVM::FMAOp::create(b, loc, x.getType(), negated, divisor, x);
  Value corrected = LLVM::FMAOp::create(b, loc, x.getType(), remainder, inverse, quotient);
  Value isNan = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, remainder, remainder);
  return arith::SelectOp::create(b, loc, isNan, quotient, corrected);
}

bool qnn::isInvariant(Value value, scf::ForOp loop) {
  if (loop.isDefinedOutsideOfLoop(value))
    return true;
  Operation *op = value.getDefiningOp();
  return op && (isPure(op) || isa<memref::LoadOp>(op)) &&
         llvm::all_of(op->getOperands(), [&](Value operand) { return isInvariant(operand, loop); });
}

/// The one number that divides all elements of a vector, or in all iterations of a loop, so that its inverse is shared.
static Value getSharedDivisor(arith::DivFOp op) {
  if (isa<VectorType>(op.getType())) {
    auto broadcast = op.getRhs().getDefiningOp<vector::BroadcastOp>();
    return broadcast && !isa<VectorType>(broadcast.getSourceType()) ? broadcast.getSource() : Value();
  }
  auto loop = op->getParentOfType<scf::ForOp>();
  return loop && isInvariant(op.getRhs(), loop) ? op.getRhs() : Value();
}

Value QuantizeArith::expand(arith::DivFOp op) {
  if (!op->hasAttr(kInRangeAttr) || !getElementTypeOrSelf(op.getType()).isF32())
    return nullptr;
  if (getKnown(op.getRhs()))
    return divide(op.getLhs(), op.getRhs());
  Value scalar = getSharedDivisor(op);
  if (!scalar || path == CpuPath::X86_64)
    return nullptr;
  Value one = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(1.0f));
  Value inverse = broadcast(arith::DivFOp::create(b, loc, one, scalar));
  return divideByAnyInverse(op.getLhs(), op.getRhs(), inverse);
}

Value QuantizeArith::expand(DequantizeOp op) {
  Value q = op.getInput();
  if (!getElementTypeOrSelf(q.getType()).isInteger(32))
    q = op.getIsUnsigned() ? arith::ExtUIOp::create(b, loc, like(b.getI32Type()), q).getResult()
                           : arith::ExtSIOp::create(b, loc, like(b.getI32Type()), q).getResult();
  if (op.getZeroPoint() != 0)
    q = arith::SubIOp::create(b, loc, q, constant(static_cast<int32_t>(op.getZeroPoint())));
  Value x = arith::SIToFPOp::create(b, loc, like(b.getF32Type()), q);
  return arith::MulFOp::create(b, loc, x, broadcast(op.getScale()));
}

Value QuantizeArith::call(StringRef name, Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, loc, type, b.getStringAttr(name), operands).getResult(0);
}

/// rne(x) by the conversion instruction, whose rounding mode is the default one as everywhere.
Value QuantizeArith::roundToInteger(Value x) {
  Type type = like(b.getI32Type());
  if (shape.getNumElements() == 4)
    return call("llvm.x86.sse2.cvtps2dq", type, x);
  if (shape.getNumElements() == 8)
    return call("llvm.x86.avx.cvt.ps2dq.256", type, x);
  Value any = arith::ConstantOp::create(b, loc, cast<TypedAttr>(b.getZeroAttr(type)));
  Value mask = arith::ConstantOp::create(b, loc, b.getI16IntegerAttr(-1));
  Value mode = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(4));
  return call("llvm.x86.avx512.mask.cvtps2dq.512", type, {x, any, mask, mode});
}

Value QuantizeArith::roundToInterleavedBytes(ArrayRef<Value> values, const Rounding &rounding) {
  int64_t lanes = shape.getNumElements();
  StringRef wordsName, bytesName;
  if (lanes == 4) {
    wordsName = "llvm.x86.sse2.packssdw.128";
    bytesName = rounding.isUnsigned ? "llvm.x86.sse2.packuswb.128" : "llvm.x86.sse2.packsswb.128";
  } else if (lanes == 8) {
    wordsName = "llvm.x86.avx2.packssdw";
    bytesName = rounding.isUnsigned ? "llvm.x86.avx2.packuswb" : "llvm.x86.avx2.packsswb";
  } else {
    wordsName = "llvm.x86.avx512.packssdw.512";
    bytesName = rounding.isUnsigned ? "llvm.x86.avx512.packuswb.512" : "llvm.x86.avx512.packsswb.512";
  }
  auto wordsType = VectorType::get(2 * lanes, b.getI16Type());
  auto bytesType = VectorType::get(4 * lanes, b.getI8Type());
  SmallVector<Value> integers, words;
  for (Value value : values)
    integers.push_back(roundToInteger(value));
  for (size_t i = 0; i < integers.size(); i += 2) {
    Value pair = call(wordsName, wordsType, {integers[i], integers[i + 1]});
    if (rounding.zeroPoint != 0) {
      auto zeroPoint = DenseElementsAttr::get(wordsType, b.getI16IntegerAttr(rounding.zeroPoint));
      pair = LLVM::SAddSat::create(b, loc, wordsType, pair, arith::ConstantOp::create(b, loc, zeroPoint));
    }
    words.push_back(pair);
  }
  Value bytes = call(bytesName, bytesType, {words.front(), words.back()});
  auto bound = [&](int32_t value) -> Value {
    auto attr = DenseElementsAttr::get(bytesType, b.getI8IntegerAttr(static_cast<int8_t>(value)));
    return arith::ConstantOp::create(b, loc, attr);
  };
  if (rounding.isUnsigned && rounding.lo > 0)
    bytes = arith::MaxUIOp::create(b, loc, bytes, bound(rounding.lo));
  if (!rounding.isUnsigned && rounding.lo > -128)
    bytes = arith::MaxSIOp::create(b, loc, bytes, bound(rounding.lo));
  if (rounding.isUnsigned && rounding.hi < 255)
    bytes = arith::MinUIOp::create(b, loc, bytes, bound(rounding.hi));
  if (!rounding.isUnsigned && rounding.hi < 127)
    bytes = arith::MinSIOp::create(b, loc, bytes, bound(rounding.hi));
  return bytes;
}

Value QuantizeArith::roundToBytes(ArrayRef<Value> values, const Rounding &rounding) {
  int64_t lanes = shape.getNumElements(), vectors = values.size();
  Value bytes = roundToInterleavedBytes(values, rounding);
  if (vectors == 4 && lanes == 4)
    return bytes;
  SmallVector<int64_t> order;
  for (int64_t v = 0; v < vectors; ++v)
    for (int64_t l = 0; l < lanes / 4; ++l)
      order.push_back(4 * l + v);
  Value words = vector::BitCastOp::create(b, loc, VectorType::get(lanes, b.getI32Type()), bytes);
  words = vector::ShuffleOp::create(b, loc, words, words, order);
  return vector::BitCastOp::create(b, loc, VectorType::get(vectors * lanes, b.getI8Type()), words);
}
