//===- ContractionMatcher.cpp - Recognises a multiply-add body, whatever the operation is called -----------------===//
#include "ContractionMatcher.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qnn;

std::optional<std::vector<int32_t>> ZeroPoint::readValues() const {
  if (cast<ShapedType>(value.getType()).getElementType().isInteger(32)) {
    std::optional<std::vector<int32_t>> values = readConstant<int32_t>(value);
    if (values)
      for (int32_t &element : *values)
        element += static_cast<int32_t>(constant);
    return values;
  }
  std::optional<std::vector<int8_t>> bytes = readConstant<int8_t>(value);
  if (!bytes)
    return std::nullopt;
  std::vector<int32_t> values;
  for (int8_t byte : *bytes)
    values.push_back(static_cast<int32_t>(constant) + (isSigned ? byte : static_cast<uint8_t>(byte)));
  return values;
}

void PointWalker::advance() {
  for (size_t dim = shape.size(); dim-- > 0;) {
    bool carry = ++point[dim] == shape[dim];
    if (carry)
      point[dim] = 0;
    if (auto loop = dyn_cast<AffineDimExpr>(map.getResult(dim)))
      loops[loop.getPosition()] = point[dim];
    if (!carry)
      return;
  }
}

int64_t PointWalker::getIndex(AffineMap other, ArrayRef<int64_t> otherShape) const {
  int64_t index = 0;
  for (auto [expr, size] : llvm::zip_equal(other.getResults(), otherShape)) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    index = index * size + (loop ? loops[loop.getPosition()] : 0);
  }
  return index;
}

/// The block argument that `value` extends to i32.
static BlockArgument getExtended(Value value, bool &isSigned) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(op))
    return nullptr;
  isSigned = isa<arith::ExtSIOp>(op);
  return dyn_cast<BlockArgument>(op->getOperand(0));
}

/// Reads `ext(arg)`, `ext(arg) - zero point` or, for floats, `arg` or `extf(arg)`.
static bool matchFactor(linalg::GenericOp op, Value value, bool isFloat, Factor &factor) {
  auto bind = [&](BlockArgument argument, Value &operand, AffineMap &map) {
    if (!argument || argument.getOwner() != op.getBody() || argument.getArgNumber() >= op.getInputs().size())
      return false;
    operand = op.getInputs()[argument.getArgNumber()];
    map = op.getIndexingMapsArray()[argument.getArgNumber()];
    return isa<RankedTensorType>(operand.getType());
  };
  if (isFloat) {
    if (auto extend = value.getDefiningOp<arith::ExtFOp>())
      value = extend.getIn();
    return bind(dyn_cast<BlockArgument>(value), factor.value, factor.map);
  }
  if (auto sub = value.getDefiningOp<arith::SubIOp>()) {
    APInt constant;
    if (matchPattern(sub.getRhs(), m_ConstantInt(&constant))) {
      factor.zeroPoint.constant = constant.getSExtValue();
    } else {
      BlockArgument point = dyn_cast<BlockArgument>(sub.getRhs());
      if (!point)
        point = getExtended(sub.getRhs(), factor.zeroPoint.isSigned);
      if (!bind(point, factor.zeroPoint.value, factor.zeroPoint.map))
        return false;
    }
    value = sub.getLhs();
  }
  return bind(getExtended(value, factor.isSigned), factor.value, factor.map) &&
         cast<ShapedType>(factor.value.getType()).getElementType().isInteger(8);
}

std::optional<ContractionMatch> qnn::matchContraction(linalg::GenericOp op, std::string &why) {
  auto decline = [&](const char *reason) {
    why = reason;
    return std::nullopt;
  };
  if (op.getNumReductionLoops() == 0 || op.getNumResults() != 1 || !op.hasPureTensorSemantics())
    return std::nullopt;
  BlockArgument acc = op.getRegionOutputArgs()[0];
  Operation *sum = op.getBody()->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(sum) || llvm::count(sum->getOperands(), acc) != 1 ||
      !acc.hasOneUse())
    return std::nullopt;
  Operation *product = sum->getOperand(sum->getOperand(0) == acc ? 1 : 0).getDefiningOp();
  if (!isa_and_nonnull<arith::MulFOp, arith::MulIOp>(product))
    return std::nullopt;

  // From here on it is a contraction.
  ContractionMatch match;
  match.isFloat = isa<arith::MulFOp>(product);
  if (match.isFloat ? !acc.getType().isF32() : !acc.getType().isInteger(32))
    return decline("the accumulator is neither i32 nor f32");
  for (int i : {0, 1})
    if (!matchFactor(op, product->getOperand(i), match.isFloat, match.factors[i]))
      return decline("a factor is neither an extended byte nor a float operand");
  if (!op.hasDynamicShape())
    for (unsigned input = 0; input < op.getNumDpsInputs(); ++input)
      if (!isa<RankedTensorType>(op.getInputs()[input].getType()))
        return decline("an operand is not a tensor");
  if (op.hasDynamicShape())
    return decline("a shape is dynamic");
  if (llvm::any_of(op.getStaticLoopRanges(), [](int64_t extent) { return extent <= 0; }))
    return decline("a loop is empty");
  match.init = op.getOutputs()[0];
  match.outMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!match.outMap.isProjectedPermutation() || match.outMap.getNumResults() != op.getNumParallelLoops())
    return decline("the result is not a permutation of the parallel loops");
  return match;
}
