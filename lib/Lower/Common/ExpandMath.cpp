//===- ExpandMath.cpp - Elementary functions of f32 as arithmetic that vectorizes ---------------------------------===//
//
// Each function is a polynomial on a short interval, fitted for this purpose to a relative error below 2^-25, and exact
// steps that lead any argument there. Only f32 additions, multiplications, fused multiply-adds where they are written,
// divisions and bit operations are used, so that every CPU path gives the same bits. The largest errors, over a dense
// sample of each function's range, are below 2 units in the last place.
//
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

#include <cmath>
#include <limits>

namespace mlir::qnn {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;

// ln 2 in two parts; products of the first with integers below 2^9 are exact.
static constexpr float kLn2High = 0.693145751953125f, kLn2Low = 1.428606765330187e-06f, kLog2E = 1.4426950408889634f;
/// Adding and subtracting 1.5 * 2^23 rounds to the nearest integer, ties to even, below 2^22.
static constexpr float kRounder = 12582912.0f;

// (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2.
static constexpr float kExp[] = {0.5f, 0.16666512191295624f, 0.0416661873459816f, 0.008369598537683487f,
                                 0.0013951717410236597f};
// (log(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) <= 1 + f <= sqrt(2).
static constexpr float kLog[] = {0.33333316445350647f,  -0.2500082552433014f, 0.20002374053001404f,
                                 -0.16623997688293457f, 0.1417882889509201f,  -0.13132230937480927f,
                                 0.1290014237165451f,   -0.07872853428125381f};
// (tanh(x) - x) / x^3 as a polynomial in x^2 for |x| <= 0.55.
static constexpr float kTanh[] = {-0.33333319425582886f, 0.13332602381706238f, -0.05385385826230049f,
                                  0.021077753975987434f, -0.006282466929405928f};
// erf(x) / x - 1 as a polynomial in x^2 for |x| <= 1.
static constexpr float kErf[] = {0.12837916612625122f,   -0.3761262595653534f,  0.11283600330352783f,
                                 -0.026854444295167923f, 0.005189535208046436f, -0.0008020841050893068f,
                                 7.889119297033176e-05f};
// erfc(x) as a polynomial in x - 2.46875 for 1 <= x <= 3.9375, where erf becomes 1.
static constexpr float kErfcEnd = 3.9375f, kErfcMiddle = 2.46875f;
static constexpr float kErfc[] = {0.000480575836263597f,  -0.0025440386962145567f,  0.006282263435423374f,
                                  -0.00949161034077406f,  0.009610180743038654f,    -0.006642477586865425f,
                                  0.002935726661235094f,  -0.0004891348071396351f,  -0.0003688282740768045f,
                                  0.0002972625952679664f, -5.3514333558268845e-05f, -2.4501920051989146e-05f,
                                  9.03490035852883e-06f};

namespace {
/// Writes arithmetic on f32 scalars or on vectors of them.
class Writer {
public:
  /// With `scales`, products with powers of two are left to one instruction.
  Writer(OpBuilder &builder, Location loc, Type type, bool scales)
      : builder(builder), loc(loc), type(type), scales(scales) {}

