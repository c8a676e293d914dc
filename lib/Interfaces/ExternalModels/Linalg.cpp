//===- Linalg.cpp - QuantizableOpInterface for linalg, derived from maps, iterator types and bodies ---------------===//
#include "Homogeneity.h"
#include "Positions.h"
#include "quant-opt/Interfaces/QuantizableOpInterface.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// What a body does with its reduction: `acc = op(acc, value)`.
struct Reduction {
  Operation *op;
  Value value;
};

/// The scalar that fills every element of `init`, if one known at compile time does.
std::optional<APFloat> getFilledValue(Value init) {
  APFloat value(0.0f);
  if (matchPattern(init, m_ConstantFloat(&value)))
    return value;
  Operation *op = init.getDefiningOp();
  Value scalar;
  if (auto fill = dyn_cast_or_null<linalg::FillOp>(op))
    scalar = fill.value();
  else if (auto generic = dyn_cast_or_null<linalg::GenericOp>(op))
    scalar = linalg::isaFillOpInterface(generic).value_or(Value());
  if (scalar && matchPattern(scalar, m_ConstantFloat(&value)))
    return value;
  return std::nullopt;
}

std::optional<Reduction> getReduction(linalg::LinalgOp op) {
  Block *body = op.getBlock();
  BlockArgument acc = body->getArguments().back();
  Operation *combiner = body->getTerminator()->getOperand(0).getDefiningOp();
  if (!combiner || combiner->getNumOperands() != 2 || !acc.hasOneUse() || *acc.user_begin() != combiner)
    return std::nullopt;
  return Reduction{combiner, combiner->getOperand(combiner->getOperand(0) == acc ? 1 : 0)};
}

/// The operand that a block argument of the body stands for, or null.
OpOperand *getInput(linalg::LinalgOp op, Value scalar) {
  auto arg = dyn_cast<BlockArgument>(scalar);
  if (!arg || arg.getOwner() != op.getBlock() || arg.getArgNumber() >= static_cast<unsigned>(op.getNumDpsInputs()))
    return nullptr;
  return op.getDpsInputOperand(arg.getArgNumber());
}

/// A body `tensor.extract` from a tensor outside, yielded as it is: a gather.
OpOperand *getGatheredTensor(linalg::LinalgOp op) {
  auto extract = op.getBlock()->getTerminator()->getOperand(0).getDefiningOp<tensor::ExtractOp>();
  if (!extract || extract->getBlock() != op.getBlock() ||
      op->isProperAncestor(extract.getTensor().getParentBlock()->getParentOp()))
    return nullptr;
  Operation *source = extract.getTensor().getDefiningOp();
  if (source && op->isAncestor(source))
    return nullptr;
  return &extract.getTensorMutable();
}

QuantRule stayFloat(const Twine &reason) {
  QuantRule rule;
  rule.reason = reason.str();
  return rule;
}

bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getElementType().isF32() && tensor.hasStaticShape();
}

/// Fills in the operands and loops of a sum of products.
QuantRule getContractionRule(linalg::LinalgOp op, OpOperand *lhs, OpOperand *rhs) {
  QuantRule rule;
  auto isWeight = [&](OpOperand *operand) {
    return isConstantValue(operand->get()) && op.getMatchingIndexingMap(operand).isProjectedPermutation();
  };
  if (isWeight(lhs) && !isWeight(rhs))
    std::swap(lhs, rhs);
  if (isWeight(lhs))
    return rule; // Both constant: folding is Normalize's business.
  if (!isFloatTensor(lhs->get().getType()) || !isFloatTensor(rhs->get().getType()))
    return stayFloat("its operands are not f32 tensors of static shape");
  rule.role = QuantRole::Contraction;
  rule.activations.push_back(lhs);
  if (isWeight(rhs))
    rule.weight = rhs;
  else
    rule.activations.push_back(rhs);
  rule.maps = {op.getMatchingIndexingMap(lhs), op.getMatchingIndexingMap(rhs)};
  return rule;
}

