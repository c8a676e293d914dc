//===- WidenShortFloats.cpp - f16 and bf16 are computed in f32 ----------------------------------------------------===//
#include "TargetPath.h"
#include "quant-opt/Lower/X86/Passes.h"
#include "quant-opt/Support/CpuPath.h"

#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_WIDENSHORTFLOATSPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

static bool isShort(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF16() || element.isBF16();
}

/// `type` with elements of `element`.
static Type withElement(Type type, Type element) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? Type(vector.clone(element)) : element;
}

namespace {
/// An operation of arith or math on short floats becomes the same on f32, each operand extended and each result
/// rounded.
struct WidenOperation : public RewritePattern {
  explicit WidenOperation(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa_and_nonnull<arith::ArithDialect, math::MathDialect>(op->getDialect()) || op->getNumRegions() != 0)
      return rewriter.notifyMatchFailure(op, "expected arithmetic");
    if (isa<arith::ConstantOp, arith::ExtFOp, arith::TruncFOp, arith::BitcastOp, arith::SelectOp>(op))
      return rewriter.notifyMatchFailure(op, "moves values without computing");
    if (llvm::none_of(op->getOperandTypes(), isShort) && llvm::none_of(op->getResultTypes(), isShort))
      return rewriter.notifyMatchFailure(op, "expected f16 or bf16");
    Type f32 = rewriter.getF32Type();
    OperationState state(op->getLoc(), op->getName());
    for (Value operand : op->getOperands())
      state.operands.push_back(
          isShort(operand.getType())
              ? arith::ExtFOp::create(rewriter, op->getLoc(), withElement(operand.getType(), f32), operand)
              : operand);
    for (Type type : op->getResultTypes())
      state.types.push_back(isShort(type) ? withElement(type, f32) : type);
    state.attributes = op->getAttrs();
    Operation *wide = rewriter.create(state);
    SmallVector<Value> results;
    for (auto [result, type] : llvm::zip_equal(wide->getResults(), op->getResultTypes()))
      results.push_back(isShort(type) ? arith::TruncFOp::create(rewriter, op->getLoc(), type, result) : Value(result));
    rewriter.replaceOp(op, results);
    return success();
  }
};

/// Integer arithmetic on the bits of floats.
struct Bits {
  OpBuilder &builder;
  Location loc;
  Type type; // of the scalars or vectors at hand, whatever their elements

  Type i32() { return withElement(type, builder.getI32Type()); }
  Type f32() { return withElement(type, builder.getF32Type()); }
  Value c(uint32_t value) {
    TypedAttr attr = builder.getI32IntegerAttr(static_cast<int32_t>(value));
    if (auto vector = dyn_cast<VectorType>(i32()))
      attr = DenseElementsAttr::get(vector, Attribute(attr));
    return arith::ConstantOp::create(builder, loc, attr);
  }
  Value fromF32(Value a) { return arith::BitcastOp::create(builder, loc, i32(), a); }
  Value toF32(Value a) { return arith::BitcastOp::create(builder, loc, f32(), a); }
  Value add(Value a, Value b) { return arith::AddIOp::create(builder, loc, a, b); }
  Value sub(Value a, Value b) { return arith::SubIOp::create(builder, loc, a, b); }
  Value band(Value a, Value b) { return arith::AndIOp::create(builder, loc, a, b); }
  Value bor(Value a, Value b) { return arith::OrIOp::create(builder, loc, a, b); }
  Value shl(Value a, uint32_t count) { return arith::ShLIOp::create(builder, loc, a, c(count)); }
  Value shr(Value a, uint32_t count) { return arith::ShRUIOp::create(builder, loc, a, c(count)); }
  Value less(Value a, Value b) { return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, a, b); }
  Value select(Value condition, Value a, Value b) { return arith::SelectOp::create(builder, loc, condition, a, b); }
};

