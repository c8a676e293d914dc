//===- FuseEpilogues.cpp - Casts, epilogues and accumulators become elementwise regions ---------------------------===//
#include "FuseEpilogues.h"

#include "RegionBuilder.h"

#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Quant/IR/Quant.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

class EpilogueFuser {
public:
  EpilogueFuser(OpBuilder &builder, FunctionOpInterface function, AccumulatorMap &accumulators)
      : builder(builder), function(function), accumulators(accumulators) {}

  FailureOr<unsigned> run();

private:
  bool isReadElementwise(Operation *op, const FusedGroup &group);
  FusedGroup gather(Value value);
  Value followChain(Value value);
  LogicalResult quantize(quant::QuantizeCastOp cast);
  LogicalResult materialize(Value value);
  LogicalResult dequantize(quant::DequantizeCastOp cast);
  void eraseMembers(const FusedGroup &group);
  bool readsDequantized(Operation *op);

  OpBuilder &builder;
  FunctionOpInterface function;
  AccumulatorMap &accumulators;
  unsigned numRegions = 0;
};

/// Whether every use of the operation's result is in the group and element by element.
bool EpilogueFuser::isReadElementwise(Operation *op, const FusedGroup &group) {
  for (OpOperand &use : op->getResult(0).getUses()) {
    if (!group.members.contains(use.getOwner()))
      return false;
    QuantRule rule = getQuantRule(use.getOwner());
    for (auto [operand, map] : llvm::zip(rule.inputs, rule.maps))
      if (operand == &use && !map.isIdentity())
        return false;
  }
  return true;
}

/// The operations that one region computing `value` takes in: backwards, as long as nothing else reads them. Of two
/// accumulators the later one is taken in.
FusedGroup EpilogueFuser::gather(Value value) {
  FusedGroup group;
  Operation *last = value.getDefiningOp();
  llvm::SetVector<Operation *> candidates;
  if (last)
    candidates.insert(last);
  while (!candidates.empty()) {
    Operation *op = *candidates.begin();
    for (Operation *candidate : candidates)
      if (op->isBeforeInBlock(candidate))
        op = candidate;
    candidates.remove(op);
    if (op != last && !isReadElementwise(op, group))
      continue;
    if (auto it = accumulators.find(op); it != accumulators.end()) {
      if (!group.accumulator)
        group.accumulator = &it->second;
      continue;
    }
    QuantRule rule = getQuantRule(op);
    if (rule.role != QuantRole::Elementwise)
      continue;
    group.members.insert(op);
    for (OpOperand *operand : rule.inputs)
      if (Operation *producer = operand->get().getDefiningOp(); producer && producer->getBlock() == last->getBlock())
        candidates.insert(producer);
  }
  return group;
}

/// The end of the run of single-use elementwise operations after `value`.
Value EpilogueFuser::followChain(Value value) {
  while (value.hasOneUse()) {
    OpOperand &use = *value.use_begin();
    QuantRule rule = getQuantRule(use.getOwner());
    if (rule.role != QuantRole::Elementwise || use.getOwner()->getBlock() != value.getParentBlock())
      return value;
    for (auto [operand, map] : llvm::zip(rule.inputs, rule.maps))
      if (operand == &use && !map.isIdentity())
        return value;
    value = use.getOwner()->getResult(0);
  }
  return value;
}

void EpilogueFuser::eraseMembers(const FusedGroup &group) {
  SmallVector<Operation *> members(group.members.begin(), group.members.end());
  llvm::sort(members, [](Operation *a, Operation *b) { return b->isBeforeInBlock(a); });
  for (Operation *op : members)
    if (op->use_empty())
      op->erase();
}

LogicalResult EpilogueFuser::quantize(quant::QuantizeCastOp cast) {
  Value value = cast.getInput();
  if (!isa<RankedTensorType>(value.getType()))
    return cast.emitOpError("expected a ranked tensor, found ") << value.getType();
  // What several operations read is made once, in float, by the steps that follow.
  FusedGroup group;
  if (value.hasOneUse())
    group = gather(value);
  builder.setInsertionPoint(cast);
  RegionBuilder region(builder, group, value.getDefiningOp() ? value.getLoc() : cast.getLoc());
  FailureOr<Value> bytes = region.buildQuantized(value, getElementTypeOrSelf(cast.getType()));
  if (failed(bytes))
    return failure();
  Value quantized = quant::StorageCastOp::create(builder, cast.getLoc(), cast.getType(), *bytes);
  cast.getResult().replaceAllUsesWith(quantized);
  cast.erase();
  eraseMembers(group);
  ++numRegions;
  return success();
}