QuantRule getReductionRule(linalg::LinalgOp op) {
  std::optional<Reduction> reduction = getReduction(op);
  if (!reduction)
    return stayFloat("its reduction is not of the form acc = f(acc, value)");
  std::optional<APFloat> init = getFilledValue(op.getDpsInitOperand(0)->get());
  AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!resultMap.isProjectedPermutation())
    return stayFloat("its result is not indexed by loops alone");

  QuantRule rule;
  auto product = reduction->value.getDefiningOp<arith::MulFOp>();
  OpOperand *input = getInput(op, reduction->value);
  if (isa<arith::AddFOp>(reduction->op) && (product || input)) {
    if (!init || !init->isZero())
      return stayFloat("its accumulator does not start from a zero fill");
    if (product) {
      OpOperand *lhs = getInput(op, product.getLhs()), *rhs = getInput(op, product.getRhs());
      if (!lhs || !rhs)
        return stayFloat("its products are not of two operands' elements");
      if (op.getNumDpsInputs() != 2 || lhs == rhs)
        return stayFloat("its products are not of two operands' elements");
      rule = getContractionRule(op, lhs, rhs);
      if (rule.isFloat())
        return rule;
    } else {
      if (!isFloatTensor(input->get().getType()))
        return stayFloat("its operand is not an f32 tensor of static shape");
      rule.role = QuantRole::LinearReduction;
      rule.activations.push_back(input);
      rule.maps = {op.getMatchingIndexingMap(input)};
    }
  } else if (isa<arith::MaximumFOp, arith::MaxNumFOp, arith::MinimumFOp, arith::MinNumFOp>(reduction->op) && input) {
    bool isMax = isa<arith::MaximumFOp, arith::MaxNumFOp>(reduction->op);
    if (!init || !(init->isInfinity() || init->isLargest()) || init->isNegative() != isMax)
      return stayFloat(Twine("its ") + (isMax ? "maximum" : "minimum") + " does not start from the neutral element");
    if (!isFloatTensor(input->get().getType()))
      return stayFloat("its operand is not an f32 tensor of static shape");
    rule.role = QuantRole::ValuePreserving;
    rule.activations.push_back(input);
    return rule;
  } else {
    return stayFloat("its reduction is neither a sum, a sum of products, a maximum nor a minimum");
  }

  for (OpOperand *operand : op.getDpsInputOperands())
    if (!llvm::is_contained(rule.activations, operand) && operand != rule.weight) {
      if (!op.getMatchingBlockArgument(operand).use_empty())
        return stayFloat("it reads an operand that is neither activation nor weight");
      rule.windows.push_back(operand->get());
      rule.maps.push_back(op.getMatchingIndexingMap(operand));
    }
  rule.maps.push_back(resultMap);
  rule.iterators = op.getIteratorTypesArray();
  return rule;
}

QuantRule getParallelRule(linalg::LinalgOp op) {
  QuantRule rule;
  Block *body = op.getBlock();
  AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!body->getArguments().back().use_empty())
    return stayFloat("it reads its initial result");
  Value yielded = body->getTerminator()->getOperand(0);
  if (OpOperand *moved = getInput(op, yielded)) {
    if (!isa<RankedTensorType>(moved->get().getType()))
      return rule; // A fill.
    if (!resultMap.isPermutation())
      return stayFloat("its result is not indexed by loops alone");
    rule.role = QuantRole::ValuePreserving;
    rule.activations.push_back(moved);
    return rule;
  }
  if (OpOperand *gathered = getGatheredTensor(op)) {
    rule.role = QuantRole::ValuePreserving;
    rule.activations.push_back(gathered);
    return rule;
  }
  if (!resultMap.isIdentity())
    return stayFloat("its result is not indexed by its loops in order");
  for (Operation &bodyOp : body->without_terminator())
    if (!isPure(&bodyOp) || bodyOp.getNumRegions() || isa<tensor::ExtractOp>(bodyOp))
      return stayFloat("its body is not scalar arithmetic");
  for (OpOperand *operand : op.getDpsInputOperands()) {
    if (op.getMatchingBlockArgument(operand).use_empty())
      continue;
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (!map.isProjectedPermutation())
      return stayFloat("it reads an operand by more than its loops");
    rule.inputs.push_back(operand);
    rule.maps.push_back(map);
    if (isFloatTensor(operand->get().getType()) && !isConstantValue(operand->get()))
      rule.activations.push_back(operand);
  }
  if (rule.activations.empty())
    return QuantRule();
  rule.maps.push_back(resultMap);
  rule.iterators = op.getIteratorTypesArray();
  rule.role = QuantRole::Elementwise;
  return rule;
}

QuantRule getLinalgRule(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1)
    return stayFloat("it does not make one tensor");
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
  if (!resultType.getElementType().isF32())
    return QuantRule();
  if (!resultType.hasStaticShape())
    return stayFloat("its shape is not static");
  if (op.getNumReductionLoops() != 0)
    return getReductionRule(op);
  return getParallelRule(op);
}

