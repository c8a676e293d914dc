//===- ExpandArith.cpp - The numeric contract's operations become arith ------------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/X86/Passes.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_EXPANDARITHPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// 1.5 * 2^23: the sum of it and a small number is rounded to an integer, ties to even, which is then in the sum's low
/// bits.
constexpr float kRoundingMagic = 12582912.0f;
constexpr int32_t kRoundingMagicBits = 0x4B400000;

namespace {
/// Builds arith operations on scalars or vectors of one shape.
class Expander {
public:
  Expander(OpBuilder &builder, Location loc, Type shape) : b(builder), loc(loc), shape(dyn_cast<VectorType>(shape)) {}

  Type like(Type element) { return shape ? Type(shape.clone(element)) : element; }
  Value constant(Type element, Attribute value) {
    if (shape)
      value = DenseElementsAttr::get(shape.clone(element), value);
    return arith::ConstantOp::create(b, loc, cast<TypedAttr>(value));
  }
  Value constant(float value) { return constant(b.getF32Type(), b.getF32FloatAttr(value)); }
  Value constant(int32_t value) { return constant(b.getI32Type(), b.getI32IntegerAttr(value)); }
  /// A scale may be one scalar for a whole vector.
  Value broadcast(Value value) {
    if (!shape || isa<VectorType>(value.getType()))
      return value;
    return vector::BroadcastOp::create(b, loc, like(value.getType()), value);
  }

  /// clamp(rne(x) + zeroPoint, lo, hi) for an x that is no NaN. Bounds are integers, so clamping first changes nothing.
  Value round(Value x, int32_t zeroPoint, int32_t lo, int32_t hi) {
    x = select(arith::CmpFPredicate::OGT, x, constant(static_cast<float>(lo - zeroPoint)));
    x = select(arith::CmpFPredicate::OLT, x, constant(static_cast<float>(hi - zeroPoint)));
    Value sum = arith::AddFOp::create(b, loc, x, constant(kRoundingMagic));
    Value bits = arith::BitcastOp::create(b, loc, like(b.getI32Type()), sum);
    Value q = arith::AddIOp::create(b, loc, bits, constant(zeroPoint - kRoundingMagicBits));
    return arith::TruncIOp::create(b, loc, like(b.getI8Type()), q);
  }
  /// x if `x predicate bound`, else bound: what maxps and minps compute.
  Value select(arith::CmpFPredicate predicate, Value x, Value bound) {
    return arith::SelectOp::create(b, loc, arith::CmpFOp::create(b, loc, predicate, x, bound), x, bound);
  }

  Value expand(QuantizeOp op) {
    Value x = arith::DivFOp::create(b, loc, op.getInput(), broadcast(op.getScale()));
    Value isNan = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x, x);
    x = arith::SelectOp::create(b, loc, isNan, constant(0.0f), x);
    return round(x, op.getZeroPoint(), op.getLo(), op.getHi());
  }
  Value expand(RequantizeOp op) {
    Value x = arith::SIToFPOp::create(b, loc, like(b.getF32Type()), op.getInput());
    x = arith::MulFOp::create(b, loc, x, broadcast(op.getMultiplier()));
    return round(x, op.getZeroPoint(), op.getLo(), op.getHi());
  }
  Value expand(DequantizeOp op) {
    Value q = op.getInput();
    if (getElementTypeOrSelf(q.getType()).isInteger(8))
      q = op.getIsUnsigned() ? arith::ExtUIOp::create(b, loc, like(b.getI32Type()), q).getResult()
                             : arith::ExtSIOp::create(b, loc, like(b.getI32Type()), q).getResult();
    if (op.getZeroPoint() != 0)
      q = arith::SubIOp::create(b, loc, q, constant(static_cast<int32_t>(op.getZeroPoint())));
    Value x = arith::SIToFPOp::create(b, loc, like(b.getF32Type()), q);
    return arith::MulFOp::create(b, loc, x, broadcast(op.getScale()));
  }

private:
  OpBuilder &b;
  Location loc;
  VectorType shape;
};

struct ExpandArith : public qnn::impl::ExpandArithPassBase<ExpandArith> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<QuantizeOp, RequantizeOp, DequantizeOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      OpBuilder builder(op);
      Expander expander(builder, op->getLoc(), op->getResult(0).getType());
      Value result = TypeSwitch<Operation *, Value>(op).Case<QuantizeOp, RequantizeOp, DequantizeOp>(
          [&](auto typed) { return expander.expand(typed); });
      op->getResult(0).replaceAllUsesWith(result);
      op->erase();
    }
  }
};
} // namespace