  Value f(float value) { return constant(type, builder.getF32FloatAttr(value)); }
  Value i(int32_t value) { return constant(intType(), builder.getI32IntegerAttr(value)); }
  Value add(Value a, Value b) { return arith::AddFOp::create(builder, loc, a, b); }
  Value sub(Value a, Value b) { return arith::SubFOp::create(builder, loc, a, b); }
  Value mul(Value a, Value b) { return arith::MulFOp::create(builder, loc, a, b); }
  Value div(Value a, Value b) { return arith::DivFOp::create(builder, loc, a, b); }
  /// a * b + c, rounded once.
  Value fma(Value a, Value b, Value c) { return math::FmaOp::create(builder, loc, a, b, c); }
  Value abs(Value a) { return math::AbsFOp::create(builder, loc, a); }
  Value copySign(Value a, Value sign) { return math::CopySignOp::create(builder, loc, a, sign); }
  Value select(Value condition, Value a, Value b) { return arith::SelectOp::create(builder, loc, condition, a, b); }
  Value compare(arith::CmpFPredicate predicate, Value a, Value b) {
    return arith::CmpFOp::create(builder, loc, predicate, a, b);
  }
  Value less(Value a, Value b) { return compare(arith::CmpFPredicate::OLT, a, b); }
  /// `a` within [lo, hi]; NaN becomes a bound, so that it never reaches a conversion to integer. Written as x86's own
  /// maximum and minimum.
  Value clamp(Value a, float lo, float hi) {
    Value atLeast = select(compare(arith::CmpFPredicate::OGT, a, f(lo)), a, f(lo));
    return select(less(atLeast, f(hi)), atLeast, f(hi));
  }
  Value bits(Value a) { return arith::BitcastOp::create(builder, loc, intType(), a); }
  Value fromBits(Value a) { return arith::BitcastOp::create(builder, loc, type, a); }
  Value toFloat(Value a) { return arith::SIToFPOp::create(builder, loc, type, a); }
  Value addi(Value a, Value b) { return arith::AddIOp::create(builder, loc, a, b); }
  Value subi(Value a, Value b) { return arith::SubIOp::create(builder, loc, a, b); }
  Value andi(Value a, Value b) { return arith::AndIOp::create(builder, loc, a, b); }
  Value shl(Value a, int32_t count) { return arith::ShLIOp::create(builder, loc, a, i(count)); }
  Value shr(Value a, int32_t count) { return arith::ShRSIOp::create(builder, loc, a, i(count)); }

  /// In a tree of neighbouring pairs: one chain of additions and products would keep every later vector waiting.
  Value polynomial(ArrayRef<float> coefficients, Value x) {
    SmallVector<Value> terms = llvm::map_to_vector(coefficients, [&](float c) { return f(c); });
    for (Value power = x;; power = mul(power, power)) {
      // Three terms as a chain: another power would cost more than it saves.
      if (terms.size() == 3)
        terms = {terms[0], fma(terms[2], power, terms[1])};
      for (size_t i = 0; i < terms.size() / 2; ++i)
        terms[i] = fma(terms[2 * i + 1], power, terms[2 * i]);
      if (terms.size() % 2)
        terms[terms.size() / 2] = terms.back();
      terms.truncate((terms.size() + 1) / 2);
      if (terms.size() == 1)
        return terms.front();
    }
  }

  /// x as n ln 2 + r, n an integer, |r| <= ln 2 / 2, for |x| < 2^20.
  struct Reduced {
    Value n, r;
  };
  Reduced reduce(Value x) {
    Value shifted = fma(x, f(kLog2E), f(kRounder));
    Value whole = sub(shifted, f(kRounder));
    Value r = fma(whole, f(-kLn2Low), fma(whole, f(-kLn2High), x));
    return {subi(bits(shifted), bits(f(kRounder))), r};
  }
  /// exp(r) - 1 for |r| <= ln 2 / 2.
  Value smallExpm1(Value r) { return fma(mul(r, r), polynomial(kExp, r), r); }
  /// 2^n for -127 < n < 128.
  Value powerOfTwo(Value n) { return fromBits(shl(addi(n, i(127)), 23)); }

  /// y * 2^n, rounded once, for 1/2 <= y <= 2 and |n| < 160.
  Value scale(Value y, Value n) {
    if (scales)
      return LLVM::CallIntrinsicOp::create(builder, loc, type, builder.getStringAttr("llvm.ldexp"), ValueRange{y, n})
          .getResult(0);
    // In two factors, so that results below the normal range are rounded once and those above become infinite.
    Value half = shr(n, 1);
    return mul(mul(y, powerOfTwo(half)), powerOfTwo(subi(n, half)));
  }