/// Clones the body of a gather, whose extracted tensor becomes `tensor`.
Value cloneGatherBody(OpBuilder &builder, linalg::LinalgOp op, Value tensor, ValueRange args) {
  IRMapping mapping;
  mapping.map(op.getBlock()->getArguments().drop_back(), args.drop_back());
  for (Operation &bodyOp : op.getBlock()->without_terminator()) {
    if (auto extract = dyn_cast<tensor::ExtractOp>(bodyOp)) {
      if (extract.getResult() == op.getBlock()->getTerminator()->getOperand(0)) {
        SmallVector<Value> indices =
            llvm::map_to_vector(extract.getIndices(), [&](Value index) { return mapping.lookupOrDefault(index); });
        return tensor::ExtractOp::create(builder, extract.getLoc(), tensor, indices);
      }
    }
    builder.clone(bodyOp, mapping);
  }
  return Value();
}

Value cloneLinalgOnStorage(linalg::LinalgOp op, OpBuilder &builder, ValueRange operands, const StorageKind &storage) {
  Location loc = op.getLoc();
  Type element = getElementTypeOrSelf(operands.front().getType());
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType()).clone(element);
  bool isFloat = isa<FloatType>(element);
  OpOperand *gathered = op.getNumReductionLoops() == 0 ? getGatheredTensor(op) : nullptr;
  SmallVector<Value> inputs;
  OpOperand *replaced = gathered ? nullptr : getLinalgRule(op).activations.front();
  for (OpOperand *operand : op.getDpsInputOperands())
    inputs.push_back(operand == replaced ? operands.front() : operand->get());
  unsigned position = replaced ? replaced->getOperandNumber() : 0;

  Value init = tensor::EmptyOp::create(builder, loc, resultType.getShape(), resultType.getElementType());
  bool isMax = false, isReduction = op.getNumReductionLoops() != 0;
  if (isReduction) {
    isMax = isa<arith::MaximumFOp, arith::MaxNumFOp>(getReduction(op)->op);
    TypedAttr least;
    if (isFloat)
      least = FloatAttr::get(element, APFloat::getInf(cast<FloatType>(element).getFloatSemantics(), isMax));
    else
      least = IntegerAttr::get(element, APInt(storage.width, isMax ? storage.min : storage.max, /*isSigned=*/true,
                                              /*implicitTrunc=*/true));
    Value neutral = arith::ConstantOp::create(builder, loc, least);
    init = linalg::FillOp::create(builder, loc, neutral, init).getResult(0);
  }
  auto generic = linalg::GenericOp::create(
      builder, loc, resultType, inputs, init, op.getIndexingMapsArray(), op.getIteratorTypesArray(),
      [&](OpBuilder &b, Location bodyLoc, ValueRange args) {
        Value result;
        if (gathered) {
          result = cloneGatherBody(b, op, operands.front(), args);
        } else if (!isReduction) {
          result = args[position];
        } else if (isFloat) {
          result = isMax ? arith::MaximumFOp::create(b, bodyLoc, args.back(), args[position]).getResult()
                         : arith::MinimumFOp::create(b, bodyLoc, args.back(), args[position]).getResult();
        } else if (isMax) {
          result = storage.isUnsigned ? arith::MaxUIOp::create(b, bodyLoc, args.back(), args[position]).getResult()
                                      : arith::MaxSIOp::create(b, bodyLoc, args.back(), args[position]).getResult();
        } else {
          result = storage.isUnsigned ? arith::MinUIOp::create(b, bodyLoc, args.back(), args[position]).getResult()
                                      : arith::MinSIOp::create(b, bodyLoc, args.back(), args[position]).getResult();
        }
        linalg::YieldOp::create(b, bodyLoc, result);
      });
  return generic.getResult(0);
}

