//===- CanonicalizeActivations.cpp - One spelling for each activation ---------------------------------------------===//
#include "Relayout.h"
#include "quant-opt/Normalize/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_CANONICALIZEACTIVATIONSPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

static bool isInBody(Operation *op) { return isa_and_nonnull<linalg::GenericOp>(op->getParentOp()); }

/// The f32 (f16, f64) constant that `value` is.
static std::optional<APFloat> getFloat(Value value) {
  FloatAttr attr;
  if (!matchPattern(value, m_Constant(&attr)))
    return std::nullopt;
  return attr.getValue();
}

static bool isZero(Value value) {
  std::optional<APFloat> number = getFloat(value);
  return number && number->isZero();
}

/// The slope `a` if `value` is `x * a` or `a * x`; `x` itself stands for no match.
static Value matchSlope(Value value, Value x) {
  auto product = value.getDefiningOp<arith::MulFOp>();
  if (product && product.getLhs() == x)
    return product.getRhs();
  return product && product.getRhs() == x ? product.getLhs() : Value();
}

namespace {
/// `x op constant` for `constant op x`.
template <typename Op> struct ConstantToTheRight : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!isInBody(op))
      return rewriter.notifyMatchFailure(op, "not in the body of a linalg.generic");
    if (!getFloat(op.getLhs()) || getFloat(op.getRhs()))
      return rewriter.notifyMatchFailure(op, "no constant on the left alone");
    rewriter.replaceOpWithNewOp<Op>(op, op.getRhs(), op.getLhs());
    return success();
  }
};

/// The number-preferring minimum and maximum differ from the propagating ones for NaN alone.
template <typename From, typename To> struct PropagateNaN : OpRewritePattern<From> {
  using OpRewritePattern<From>::OpRewritePattern;
  LogicalResult matchAndRewrite(From op, PatternRewriter &rewriter) const override {
    if (!isInBody(op))
      return rewriter.notifyMatchFailure(op, "not in the body of a linalg.generic");
    if (!getFloat(op.getLhs()) && !getFloat(op.getRhs()))
      return rewriter.notifyMatchFailure(op, "no constant bound");
    rewriter.replaceOpWithNewOp<To>(op, op.getLhs(), op.getRhs());
    return success();
  }
};

/// `max(min(x, hi), lo)` with lo <= hi is `min(max(x, lo), hi)`.
struct ClipFromBelowFirst : OpRewritePattern<arith::MaximumFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::MaximumFOp op, PatternRewriter &rewriter) const override {
    auto minimum = op.getLhs().getDefiningOp<arith::MinimumFOp>();
    if (!isInBody(op) || !minimum || !minimum->hasOneUse())
      return rewriter.notifyMatchFailure(op, "not the maximum of a minimum that nothing else uses");
    std::optional<APFloat> lo = getFloat(op.getRhs()), hi = getFloat(minimum.getRhs());
    if (!lo || !hi || *lo > *hi || lo->isNaN() || hi->isNaN())
      return rewriter.notifyMatchFailure(op, "the bounds are not constants in order");
    Value maximum = arith::MaximumFOp::create(rewriter, op.getLoc(), minimum.getLhs(), op.getRhs());
    rewriter.replaceOpWithNewOp<arith::MinimumFOp>(op, maximum, minimum.getRhs());
    return success();
  }
};

/// A choice between x and a bound by comparing them is a minimum or maximum; one between x and x * a by comparing x
/// with zero is a leaky relu.
struct SelectByComparison : OpRewritePattern<arith::SelectOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::SelectOp op, PatternRewriter &rewriter) const override {
    auto compare = op.getCondition().getDefiningOp<arith::CmpFOp>();
    if (!isInBody(op) || !compare)
      return rewriter.notifyMatchFailure(op, "not a choice by a comparison of floats");
    Value x = compare.getLhs(), bound = compare.getRhs();
    arith::CmpFPredicate predicate = compare.getPredicate();
    bool greater = llvm::is_contained(
        {arith::CmpFPredicate::OGT, arith::CmpFPredicate::OGE, arith::CmpFPredicate::UGT, arith::CmpFPredicate::UGE},
        predicate);
    bool less = llvm::is_contained(
        {arith::CmpFPredicate::OLT, arith::CmpFPredicate::OLE, arith::CmpFPredicate::ULT, arith::CmpFPredicate::ULE},
        predicate);
    if (!greater && !less)
      return rewriter.notifyMatchFailure(op, "the comparison is not an order");
    if (getFloat(x) && !getFloat(bound)) {
      std::swap(x, bound);
      std::swap(greater, less);
    }
    if (!getFloat(bound))
      return rewriter.notifyMatchFailure(op, "no constant bound");
    Value above = greater ? op.getTrueValue() : op.getFalseValue();
    Value below = greater ? op.getFalseValue() : op.getTrueValue();

    auto isBound = [&](Value value) {
      std::optional<APFloat> a = getFloat(value), b = getFloat(bound);
      return a && (a->bitwiseIsEqual(*b) || (a->isZero() && b->isZero()));
    };
    if (above == x && isBound(below)) {
      rewriter.replaceOpWithNewOp<arith::MaximumFOp>(op, x, bound);
      return success();
    }
    if (below == x && isBound(above)) {
      rewriter.replaceOpWithNewOp<arith::MinimumFOp>(op, x, bound);
      return success();
    }
    if (!isZero(bound) || above != x || !matchSlope(below, x))
      return rewriter.notifyMatchFailure(op, "neither a minimum, a maximum nor a leaky relu");
    if (predicate == arith::CmpFPredicate::OGE && compare.getLhs() == x && op.getTrueValue() == x)
      return rewriter.notifyMatchFailure(op, "already canonical");
    Value condition = arith::CmpFOp::create(rewriter, op.getLoc(), arith::CmpFPredicate::OGE, x, bound);
    rewriter.replaceOpWithNewOp<arith::SelectOp>(op, condition, x, below);
    return success();
  }
};

/// `max(x, x * a)` with 0 < a < 1 is a leaky relu.
struct LeakyReluByMaximum : OpRewritePattern<arith::MaximumFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::MaximumFOp op, PatternRewriter &rewriter) const override {
    if (!isInBody(op))
      return rewriter.notifyMatchFailure(op, "not in the body of a linalg.generic");
    Value x = op.getLhs(), scaled = op.getRhs();
    if (!matchSlope(scaled, x))
      std::swap(x, scaled);
    Value slope = matchSlope(scaled, x);
    std::optional<APFloat> a = slope ? getFloat(slope) : std::nullopt;
    if (!a || a->isNaN() || a->isNegative() || a->isZero() || !(*a < APFloat::getOne(a->getSemantics())))
      return rewriter.notifyMatchFailure(op, "no slope between 0 and 1");
    Value zero = arith::ConstantOp::create(rewriter, op.getLoc(), rewriter.getZeroAttr(x.getType()));
    Value condition = arith::CmpFOp::create(rewriter, op.getLoc(), arith::CmpFPredicate::OGE, x, zero);
    rewriter.replaceOpWithNewOp<arith::SelectOp>(op, condition, x, scaled);
    return success();
  }
};

/// Constants of one value move from a generic's operands, and from outside its region, into its body.
struct InlineScalars : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::GenericOp op, PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "works on buffers");
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    SmallVector<std::pair<unsigned, TypedAttr>> scalars;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      // A vector with one channel stays a vector: its map moves with a loop. So does the weight of a contraction.
      AffineMap map = op.getMatchingIndexingMap(operand);
      bool movesWithLoop = llvm::any_of(map.getResults(), [](AffineExpr e) { return !isa<AffineConstantExpr>(e); });
      if (TypedAttr scalar = movesWithLoop ? TypedAttr() : getScalar(operand->get())) {
        scalars.push_back({operand->getOperandNumber(), scalar});
        continue;
      }
      inputs.push_back(operand->get());
      maps.push_back(map);
    }
    SetVector<Value> captured = getCapturedConstants(op);
    if (scalars.empty() && captured.empty())
      return rewriter.notifyMatchFailure(op, "no constant scalar operand");

    Block *body = op.getBody();
    rewriter.startOpModification(op);
    rewriter.setInsertionPointToStart(body);
    for (Value value : captured) {
      Operation *inner = rewriter.clone(*value.getDefiningOp());
      rewriter.replaceUsesWithIf(value, inner->getResult(0),
                                 [&](OpOperand &use) { return use.getOwner()->getBlock() == body; });
    }
    for (auto &[number, scalar] : scalars)
      rewriter.replaceAllUsesWith(body->getArgument(number), arith::ConstantOp::create(rewriter, op.getLoc(), scalar));
    for (auto &[number, scalar] : llvm::reverse(scalars))
      body->eraseArgument(number);
    for (OpOperand &init : op.getDpsInitsMutable())
      maps.push_back(op.getMatchingIndexingMap(&init));
    op.getInputsMutable().assign(inputs);
    op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    rewriter.finalizeOpModification(op);
    return success();
  }

  /// The constant that the scalar `value` has, or all elements of the tensor `value`.
  static TypedAttr getScalar(Value value) {
    if (!isa<ShapedType>(value.getType())) {
      TypedAttr attr;
      return matchPattern(value, m_Constant(&attr)) ? attr : TypedAttr();
    }
    ElementsAttr attr = getConstantBehindReshapes(value);
    if (auto splat = dyn_cast_if_present<SplatElementsAttr>(attr))
      return dyn_cast<TypedAttr>(splat.getSplatValue<Attribute>());
    return {};
  }

  static SetVector<Value> getCapturedConstants(linalg::GenericOp op) {
    SetVector<Value> captured;
    for (Operation &inner : *op.getBody())
      for (Value operand : inner.getOperands())
        if (Operation *def = operand.getDefiningOp(); def && def->getBlock() != op.getBody() &&
                                                      def->hasTrait<OpTrait::ConstantLike>() &&
                                                      !isa<ShapedType>(operand.getType()))
          captured.insert(operand);
    return captured;
  }
};

struct CanonicalizeActivationsPass : public qnn::impl::CanonicalizeActivationsPassBase<CanonicalizeActivationsPass> {
  using CanonicalizeActivationsPassBase::CanonicalizeActivationsPassBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ConstantToTheRight<arith::MaximumFOp>, ConstantToTheRight<arith::MinimumFOp>,
                 ConstantToTheRight<arith::AddFOp>, ConstantToTheRight<arith::MulFOp>,
                 PropagateNaN<arith::MaxNumFOp, arith::MaximumFOp>, PropagateNaN<arith::MinNumFOp, arith::MinimumFOp>,
                 ClipFromBelowFirst, SelectByComparison, LeakyReluByMaximum, InlineScalars>(&getContext());
    // Without folding and region simplification: constants would be hoisted out of the bodies again.
    GreedyRewriteConfig config;
    config.enableFolding(false).enableConstantCSE(false).setRegionSimplificationLevel(
        GreedySimplifyRegionLevel::Disabled);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
  }
};
} // namespace