  /// NaN compares with nothing, and so goes through.
  Value exp(Value x) {
    // Where the result is zero, as for masked attention scores, arithmetic on the way would be slow: below the normal
    // range. One instruction leaves out what is not selected.
    Value vanishes = less(x, f(-104.0f));
    Value bounded = select(less(f(89.0f), x), f(89.0f), x);
    Reduced reduced = reduce(scales ? bounded : select(vanishes, f(0.0f), bounded));
    Value y = scale(add(f(1.0f), smallExpm1(reduced.r)), reduced.n);
    return select(vanishes, f(0.0f), y);
  }

  Value expm1(Value x) {
    Reduced reduced = reduce(clamp(x, -26.0f, 80.0f));
    Value scale = powerOfTwo(reduced.n);
    Value y = add(mul(smallExpm1(reduced.r), scale), sub(scale, f(1.0f)));
    // Near zero the scale is one and x itself must come through, with its sign.
    y = select(less(abs(x), f(0.34f)), smallExpm1(x), y);
    return passNan(x, select(less(f(79.0f), x), exp(x), select(compare(arith::CmpFPredicate::OEQ, x, f(0.0f)), x, y)));
  }

  Value log(Value x) {
    Value isTiny = less(x, f(std::numeric_limits<float>::min()));
    Value normal = select(isTiny, mul(x, f(8388608.0f)), x);
    // The mantissa goes to [sqrt(1/2), sqrt(2)): subtracting sqrt(1/2) from the bits carries into the exponent when it
    // should.
    Value offset = subi(bits(normal), i(0x3f3504f3));
    Value exponent = toFloat(subi(shr(offset, 23), select(isTiny, i(23), i(0))));
    Value fraction = sub(fromBits(addi(andi(offset, i(0x007fffff)), i(0x3f3504f3))), f(1.0f));
    Value square = mul(fraction, fraction);
    Value tail = add(mul(mul(fraction, square), polynomial(kLog, fraction)), mul(exponent, f(kLn2Low)));
    tail = sub(tail, mul(f(0.5f), square));
    Value y = add(add(fraction, tail), mul(exponent, f(kLn2High)));
    float infinity = std::numeric_limits<float>::infinity();
    y = select(less(x, f(infinity)), y, x);
    y = select(less(x, f(0.0f)), f(std::numeric_limits<float>::quiet_NaN()), y);
    y = select(compare(arith::CmpFPredicate::OEQ, x, f(0.0f)), f(-infinity), y);
    return passNan(x, y);
  }

  Value log1p(Value x) {
    // What 1 + x loses in rounding comes back as the derivative times the loss.
    Value u = add(f(1.0f), x);
    Value lost = div(sub(x, sub(u, f(1.0f))), u);
    Value y = add(log(u), lost);
    Value isEdge = compare(arith::CmpFPredicate::OEQ, abs(u), f(std::numeric_limits<float>::infinity()));
    y = select(isEdge, log(u), y);
    y = select(compare(arith::CmpFPredicate::OEQ, u, f(0.0f)), f(-std::numeric_limits<float>::infinity()), y);
    return select(compare(arith::CmpFPredicate::OEQ, x, f(0.0f)), x, y);
  }

  Value tanh(Value x) {
    Value square = mul(x, x);
    Value small = fma(mul(x, square), polynomial(kTanh, square), x);
    Value e = exp(mul(clamp(abs(x), 0.0f, 10.0f), f(2.0f)));
    Value large = sub(f(1.0f), div(f(2.0f), add(e, f(1.0f))));
    // Both halves are odd; -0 would else come out as 0.
    return passNan(x, copySign(select(less(abs(x), f(0.55f)), small, large), x));
  }

