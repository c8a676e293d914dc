//===- LaneReduction.cpp - Reductions along contiguous data, in lanes --------------------------------------------===//
#include "LaneReduction.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;
using namespace mlir::qnn;

static bool isSum(Operation *combiner) { return isa<arith::AddFOp, arith::AddIOp>(combiner); }

Operation *qnn::getLaneCombiner(linalg::LinalgOp op, ArrayRef<std::optional<int64_t>> strides) {
  if (op.getNumDpsInits() != 1 || op.hasIndexSemantics())
    return nullptr;
  Block &body = *op.getBlock();
  BlockArgument accumulator = body.getArgument(body.getNumArguments() - 1);
  Operation *combiner = body.getTerminator()->getOperand(0).getDefiningOp();
  if (!combiner || combiner->getBlock() != &body || combiner->getNextNode() != body.getTerminator() ||
      !isa<arith::AddFOp, arith::AddIOp, arith::MaximumFOp, arith::MinimumFOp, arith::MaxSIOp, arith::MaxUIOp,
           arith::MinSIOp, arith::MinUIOp>(combiner))
    return nullptr;
  Type type = accumulator.getType();
  if (!(type.isF32() || type.isInteger(32)) || !accumulator.hasOneUse() || *accumulator.user_begin() != combiner)
    return nullptr;
  for (Operation &inner : body.without_terminator())
    if (inner.getNumRegions() != 0 || inner.getNumResults() != 1 ||
        !(isa<arith::ConstantOp>(inner) || OpTrait::hasElementwiseMappableTraits(&inner)))
      return nullptr;
  for (auto [operand, stride] : llvm::zip_equal(op.getDpsInputOperands(), strides)) {
    Type element = getElementTypeOrSelf(operand->get().getType());
    bool isShort = element.isInteger(8) || element.isInteger(16) || element.isInteger(32) || element.isF32();
    if (!isShort || !stride || (*stride != 0 && *stride != 1))
      return nullptr;
  }
  return combiner;
}

static Value broadcast(OpBuilder &builder, Location loc, Value value) {
  if (isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(builder, loc, VectorType::get(kReductionLanes, value.getType()), value);
}

Value qnn::emitLanes(OpBuilder &builder, linalg::LinalgOp op, Operation *combiner,
                     llvm::function_ref<Value(OpOperand &)> load) {
  Location loc = op.getLoc();
  Block &body = *op.getBlock();
  IRMapping mapping;
  for (OpOperand *operand : op.getDpsInputOperands())
    if (BlockArgument argument = op.getMatchingBlockArgument(operand); !argument.use_empty())
      mapping.map(argument, broadcast(builder, loc, load(*operand)));
  auto vectorize = [&](Value value) {
    if (!mapping.contains(value))
      mapping.map(value, broadcast(builder, loc, value));
  };
  for (Operation &inner : llvm::make_range(body.begin(), combiner->getIterator())) {
    if (auto constant = dyn_cast<arith::ConstantOp>(inner)) {
      auto attr = DenseElementsAttr::get(VectorType::get(kReductionLanes, constant.getType()), constant.getValue());
      mapping.map(constant.getResult(), arith::ConstantOp::create(builder, loc, cast<TypedAttr>(attr)).getResult());
      continue;
    }
    llvm::for_each(inner.getOperands(), vectorize);
    Operation *wide = builder.clone(inner, mapping);
    wide->getResult(0).setType(VectorType::get(kReductionLanes, inner.getResult(0).getType()));
    mapping.map(inner.getResult(0), wide->getResult(0));
  }
  Value accumulator = body.getArgument(body.getNumArguments() - 1);
  Value other = combiner->getOperand(combiner->getOperand(0) == accumulator ? 1 : 0);
  vectorize(other);
  return mapping.lookup(other);
}

Value qnn::getFirstLanes(OpBuilder &builder, Operation *combiner, Value accumulator) {
  Location loc = combiner->getLoc();
  if (!isSum(combiner))
    return broadcast(builder, loc, accumulator);
  return arith::ConstantOp::create(builder, loc,
                                   builder.getZeroAttr(VectorType::get(kReductionLanes, accumulator.getType())));
}

Value qnn::combine(OpBuilder &builder, Operation *combiner, Value a, Value b) {
  // As one instruction, which keeps a NaN in `a`, and a choice for which no later element waits. Choosing `b` itself
  // where it is NaN would be joined with the other choice to something longer.
  if (isa<arith::MaximumFOp, arith::MinimumFOp>(combiner)) {
    Location loc = combiner->getLoc();
    auto compare = [&](arith::CmpFPredicate predicate, Value other) -> Value {
      return arith::CmpFOp::create(builder, loc, predicate, b, other);
    };
    bool isMaximum = isa<arith::MaximumFOp>(combiner);
    Value isBetter = compare(isMaximum ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT, a);
    Value better = arith::SelectOp::create(builder, loc, isBetter, b, a);
    TypedAttr nan = builder.getF32FloatAttr(std::numeric_limits<float>::quiet_NaN());
    if (auto vector = dyn_cast<VectorType>(a.getType()))
      nan = DenseElementsAttr::get(vector, Attribute(nan));
    return arith::SelectOp::create(builder, loc, compare(arith::CmpFPredicate::UNO, b),
                                   arith::ConstantOp::create(builder, loc, nan), better);
  }
  Operation *copy = builder.clone(*combiner);
  copy->setOperands({a, b});
  copy->getResult(0).setType(a.getType());
  return copy->getResult(0);
}

Value qnn::combineLanes(OpBuilder &builder, Operation *combiner, Value lanes, Value accumulator) {
  Location loc = combiner->getLoc();
  for (int64_t half = kReductionLanes / 2; half > 0; half /= 2) {
    SmallVector<int64_t> low = llvm::to_vector(llvm::seq<int64_t>(0, half));
    SmallVector<int64_t> high = llvm::to_vector(llvm::seq<int64_t>(half, 2 * half));
    lanes = combine(builder, combiner, vector::ShuffleOp::create(builder, loc, lanes, lanes, low),
                    vector::ShuffleOp::create(builder, loc, lanes, lanes, high));
  }
  return combine(builder, combiner, accumulator, vector::ExtractOp::create(builder, loc, lanes, ArrayRef<int64_t>{0}));
}
