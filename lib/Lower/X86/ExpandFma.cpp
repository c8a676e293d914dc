//===- ExpandFma.cpp - Fused multiply-adds as exact arithmetic where the path has none ---------------------------===//
#include "TargetPath.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Lower/X86/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_EXPANDFMAPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// a * b + c, rounded once. The product of two f32 is exact in f64. Their sum with c is rounded to odd there: where it
/// is not exact, to the neighbour whose last bit is set. Nothing between two f32, and no tie, is then lost or made, as
/// f64 has more than twice the bits of f32 and two (Boldo and Melquiond, "Emulation of a FMA and Correctly Rounded
/// Sums: Proved Algorithms Using Rounding to Odd", 2008).
static Value emulate(OpBuilder &b, math::FmaOp op) {
  Location loc = op.getLoc();
  auto like = [&](Type element) -> Type {
    auto shaped = dyn_cast<ShapedType>(op.getType());
    return shaped ? shaped.clone(element) : element;
  };
  Type f64 = like(b.getF64Type()), i64 = like(b.getI64Type());
  auto widen = [&](Value x) -> Value { return arith::ExtFOp::create(b, loc, f64, x); };
  auto add = [&](Value x, Value y) -> Value { return arith::AddFOp::create(b, loc, x, y); };
  auto sub = [&](Value x, Value y) -> Value { return arith::SubFOp::create(b, loc, x, y); };
  auto bits = [&](Value x) -> Value { return arith::BitcastOp::create(b, loc, i64, x); };
  auto integer = [&](int64_t value) -> Value {
    TypedAttr attr = b.getI64IntegerAttr(value);
    if (auto shaped = dyn_cast<ShapedType>(i64))
      attr = DenseElementsAttr::get(shaped, Attribute(attr));
    return arith::ConstantOp::create(b, loc, attr);
  };

  Value product = arith::MulFOp::create(b, loc, widen(op.getA()), widen(op.getB())), c = widen(op.getC());
  Value sum = add(product, c);
  if (op->hasAttr(kExactSumAttr))
    return arith::TruncFOp::create(b, loc, op.getType(), sum);
  // What the sum lost, exactly (Knuth).
  Value part = sub(sum, product);
  Value lost = add(sub(product, sub(sum, part)), sub(c, part));
  // NaN, as of infinite sums, lost nothing.
  Value zero = arith::ConstantOp::create(b, loc, cast<TypedAttr>(b.getZeroAttr(f64)));
  Value isInexact = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ONE, lost, zero);
  Value isEven = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                       arith::AndIOp::create(b, loc, bits(sum), integer(1)), integer(0));
  // Up in magnitude, by 1, if what was lost has the sum's sign, else down, by -1.
  Value signs = arith::ShRSIOp::create(b, loc, arith::XOrIOp::create(b, loc, bits(sum), bits(lost)), integer(63));
  Value towards = arith::OrIOp::create(b, loc, signs, integer(1));
  Value moves = arith::AndIOp::create(b, loc, isInexact, isEven);
  Value step = arith::SelectOp::create(b, loc, moves, towards, integer(0));
  Value odd = arith::BitcastOp::create(b, loc, f64, arith::AddIOp::create(b, loc, bits(sum), step));
  return arith::TruncFOp::create(b, loc, op.getType(), odd);
}

namespace {
struct ExpandFma : public qnn::impl::ExpandFmaPassBase<ExpandFma> {
  using ExpandFmaPassBase::ExpandFmaPassBase;

  void runOnOperation() override {
    FailureOr<CpuPath> target = readTargetPath(getOperation(), path);
    if (failed(target))
      return signalPassFailure();
    if (*target != CpuPath::X86_64)
      return;
    SmallVector<math::FmaOp> ops;
    getOperation()->walk([&](math::FmaOp op) {
      if (getElementTypeOrSelf(op.getType()).isF32())
        ops.push_back(op);
    });
    for (math::FmaOp op : ops) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(emulate(builder, op));
      op.erase();
    }
  }
};
} // namespace