/// f16 to f32 where the CPU has no instruction for it.
struct ExpandExtend : public OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getIn()).isF16())
      return rewriter.notifyMatchFailure(op, "expected f16");
    Location loc = op.getLoc();
    Bits b{rewriter, loc, op.getType()};
    Value half = arith::BitcastOp::create(rewriter, loc, withElement(op.getType(), rewriter.getI16Type()), op.getIn());
    Value bits = arith::ExtUIOp::create(rewriter, loc, b.i32(), half);
    Value shifted = b.shl(b.band(bits, b.c(0x7fff)), 13);
    Value normal = b.add(shifted, b.c(112u << 23));
    // Infinity and NaN have the largest exponent on both sides; below the normal range a subtraction normalizes.
    Value special = b.add(normal, b.c(112u << 23));
    Value scaled = b.toF32(b.add(shifted, b.c(113u << 23)));
    Value small = b.fromF32(arith::SubFOp::create(rewriter, loc, scaled, b.toF32(b.c(113u << 23))));
    Value result = b.select(b.less(shifted, b.c(0x1fu << 23)), normal, special);
    result = b.select(b.less(shifted, b.c(1u << 23)), small, result);
    Value value = b.toF32(b.bor(result, b.shl(b.band(bits, b.c(0x8000)), 16)));
    if (value.getType() != op.getType())
      value = arith::ExtFOp::create(rewriter, loc, op.getType(), value);
    rewriter.replaceOp(op, value);
    return success();
  }
};

/// f32 to f16, to the nearest, ties to even, where the CPU has no instruction for it.
struct ExpandTruncate : public OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF16() || !getElementTypeOrSelf(op.getIn()).isF32())
      return rewriter.notifyMatchFailure(op, "expected f32 to f16");
    Location loc = op.getLoc();
    Bits b{rewriter, loc, op.getType()};
    Value bits = b.fromF32(op.getIn());
    Value magnitude = b.band(bits, b.c(0x7fffffff));
    Value odd = b.band(b.shr(magnitude, 13), b.c(1));
    Value normal = b.shr(b.sub(b.add(b.add(magnitude, b.c(0xfff)), odd), b.c(112u << 23)), 13);
    // Adding 0.5 rounds at the unit of f16 below its normal range.
    Value rounded = arith::AddFOp::create(rewriter, loc, b.toF32(magnitude), b.toF32(b.c(0x3f000000)));
    Value small = b.sub(b.fromF32(rounded), b.c(0x3f000000));
    Value nan = b.bor(b.c(0x7e00), b.band(b.shr(magnitude, 13), b.c(0x3ff)));
    Value result = b.select(b.less(magnitude, b.c(0x47800000)), normal, b.c(0x7c00));
    result = b.select(b.less(magnitude, b.c(0x38800000)), small, result);
    result = b.select(b.less(b.c(0x7f800000), magnitude), nan, result);
    result = b.bor(result, b.band(b.shr(bits, 16), b.c(0x8000)));
    Value half = arith::TruncIOp::create(rewriter, loc, withElement(op.getType(), rewriter.getI16Type()), result);
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), half);
    return success();
  }
};

/// f64 to a short float goes through f32 rounded to odd, so that the second rounding sees what the first one lost.
struct TruncateThroughF32 : public OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op, PatternRewriter &rewriter) const override {
    if (!isShort(op.getType()) || !getElementTypeOrSelf(op.getIn()).isF64())
      return rewriter.notifyMatchFailure(op, "expected f64 to a short float");
    Location loc = op.getLoc();
    Bits b{rewriter, loc, op.getType()};
    Value wide = op.getIn();
    Value near = arith::TruncFOp::create(rewriter, loc, b.f32(), wide);
    Value back = arith::ExtFOp::create(rewriter, loc, wide.getType(), near);
    Value inexact = arith::CmpFOp::create(rewriter, loc, arith::CmpFPredicate::ONE, back, wide);
    Value beyond =
        arith::CmpFOp::create(rewriter, loc, arith::CmpFPredicate::OGT, math::AbsFOp::create(rewriter, loc, back),
                              math::AbsFOp::create(rewriter, loc, wide));
    Value bits = b.fromF32(near);
    Value odd = b.bor(b.select(beyond, b.sub(bits, b.c(1)), bits), b.c(1));
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), b.toF32(b.select(inexact, odd, bits)));
    return success();
  }
};

struct WidenShortFloats : public qnn::impl::WidenShortFloatsPassBase<WidenShortFloats> {
  using WidenShortFloatsPassBase::WidenShortFloatsPassBase;

  void runOnOperation() override {
    FailureOr<CpuPath> cpu = readTargetPath(getOperation(), path);
    if (failed(cpu))
      return signalPassFailure();
    RewritePatternSet widen(&getContext()), through(&getContext()), expand(&getContext());
    widen.add<WidenOperation>(&getContext());
    through.add<TruncateThroughF32>(&getContext());
    expand.add<ExpandExtend, ExpandTruncate>(&getContext());
    walkAndApplyPatterns(getOperation(), std::move(widen));
    walkAndApplyPatterns(getOperation(), std::move(through));
    if (!getCpuFeatures(*cpu).contains("+f16c"))
      walkAndApplyPatterns(getOperation(), std::move(expand));
  }
};
} // namespace
