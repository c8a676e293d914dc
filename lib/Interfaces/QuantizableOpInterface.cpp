//===- QuantizableOpInterface.cpp - What the quantizing stages see of an operation --------------------------------===//
#include "quant-opt/Interfaces/QuantizableOpInterface.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Matchers.h"

#include "quant-opt/Interfaces/QuantizableOpInterface.cpp.inc"

using namespace mlir;
using namespace mlir::qnn;

StringRef qnn::getRoleName(QuantRole role) {
  switch (role) {
  case QuantRole::Float:
    return "float";
  case QuantRole::Contraction:
    return "contraction";
  case QuantRole::LinearReduction:
    return "linear reduction";
  case QuantRole::ValuePreserving:
    return "value-preserving";
  case QuantRole::Elementwise:
    return "elementwise";
  }
  return "float";
}

SmallVector<int64_t> QuantRule::getWeightChannelDims() const {
  SmallVector<int64_t> dims;
  AffineMap weightMap = maps[activations.size()];
  for (auto [dim, loop] : llvm::enumerate(weightMap.getResults()))
    if (auto loopExpr = dyn_cast<AffineDimExpr>(loop))
      if (iterators[loopExpr.getPosition()] == utils::IteratorType::parallel)
        dims.push_back(dim);
  return dims;
}

SmallVector<int64_t> QuantRule::getWeightChannelLoops() const {
  AffineMap weightMap = maps[activations.size()];
  return llvm::map_to_vector(getWeightChannelDims(),
                             [&](int64_t dim) -> int64_t { return weightMap.getDimPosition(dim); });
}

QuantRule qnn::getQuantRule(Operation *op) {
  if (auto quantizable = dyn_cast<QuantizableOpInterface>(op))
    return quantizable.getQuantRule();
  QuantRule rule;
  auto isFloatTensor = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.getElementType().isF32();
  };
  bool computes =
      llvm::any_of(op->getOperandTypes(), isFloatTensor) && llvm::any_of(op->getResultTypes(), isFloatTensor);
  if (computes)
    rule.reason = ("operation '" + op->getName().getStringRef() + "' has no quantization model").str();
  return rule;
}

/// Whether an argument of a block can reach `value`. Each operation is visited once, whereas rules ask about constants
/// and constants about rules, which on a deep model would multiply at every step.
static bool dependsOnArgument(Value value) {
  SmallVector<Value> worklist = {value};
  llvm::SmallPtrSet<Operation *, 16> visited;
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op)
      return true;
    if (visited.insert(op).second)
      llvm::append_range(worklist, llvm::reverse(op->getOperands()));
  }
  return false;
}

bool qnn::isConstantValue(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (op->hasTrait<OpTrait::ConstantLike>())
    return true;
  if (dependsOnArgument(value))
    return false;
  if (isa<quant::QuantizeCastOp, quant::DequantizeCastOp, quant::StorageCastOp, BarrierOp>(op))
    return isConstantValue(op->getOperand(0));
  auto quantizable = dyn_cast<QuantizableOpInterface>(op);
  if (!quantizable)
    return false;
  QuantRule rule = quantizable.getQuantRule();
  return rule.role == QuantRole::ValuePreserving && !rule.activations.empty() &&
         llvm::all_of(rule.activations, [](OpOperand *operand) { return isConstantValue(operand->get()); });
}

void qnn::registerExternalModels(DialectRegistry &registry) {
  registerLinalgQuantModels(registry);
  registerTensorQuantModels(registry);
}
