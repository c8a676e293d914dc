//===- MoveOntoStorage.cpp - Value-preserving operations work on stored bytes -------------------------------------===//
#include "MoveOntoStorage.h"

#include "IntegerConstants.h"

#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Quant/IR/Quant.h"

using namespace mlir;
using namespace mlir::qnn;

/// Replaces `qcast(constant)` by the scast of the constant's bytes, computed here.
static void quantizeConstant(OpBuilder &builder, quant::QuantizeCastOp cast) {
  std::optional<std::vector<float>> values = readConstant<float>(cast.getInput());
  auto tensor = dyn_cast<RankedTensorType>(cast.getType());
  auto type = tensor ? dyn_cast<quant::QuantizedType>(tensor.getElementType()) : nullptr;
  unsigned width = type ? type.getStorageTypeIntegralWidth() : 0;
  if (!values || (width != 8 && width != 16))
    return;
  auto uniform = dyn_cast<quant::UniformQuantizedType>(type);
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (!uniform && !perAxis)
    return;
  int64_t inner = 1, size = 1;
  if (perAxis) {
    size = tensor.getDimSize(perAxis.getQuantizedDimension());
    for (int64_t dim = perAxis.getQuantizedDimension() + 1; dim < tensor.getRank(); ++dim)
      inner *= tensor.getDimSize(dim);
  }
  std::vector<int32_t> integers(values->size());
  for (auto [i, value] : llvm::enumerate(*values)) {
    int64_t parameter = static_cast<int64_t>(i) / inner % size;
    float scale = uniform ? uniform.getScale() : perAxis.getScales()[parameter];
    int32_t zeroPoint = uniform ? uniform.getZeroPoint() : perAxis.getZeroPoints()[parameter];
    integers[i] = numerics::quantize(value, scale, zeroPoint, type.getStorageTypeMin(), type.getStorageTypeMax());
  }
  builder.setInsertionPoint(cast);
  auto stored = tensor.clone(builder.getIntegerType(width));
  std::string name = getNodeName(cast.getLoc()) + "_quantized";
  std::vector<int8_t> bytes(integers.begin(), integers.end());
  std::vector<int16_t> words(integers.begin(), integers.end());
  Value constant = width == 8 ? createConstant<int8_t>(builder, cast.getLoc(), stored, bytes, name)
                              : createConstant<int16_t>(builder, cast.getLoc(), stored, words, name);
  Value quantized = quant::StorageCastOp::create(builder, cast.getLoc(), tensor, constant);
  cast.getResult().replaceAllUsesWith(quantized);
  cast.erase();
}

/// The type that every use of `value` quantizes it to, or null.
static Type getOnlyQuantizedType(Value value) {
  Type type;
  for (Operation *user : value.getUsers()) {
    auto cast = dyn_cast<quant::QuantizeCastOp>(user);
    Type userType = cast ? getElementTypeOrSelf(cast.getType()) : Type();
    if (!userType || (type && type != userType))
      return Type();
    type = userType;
  }
  return type;
}

/// Makes the operation on storage of the given element type, whose dequantized result takes the place of the float one.
static void replaceOnStorage(OpBuilder &builder, QuantizableOpInterface op, ValueRange storage, Type element,
                             const StorageKind &kind) {
  builder.setInsertionPoint(op);
  Value moved = op.cloneOnStorage(builder, storage, kind);
  Value result = op->getResult(0);
  auto type = cast<RankedTensorType>(result.getType());
  Value quantized = quant::StorageCastOp::create(builder, op.getLoc(), type.clone(element), moved);
  Value dequantized = quant::DequantizeCastOp::create(builder, op.getLoc(), type, quantized);
  result.replaceAllUsesWith(dequantized);
  op.erase();
}

/// op(x) that is only quantized becomes dcast(op(qcast(x))).
static bool moveQuantizeAbove(OpBuilder &builder, QuantizableOpInterface op, const QuantRule &rule) {
  Type element = getOnlyQuantizedType(op->getResult(0));
  std::optional<StorageKind> kind = element ? getStorageKind(element) : std::nullopt;
  if (!kind)
    return false;
  SmallVector<Value> storage;
  builder.setInsertionPoint(op);
  for (OpOperand *operand : rule.activations) {
    auto type = cast<RankedTensorType>(operand->get().getType());
    Value quantized = quant::QuantizeCastOp::create(builder, op.getLoc(), type.clone(element), operand->get());
    storage.push_back(
        quant::StorageCastOp::create(builder, op.getLoc(), type.clone(builder.getIntegerType(kind->width)), quantized));
  }
  replaceOnStorage(builder, op, storage, element, *kind);
  return true;
}

/// op(dcast(x)) becomes dcast(op(x)), if all operands are quantized alike and padding is exact.
static bool moveDequantizeBelow(OpBuilder &builder, QuantizableOpInterface op, const QuantRule &rule) {
  Type element;
  for (OpOperand *operand : rule.activations) {
    Value source = getQuantizedSource(operand->get());
    Type operandElement = source ? getElementTypeOrSelf(source.getType()) : Type();
    if (!operandElement || (element && element != operandElement))
      return false;
    element = operandElement;
  }
  std::optional<StorageKind> kind = element ? getStorageKind(element) : std::nullopt;
  if (!kind)
    return false;
  if (rule.padding) {
    int32_t stored = numerics::quantize(*rule.padding, kind->scale, kind->zeroPoint, kind->min, kind->max);
    if (numerics::dequantize(stored, kind->scale, kind->zeroPoint) != *rule.padding)
      return false;
  }
  SmallVector<Value> storage;
  for (OpOperand *operand : rule.activations)
    storage.push_back(getStorage(builder, getQuantizedSource(operand->get())));
  replaceOnStorage(builder, op, storage, element, *kind);
  return true;
}

/// qcast(dcast(x)) of x's own type is x: rounding (q - z) * s / s gives q - z back.
static void cancelCasts(quant::QuantizeCastOp cast) {
  Value source = getQuantizedSource(cast.getInput());
  if (!source || source.getType() != cast.getType())
    return;
  cast.getResult().replaceAllUsesWith(source);
  cast.erase();
}

unsigned qnn::moveOntoStorage(OpBuilder &builder, FunctionOpInterface function) {
  unsigned moved = 0;
  function->walk([&](quant::QuantizeCastOp cast) { quantizeConstant(builder, cast); });

  auto moveAll = [&](bool (*move)(OpBuilder &, QuantizableOpInterface, const QuantRule &), bool backwards) {
    SmallVector<QuantizableOpInterface> ops;
    function->walk([&](QuantizableOpInterface op) { ops.push_back(op); });
    if (backwards)
      std::reverse(ops.begin(), ops.end());
    for (QuantizableOpInterface op : ops) {
      QuantRule rule = op.getQuantRule();
      if (rule.role != QuantRole::ValuePreserving || op->use_empty() || isConstantValue(op->getResult(0)))
        continue;
      moved += move(builder, op, rule);
    }
  };
  moveAll(moveQuantizeAbove, /*backwards=*/true);
  function->walk([&](quant::QuantizeCastOp cast) { quantizeConstant(builder, cast); });
  moveAll(moveDequantizeBelow, /*backwards=*/false);
  function->walk([&](quant::QuantizeCastOp cast) { cancelCasts(cast); });
  return moved;
}