/// Replaces the float `value` by a region that takes in what only it needs.
LogicalResult EpilogueFuser::materialize(Value value) {
  FusedGroup group = gather(value);
  builder.setInsertionPointAfterValue(value);
  RegionBuilder region(builder, group, value.getLoc());
  FailureOr<Value> result = region.buildFloat(value);
  if (failed(result))
    return failure();
  value.replaceAllUsesWith(*result);
  eraseMembers(group);
  ++numRegions;
  return success();
}

LogicalResult EpilogueFuser::dequantize(quant::DequantizeCastOp cast) {
  auto type = dyn_cast<RankedTensorType>(cast.getType());
  if (!type || !type.getElementType().isF32())
    return cast.emitOpError("expected a ranked tensor of f32, found ") << cast.getType();
  builder.setInsertionPoint(cast);
  if (std::optional<std::vector<float>> floats = resolveFloatConstant(cast.getResult())) {
    cast.getResult().replaceAllUsesWith(
        createConstant<float>(builder, cast.getLoc(), type, *floats, getNodeName(cast.getLoc()) + "_dequantized"));
    cast.erase();
    return success();
  }
  auto element = llvm::cast<quant::QuantizedType>(getElementTypeOrSelf(cast.getInput().getType()));
  unsigned width = element.getStorageTypeIntegralWidth();
  if (isa<quant::UniformQuantizedSubChannelType>(element) || (width != 8 && width != 16 && width != 32))
    return cast.emitOpError("cannot dequantize ")
           << cast.getInput().getType() << "; expected 8-bit, 16-bit or 32-bit storage, not by blocks";
  FusedGroup group;
  RegionBuilder region(builder, group, cast.getLoc());
  FailureOr<Value> result = region.buildFloat(cast.getResult());
  if (failed(result))
    return failure();
  cast.getResult().replaceAllUsesWith(*result);
  cast.erase();
  ++numRegions;
  return success();
}

bool EpilogueFuser::readsDequantized(Operation *op) {
  QuantRule rule = getQuantRule(op);
  return rule.role == QuantRole::Elementwise && llvm::any_of(rule.activations, [](OpOperand *operand) {
           Value source = getQuantizedSource(operand->get());
           return source && getStorageKind(source.getType());
         });
}

FailureOr<unsigned> EpilogueFuser::run() {
  SmallVector<quant::QuantizeCastOp> quantizes;
  function->walk([&](quant::QuantizeCastOp cast) { quantizes.push_back(cast); });
  for (quant::QuantizeCastOp cast : quantizes)
    if (failed(quantize(cast)))
      return failure();

  // Accumulators whose values stay float: the model's logits, what softmax reads.
  for (auto &[op, accumulator] : accumulators)
    if (!op->use_empty() && failed(materialize(followChain(op->getResult(0)))))
      return failure();

  // Float operations that read bytes: one region each, with the dequantize inside.
  llvm::SetVector<Operation *> readers;
  function->walk([&](Operation *op) {
    if (op->getNumResults() == 1 && !op->use_empty() && readsDequantized(op))
      readers.insert(followChain(op->getResult(0)).getDefiningOp());
  });
  for (Operation *op : readers)
    if (failed(materialize(op->getResult(0))))
      return failure();

  SmallVector<quant::DequantizeCastOp> dequantizes;
  function->walk([&](quant::DequantizeCastOp cast) { dequantizes.push_back(cast); });
  for (quant::DequantizeCastOp cast : dequantizes) {
    if (cast->use_empty())
      cast->erase();
    else if (failed(dequantize(cast)))
      return failure();
  }
  return numRegions;
}

} // namespace

FailureOr<unsigned> qnn::fuseEpilogues(OpBuilder &builder, FunctionOpInterface function, AccumulatorMap &accumulators) {
  return EpilogueFuser(builder, function, accumulators).run();
}