  Value erf(Value x) {
    Value square = mul(x, x);
    Value small = fma(x, polynomial(kErf, square), x);
    // NaN is not above the end and not below one, and goes through the second polynomial.
    Value bounded = select(less(f(kErfcEnd), abs(x)), f(kErfcEnd), abs(x));
    Value large = sub(f(1.0f), polynomial(kErfc, sub(bounded, f(kErfcMiddle))));
    return select(less(abs(x), f(1.0f)), small, copySign(large, x));
  }

private:
  Type intType() {
    Type i32 = builder.getI32Type();
    auto vector = dyn_cast<VectorType>(type);
    return vector ? Type(vector.clone(i32)) : i32;
  }
  Value constant(Type of, TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(of))
      value = DenseElementsAttr::get(vector, Attribute(value));
    return arith::ConstantOp::create(builder, loc, value);
  }
  Value passNan(Value x, Value y) { return select(compare(arith::CmpFPredicate::UNO, x, x), x, y); }

  OpBuilder &builder;
  Location loc;
  Type type;
  bool scales;
};

/// Replaces a function of one f32 (or of a shorter float, through f32) by the arithmetic that `Expand` writes.
template <typename OpTy, Value (Writer::*Expand)(Value)> struct ExpandUnary : public OpRewritePattern<OpTy> {
  ExpandUnary(MLIRContext *context, bool scales) : OpRewritePattern<OpTy>(context), scales(scales) {}

  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    Type type = op.getType(), element = getElementTypeOrSelf(type);
    if (!element.isF32() && !element.isF16() && !element.isBF16())
      return rewriter.notifyMatchFailure(op, "expected elements of at most 32 bits");
    Location loc = op.getLoc();
    Type f32 = rewriter.getF32Type();
    if (auto vector = dyn_cast<VectorType>(type))
      f32 = vector.clone(f32);
    Value x = op.getOperand();
    if (type != f32)
      x = arith::ExtFOp::create(rewriter, loc, f32, x);
    Value y = (Writer(rewriter, loc, f32, scales).*Expand)(x);
    if (type != f32)
      y = arith::TruncFOp::create(rewriter, loc, type, y);
    rewriter.replaceOp(op, y);
    return success();
  }

  bool scales;
};

/// The reciprocal square root has no function in the C library.
struct ExpandRsqrt : public OpRewritePattern<math::RsqrtOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::RsqrtOp op, PatternRewriter &rewriter) const override {
    TypedAttr one = rewriter.getFloatAttr(getElementTypeOrSelf(op.getType()), 1.0);
    if (auto vector = dyn_cast<VectorType>(op.getType()))
      one = DenseElementsAttr::get(vector, Attribute(one));
    Value numerator = arith::ConstantOp::create(rewriter, op.getLoc(), one);
    Value root = math::SqrtOp::create(rewriter, op.getLoc(), op.getOperand());
    rewriter.replaceOpWithNewOp<arith::DivFOp>(op, numerator, root);
    return success();
  }
};

/// x to the power of 2 is x * x, correctly rounded, and vectorizes.
struct ExpandSquare : public OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::PowFOp op, PatternRewriter &rewriter) const override {
    FloatAttr exponent;
    DenseFPElementsAttr splat;
    bool isTwo = matchPattern(op.getRhs(), m_Constant(&exponent)) && exponent.getValue().isExactlyValue(2.0);
    if (matchPattern(op.getRhs(), m_Constant(&splat)) && splat.isSplat())
      isTwo = splat.getSplatValue<APFloat>().isExactlyValue(2.0);
    if (!isTwo)
      return rewriter.notifyMatchFailure(op, "expected the exponent 2");
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, op.getLhs(), op.getLhs());
    return success();
  }
};

struct ExpandMath : public qnn::impl::ExpandMathPassBase<ExpandMath> {
  using ExpandMathPassBase::ExpandMathPassBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandUnary<math::ExpOp, &Writer::exp>, ExpandUnary<math::ExpM1Op, &Writer::expm1>,
                 ExpandUnary<math::LogOp, &Writer::log>, ExpandUnary<math::Log1pOp, &Writer::log1p>,
                 ExpandUnary<math::TanhOp, &Writer::tanh>, ExpandUnary<math::ErfOp, &Writer::erf>>(&getContext(),
                                                                                                   scaling);
    patterns.add<ExpandRsqrt, ExpandSquare>(&getContext());
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace
