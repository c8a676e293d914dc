//===- Homogeneity.cpp - What a positive factor does to the body of an elementwise operation ----------------------===//
#include "Homogeneity.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// A scalar of the body as a function of the factor s on all activations.
enum class Degree {
  Unknown,
  Any,      ///< zero or infinite: s times itself
  Constant, ///< known at compile time and not computed, so that it can be multiplied by s if need be
  Invariant,
  Linear, ///< s times what it was
};

class BodyAnalysis {
public:
  /// With a factor on one activation if `only` is given, else on all.
  BodyAnalysis(linalg::LinalgOp op, const QuantRule &rule, OpOperand *only = nullptr) : op(op) {
    for (OpOperand *input : rule.inputs) {
      Value scalar = op.getMatchingBlockArgument(input);
      bool isConstantTensor = isa<RankedTensorType>(input->get().getType()) && isConstantValue(input->get());
      bool isScaled = only ? input == only : llvm::is_contained(rule.activations, input);
      degrees[scalar] = isScaled                                       ? Degree::Linear
                        : isConstantTensor && scalar.getType().isF32() ? Degree::Constant
                                                                       : Degree::Invariant;
    }
    for (Operation &bodyOp : op.getBlock()->without_terminator()) {
      for (Value operand : bodyOp.getOperands())
        classifyConstant(operand);
      if (bodyOp.getNumResults() != 1 || !visit(bodyOp)) {
        reason = ("its '" + bodyOp.getName().getStringRef() + "' is not positively homogeneous").str();
        return;
      }
    }
    Value yielded = op.getBlock()->getTerminator()->getOperand(0);
    if (degrees.lookup(yielded) != Degree::Linear)
      reason = "its result does not scale with its activations";
    else if (llvm::any_of(scaled, [&](Value constant) { return plain.contains(constant); }))
      reason = "one of its constants is a factor and a summand at once";
  }

  std::string reason;
  llvm::SetVector<Value> scaled; // constants that take the factor

private:
  void classifyConstant(Value value) {
    FloatAttr attr;
    if (degrees.count(value) || !matchPattern(value, m_Constant(&attr)))
      return;
    APFloat number = attr.getValue();
    degrees[value] = number.isZero() || number.isInfinity() ? Degree::Any : Degree::Constant;
  }

  bool isLinear(Value value) { return degrees.lookup(value) == Degree::Linear; }

  /// Makes all values scale with the factor, if they can.
  bool scaleAll(ValueRange values) {
    for (Value value : values) {
      Degree degree = degrees.lookup(value);
      if (degree == Degree::Constant)
        scaled.insert(value);
      else if (degree != Degree::Linear && degree != Degree::Any)
        return false;
    }
    return true;
  }

  bool keepAll(ValueRange values) {
    if (llvm::any_of(values, [&](Value value) { return isLinear(value); }))
      return false;
    plain.insert(values.begin(), values.end());
    return true;
  }

  bool visit(Operation &bodyOp) {
    Degree &result = degrees[bodyOp.getResult(0)];
    ValueRange operands = bodyOp.getOperands();
    if (llvm::none_of(operands, [&](Value operand) { return isLinear(operand); })) {
      if (!bodyOp.hasTrait<OpTrait::ConstantLike>()) {
        result = Degree::Invariant;
        plain.insert(operands.begin(), operands.end());
      } else {
        degrees.erase(bodyOp.getResult(0));
        classifyConstant(bodyOp.getResult(0));
      }
      return true;
    }
    result = Degree::Linear;
    if (isa<arith::AddFOp, arith::SubFOp, arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp,
            arith::NegFOp>(bodyOp))
      return scaleAll(operands);
    if (isa<arith::MulFOp>(bodyOp))
      return keepAll(operands[isLinear(operands[0]) ? 1 : 0]);
    if (isa<arith::DivFOp>(bodyOp))
      return keepAll(operands[1]);
    if (isa<arith::SelectOp>(bodyOp))
      return keepAll(operands[0]) && scaleAll(operands.drop_front());
    if (isa<arith::CmpFOp>(bodyOp)) {
      degrees[bodyOp.getResult(0)] = Degree::Invariant;
      return scaleAll(operands);
    }
    return false;
  }

  linalg::LinalgOp op;
  DenseMap<Value, Degree> degrees;
  llvm::SmallDenseSet<Value> plain; // used where a factor would change the meaning
};

} // namespace

/// The factor on all activations or, where it comes to nothing, on the first one that is read element by element.
static BodyAnalysis analyze(linalg::LinalgOp op, const QuantRule &rule, OpOperand *&only) {
  BodyAnalysis all(op, rule);
  if (all.reason.empty() || rule.activations.size() < 2)
    return all;
  for (auto [input, map] : llvm::zip(rule.inputs, rule.maps)) {
    if (!map.isIdentity() || !llvm::is_contained(rule.activations, input))
      continue;
    BodyAnalysis one(op, rule, input);
    if (one.reason.empty()) {
      only = input;
      return one;
    }
  }
  return all;
}

/// max(x, 0), or x where it is not negative and anything else elsewhere, in the canonical spelling.
static bool isIdentityAboveZero(linalg::LinalgOp op, const QuantRule &rule) {
  if (rule.inputs.size() != 1 || rule.activations.size() != 1)
    return false;
  Value x = op.getMatchingBlockArgument(rule.activations.front());
  Operation *last = op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  if (auto maximum = dyn_cast_or_null<arith::MaximumFOp>(last))
    return maximum.getLhs() == x && matchPattern(maximum.getRhs(), m_AnyZeroFloat());
  auto select = dyn_cast_or_null<arith::SelectOp>(last);
  auto compare = select ? select.getCondition().getDefiningOp<arith::CmpFOp>() : arith::CmpFOp();
  return compare && select.getTrueValue() == x && compare.getPredicate() == arith::CmpFPredicate::OGE &&
         compare.getLhs() == x && matchPattern(compare.getRhs(), m_AnyZeroFloat());
}

Homogeneity qnn::getHomogeneity(linalg::LinalgOp op, const QuantRule &rule) {
  if (rule.role != QuantRole::Elementwise)
    return Homogeneity::refuse("it is not elementwise");
  OpOperand *only = nullptr;
  BodyAnalysis analysis = analyze(op, rule, only);
  if (!analysis.reason.empty())
    return Homogeneity::refuse(analysis.reason);
  Homogeneity result;
  for (OpOperand *activation : rule.activations)
    if (only && activation != only)
      result.invariant.push_back(activation);
  for (Value constant : analysis.scaled) {
    auto argument = dyn_cast<BlockArgument>(constant);
    if (argument && argument.getOwner() == op.getBlock())
      result.scaled.push_back(op.getDpsInputOperand(argument.getArgNumber()));
    else
      result.scalesBody = true;
  }
  result.isIdentityAboveZero = isIdentityAboveZero(op, rule);
  if (rule.inputs.size() == 2 && rule.activations.size() == 1 &&
      llvm::hasSingleElement(op.getBlock()->without_terminator()) && isa<arith::MulFOp>(op.getBlock()->front())) {
    OpOperand *other = rule.inputs[rule.inputs.front() == rule.activations.front() ? 1 : 0];
    if (isa<RankedTensorType>(other->get().getType()) && isConstantValue(other->get()))
      result.multiplier = other;
  }
  return result;
}

Operation *qnn::cloneWithFactors(linalg::LinalgOp op, const QuantRule &rule, OpBuilder &builder,
                                 ArrayRef<float> factors, ArrayRef<int64_t> dims) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> exprs;
  for (int64_t dim : dims) {
    shape.push_back(type.getDimSize(dim));
    exprs.push_back(builder.getAffineDimExpr(dim));
  }
  AffineMap map = AffineMap::get(type.getRank(), 0, exprs, builder.getContext());

  OpOperand *only = nullptr;
  BodyAnalysis analysis = analyze(op, rule, only);
  SmallVector<Value> inputs(op.getDpsInputs()), lifted;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  for (Value constant : analysis.scaled) {
    FloatAttr attr;
    if (isa<BlockArgument>(constant) || !matchPattern(constant, m_Constant(&attr)))
      continue;
    std::vector<float> numbers;
    for (float factor : factors)
      numbers.push_back(attr.getValue().convertToFloat() * factor);
    maps.insert(maps.begin() + inputs.size(), map);
    inputs.push_back(
        createConstant<float>(builder, loc, RankedTensorType::get(shape, builder.getF32Type()), numbers, "bound"));
    lifted.push_back(constant);
  }
  unsigned numKept = op.getNumDpsInputs();
  return linalg::GenericOp::create(builder, loc, type, inputs, op.getDpsInits(), maps, op.getIteratorTypesArray(),
                                   [&](OpBuilder &b, Location, ValueRange args) {
                                     IRMapping mapping;
                                     for (auto [i, argument] : llvm::enumerate(op.getBlock()->getArguments()))
                                       mapping.map(argument, i < numKept ? args[i] : args.back());
                                     mapping.map(lifted, args.slice(numKept, lifted.size()));
                                     for (Operation &bodyOp : *op.getBlock())
                                       if (bodyOp.getNumResults() != 1 || !mapping.contains(bodyOp.getResult(0)))
                                         b.clone(bodyOp, mapping);
                                   });
}
