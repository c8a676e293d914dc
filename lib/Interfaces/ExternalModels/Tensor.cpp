//===- Tensor.cpp - QuantizableOpInterface for the tensor operations that move elements
//----------------------------===//
#include "quant-opt/Interfaces/QuantizableOpInterface.h"

#include "quant-opt/Numerics/Quantize.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include <numeric>

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// The constant that `pad` adds, if it is one.
std::optional<float> getPadding(tensor::PadOp pad) {
  APFloat value(0.0f);
  Value constant = pad.getConstantPaddingValue();
  if (!constant || !matchPattern(constant, m_ConstantFloat(&value)) || !constant.getType().isF32())
    return std::nullopt;
  return value.convertToFloat();
}

/// Value-preserving if the result is an f32 tensor of static shape.
QuantRule moveElements(Operation *op, MutableArrayRef<OpOperand> moved) {
  QuantRule rule;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!type || !type.getElementType().isF32())
    return rule;
  if (!type.hasStaticShape()) {
    rule.reason = "its shape is not static";
    return rule;
  }
  rule.role = QuantRole::ValuePreserving;
  for (OpOperand &operand : moved)
    rule.activations.push_back(&operand);
  return rule;
}

/// Clones `op` with other operands for its `activations` and storage bytes for its result.
Operation *cloneWithBytes(Operation *op, OpBuilder &builder, ArrayRef<OpOperand *> activations, ValueRange operands) {
  IRMapping mapping;
  Operation *clone = builder.clone(*op, mapping);
  for (auto [activation, operand] : llvm::zip_equal(activations, operands))
    clone->setOperand(activation->getOperandNumber(), operand);
  Value result = clone->getResult(0);
  result.setType(cast<RankedTensorType>(result.getType()).clone(builder.getI8Type()));
  return clone;
}

/// Of an operation that moves every operand of the range that Operands(op) returns.
template <typename OpTy> struct MovingModel : QuantizableOpInterface::ExternalModel<MovingModel<OpTy>, OpTy> {
  QuantRule getQuantRule(Operation *op) const {
    if constexpr (std::is_same_v<OpTy, tensor::ConcatOp>)
      return moveElements(op, op->getOpOperands());
    else if constexpr (std::is_same_v<OpTy, tensor::InsertSliceOp>)
      return moveElements(op, op->getOpOperands().take_front(2));
    else
      return moveElements(op, op->getOpOperands().take_front(1));
  }

  Value cloneOnStorage(Operation *op, OpBuilder &builder, ValueRange operands, const StorageKind &) const {
    return cloneWithBytes(op, builder, getQuantRule(op).activations, operands)->getResult(0);
  }

  std::optional<std::vector<int64_t>> getElementSources(Operation *op) const {
    constexpr bool keepsOrder = std::is_same_v<OpTy, tensor::ExpandShapeOp> ||
                                std::is_same_v<OpTy, tensor::CollapseShapeOp> || std::is_same_v<OpTy, tensor::CastOp> ||
                                std::is_same_v<OpTy, tensor::ReshapeOp>;
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!keepsOrder || !type || !type.hasStaticShape())
      return std::nullopt;
    std::vector<int64_t> sources(type.getNumElements());
    std::iota(sources.begin(), sources.end(), 0);
    return sources;
  }

  Value cloneScalarBody(Operation *, OpBuilder &, ValueRange) const { return Value(); }
};

struct PadModel : QuantizableOpInterface::ExternalModel<PadModel, tensor::PadOp> {
  QuantRule getQuantRule(Operation *op) const {
    QuantRule rule = moveElements(op, op->getOpOperands().take_front(1));
    std::optional<float> padding = getPadding(cast<tensor::PadOp>(op));
    if (rule.isFloat())
      return rule;
    if (!padding || std::isnan(*padding)) {
      rule = QuantRule();
      rule.reason = "its padding is not a constant";
      return rule;
    }
    // The neutral element of a maximum or minimum saturates, which is all that it needs to do.
    bool isNeutral = std::isinf(*padding) || std::fabs(*padding) == std::numeric_limits<float>::max();
    if (!isNeutral && *padding != 0.0f)
      rule.padding = padding;
    return rule;
  }

  Value cloneOnStorage(Operation *op, OpBuilder &builder, ValueRange operands, const StorageKind &storage) const {
    auto pad = cast<tensor::PadOp>(op);
    int32_t value = numerics::quantize(*getPadding(pad), storage.scale, storage.zeroPoint, storage.min, storage.max);
    Value padding = arith::ConstantIntOp::create(builder, op->getLoc(), static_cast<int8_t>(value), 8);
    auto type = cast<RankedTensorType>(pad.getType()).clone(builder.getI8Type());
    return tensor::PadOp::create(builder, op->getLoc(), type, operands.front(), pad.getMixedLowPad(),
                                 pad.getMixedHighPad(), padding, pad.getNofold());
  }

  Value cloneScalarBody(Operation *, OpBuilder &, ValueRange) const { return Value(); }
};

template <typename... OpTys> void attachMoving(MLIRContext *context) {
  (OpTys::template attachInterface<MovingModel<OpTys>>(*context), ...);
}

} // namespace

void qnn::registerTensorQuantModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, tensor::TensorDialect *) {
    attachMoving<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::ReshapeOp, tensor::CastOp,
                 tensor::ExtractSliceOp, tensor::InsertSliceOp, tensor::ConcatOp>(context);
    tensor::PadOp::attachInterface<PadModel>(*context);
  });
}
