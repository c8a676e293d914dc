//===- DeferDivision.cpp - A softmax is divided by its sum behind the product that reads it -----------------------===//
#include "Body.h"
#include "quant-opt/Normalize/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_DEFERDIVISIONPASS
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Looks through reshapes that only add and drop dimensions of extent 1 and end at the shape where they began.
static Value lookThroughReshapes(Value value) {
  Type type = value.getType();
  Value found = value;
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
      break;
    value = op->getOperand(0);
    if (value.getType() == type)
      found = value;
  }
  return found;
}

/// The elementwise operation that makes `value` by one `ScalarOp` of its operands in their order, or null.
template <typename ScalarOp> static linalg::GenericOp getElementwise(Value value, unsigned numOperands) {
  auto op = value.getDefiningOp<linalg::GenericOp>();
  if (!op || !isElementwise(op) || op.getNumDpsInputs() != numOperands || op->getNumResults() != 1)
    return {};
  auto scalar = op.getBody()->getTerminator()->getOperand(0).template getDefiningOp<ScalarOp>();
  if (!scalar || scalar->getBlock() != op.getBody())
    return {};
  for (auto [operand, argument] : llvm::zip(scalar->getOperands(), op.getBody()->getArguments()))
    if (operand != argument)
      return {};
  return op;
}

/// Whether `reduced` holds sums or, with `CombineOp` a maximum, the largest of `full` along the dimensions that it
/// lacks; `map` leads from the dimensions of `full` to its own.
template <typename CombineOp> static bool isReductionOf(Value reduced, Value full, AffineMap map) {
  auto op = lookThroughReshapes(reduced).getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 || op.getDpsInputOperand(0)->get() != full)
    return false;
  auto combine = op.getBody()->getTerminator()->getOperand(0).template getDefiningOp<CombineOp>();
  Value element = op.getBody()->getArgument(0), accumulator = op.getBody()->getArgument(1);
  if (!combine || !llvm::is_contained(combine->getOperands(), element) ||
      !llvm::is_contained(combine->getOperands(), accumulator))
    return false;
  AffineMap input = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  AffineMap output = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  return input.isPermutation() && output.compose(inversePermutation(input)) == map &&
         (!std::is_same_v<CombineOp, arith::AddFOp> || startsFromZero(op));
}

/// Of an elementwise operation on two operands, the map from the first one's dimensions to the second one's.
static AffineMap getMapBetween(linalg::GenericOp op) {
  AffineMap full = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  if (!full.isPermutation())
    return {};
  return op.getMatchingIndexingMap(op.getDpsInputOperand(1)).compose(inversePermutation(full));
}

/// Whether `value` is exp(x - max(x)), the largest along the dimensions that `map` drops: its rows reach just 1.
static bool reachesOne(Value value, AffineMap map) {
  auto exp = getElementwise<math::ExpOp>(value, 1);
  auto difference = exp ? getElementwise<arith::SubFOp>(exp.getDpsInputOperand(0)->get(), 2) : linalg::GenericOp();
  if (!difference || !exp.getIndexingMapsArray()[0].isIdentity() || !exp.getIndexingMapsArray()[1].isIdentity() ||
      !difference.getIndexingMapsArray()[2].isIdentity() || getMapBetween(difference) != map)
    return false;
  return isReductionOf<arith::MaximumFOp>(difference.getDpsInputOperand(1)->get(),
                                          difference.getDpsInputOperand(0)->get(), map);
}

namespace {
struct DeferDivisionPass : public qnn::impl::DeferDivisionPassBase<DeferDivisionPass> {
  using DeferDivisionPassBase::DeferDivisionPassBase;

  void runOnOperation() override {
    SmallVector<linalg::GenericOp> contractions;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics() && isFloatContraction(op) && startsFromZero(op))
        contractions.push_back(op);
    });
    for (linalg::GenericOp op : contractions)
      for (OpOperand *operand : op.getDpsInputOperands())
        defer(op, *operand);
  }

  void defer(linalg::GenericOp op, OpOperand &operand) {
    auto division = getElementwise<arith::DivFOp>(operand.get(), 2);
    if (!division || !division->hasOneUse() || !division.getIndexingMapsArray()[2].isIdentity())
      return;
    Value numerator = division.getDpsInputOperand(0)->get(), sum = division.getDpsInputOperand(1)->get();
    AffineMap map = getMapBetween(division);
    if (!map || !division.getIndexingMapsArray()[0].isIdentity() ||
        !isReductionOf<arith::AddFOp>(sum, numerator, map) || !reachesOne(numerator, map))
      return;

    // Each dimension of the sum must be one of the product's result.
    AffineMap read = op.getMatchingIndexingMap(&operand);
    AffineMap made = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    SmallVector<AffineExpr> dims;
    for (AffineExpr expr : map.compose(read).getResults()) {
      std::optional<unsigned> position = made.getResultPosition(expr);
      if (!position)
        return;
      dims.push_back(getAffineDimExpr(*position, op.getContext()));
    }

    OpBuilder builder(op.getContext());
    builder.setInsertionPointAfter(op);
    Value product = op.getResult(0);
    auto type = cast<RankedTensorType>(product.getType());
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
    Value empty = tensor::EmptyOp::create(builder, op.getLoc(), type.getShape(), type.getElementType());
    auto quotient =
        linalg::GenericOp::create(builder, op.getLoc(), TypeRange(type), ValueRange{product, sum}, ValueRange{empty},
                                  {identity, AffineMap::get(type.getRank(), 0, dims, op.getContext()), identity},
                                  iterators, [](OpBuilder &b, Location loc, ValueRange args) {
                                    Value result = arith::DivFOp::create(b, loc, args[0], args[1]);
                                    linalg::YieldOp::create(b, loc, result);
                                  });
    product.replaceAllUsesExcept(quotient.getResult(0), quotient);
    operand.set(numerator);
    division.erase();
    ++numDeferred;
  }
};
} // namespace