/// The position each element comes from, for a body that yields an input's element.
std::optional<std::vector<int64_t>> getMovedElements(linalg::LinalgOp op) {
  QuantRule rule = getLinalgRule(op);
  if (rule.role != QuantRole::ValuePreserving || op.getNumReductionLoops() != 0 || getGatheredTensor(op))
    return std::nullopt;
  OpOperand *source = rule.activations.front();
  AffineMap sourceMap = op.getMatchingIndexingMap(source),
            resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto sourceType = cast<RankedTensorType>(source->get().getType());
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
  if (!sourceMap.isProjectedPermutation() || !resultMap.isPermutation())
    return std::nullopt;
  // Along each dimension of the result, how far a step moves in the source.
  SmallVector<int64_t> loopStride(sourceMap.getNumDims(), 0);
  int64_t stride = 1;
  for (int64_t dim = sourceType.getRank() - 1; dim >= 0; --dim) {
    loopStride[sourceMap.getDimPosition(dim)] = stride;
    stride *= sourceType.getDimSize(dim);
  }
  std::vector<int64_t> sources(resultType.getNumElements());
  SmallVector<int64_t> index(resultType.getRank(), 0);
  for (int64_t &position : sources) {
    position = 0;
    for (auto [dim, i] : llvm::enumerate(index))
      position += i * loopStride[resultMap.getDimPosition(dim)];
    for (int64_t dim = resultType.getRank() - 1; dim >= 0 && ++index[dim] == resultType.getDimSize(dim); --dim)
      index[dim] = 0;
  }
  return sources;
}

/// Of a reduction or move without a gather, every pair of elements that its loops bring together.
bool forEachLoopTie(linalg::LinalgOp op, TieFn tie) {
  QuantRule rule = getLinalgRule(op);
  bool related = rule.role == QuantRole::ValuePreserving || rule.role == QuantRole::LinearReduction;
  if (!related || getGatheredTensor(op))
    return false;
  OpOperand *source = rule.activations.front(), *init = op.getDpsInitOperand(0);
  auto getShape = [](OpOperand *operand) { return cast<RankedTensorType>(operand->get().getType()).getShape(); };
  std::optional<LinearPosition> from = LinearPosition::get(op.getMatchingIndexingMap(source), getShape(source));
  std::optional<LinearPosition> to = LinearPosition::get(op.getMatchingIndexingMap(init), getShape(init));
  if (!from || !to)
    return false;
  forEachPosition(op.getStaticLoopRanges(), *from, *to, [&](int64_t f, int64_t t) { tie(0, f, t); });
  return true;
}

template <typename OpTy> struct LinalgModel : QuantizableOpInterface::ExternalModel<LinalgModel<OpTy>, OpTy> {
  QuantRule getQuantRule(Operation *op) const { return getLinalgRule(cast<linalg::LinalgOp>(op)); }

  Value cloneOnStorage(Operation *op, OpBuilder &builder, ValueRange operands, const StorageKind &storage) const {
    return cloneLinalgOnStorage(cast<linalg::LinalgOp>(op), builder, operands, storage);
  }

  std::optional<std::vector<int64_t>> getElementSources(Operation *op) const {
    return getMovedElements(cast<linalg::LinalgOp>(op));
  }

  bool forEachTie(Operation *op, TieFn tie) const { return forEachLoopTie(cast<linalg::LinalgOp>(op), tie); }

  Homogeneity getHomogeneity(Operation *op) const {
    auto linalgOp = cast<linalg::LinalgOp>(op);
    return qnn::getHomogeneity(linalgOp, getLinalgRule(linalgOp));
  }

  Operation *cloneWithFactors(Operation *op, OpBuilder &builder, ArrayRef<float> factors,
                              ArrayRef<int64_t> dims) const {
    auto linalgOp = cast<linalg::LinalgOp>(op);
    return qnn::cloneWithFactors(linalgOp, getLinalgRule(linalgOp), builder, factors, dims);
  }

  Value cloneScalarBody(Operation *op, OpBuilder &builder, ValueRange scalars) const {
    auto linalgOp = cast<linalg::LinalgOp>(op);
    IRMapping mapping;
    QuantRule rule = getLinalgRule(linalgOp);
    for (auto [operand, scalar] : llvm::zip_equal(rule.inputs, scalars))
      mapping.map(linalgOp.getMatchingBlockArgument(operand), scalar);
    Block *body = linalgOp.getBlock();
    for (Operation &bodyOp : body->without_terminator())
      builder.clone(bodyOp, mapping);
    return mapping.lookupOrDefault(body->getTerminator()->getOperand(0));
  }
};

template <typename... OpTys> void attachModels(MLIRContext *context) {
  (OpTys::template attachInterface<LinalgModel<OpTys>>(*context), ...);
}

} // namespace

void qnn::registerLinalgQuantModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, linalg::LinalgDialect *) {
    attachModels<
#define GET_OP_LIST
#include "mlir/Dialect/Linalg/IR/LinalgStructuredOps.cpp.inc"
        >(context);
  });
}
