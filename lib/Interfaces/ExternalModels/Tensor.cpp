//===- Tensor.cpp - QuantizableOpInterface for the tensor operations that move elements ---------------------------===//
#include "Positions.h"
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

/// Clones `op` with other operands for its `activations` and storage of their type for its result.
Operation *cloneWithBytes(Operation *op, OpBuilder &builder, ArrayRef<OpOperand *> activations, ValueRange operands) {
  IRMapping mapping;
  Operation *clone = builder.clone(*op, mapping);
  for (auto [activation, operand] : llvm::zip_equal(activations, operands))
    clone->setOperand(activation->getOperandNumber(), operand);
  Value result = clone->getResult(0);
  result.setType(cast<RankedTensorType>(result.getType()).clone(getElementTypeOrSelf(operands.front().getType())));
  return clone;
}

/// Positions in a tensor of `shape` of the elements of a box within it that begins at `offsets`.
LinearPosition getBoxPosition(ArrayRef<int64_t> shape, ArrayRef<int64_t> offsets, ArrayRef<int64_t> strides = {}) {
  LinearPosition position;
  position.strides.assign(shape.size(), 0);
  int64_t stride = 1;
  for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
    position.base += offsets[dim] * stride;
    position.strides[dim] = stride * (strides.empty() ? 1 : strides[dim]);
    stride *= shape[dim];
  }
  return position;
}

/// Ties the elements of `box` (operand `activation`, all of it) to where they stand in a tensor of `shape`.
void tieBox(unsigned activation, ArrayRef<int64_t> box, ArrayRef<int64_t> shape, ArrayRef<int64_t> offsets,
            ArrayRef<int64_t> strides, TieFn tie) {
  SmallVector<int64_t> zeros(box.size(), 0);
  forEachPosition(box, getBoxPosition(box, zeros), getBoxPosition(shape, offsets, strides),
                  [&](int64_t source, int64_t result) { tie(activation, source, result); });
}

ArrayRef<int64_t> getShape(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

bool isStatic(ArrayRef<int64_t> numbers) {
  return llvm::none_of(numbers, [](int64_t number) { return ShapedType::isDynamic(number); });
}

bool tieSlice(tensor::ExtractSliceOp slice, TieFn tie) {
  ArrayRef<int64_t> sizes = slice.getStaticSizes();
  if (!isStatic(slice.getStaticOffsets()) || !isStatic(sizes) || !isStatic(slice.getStaticStrides()))
    return false;
  tieBox(0, sizes, getShape(slice.getSource()), slice.getStaticOffsets(), slice.getStaticStrides(),
         [&](unsigned, int64_t inSlice, int64_t inSource) { tie(0, inSource, inSlice); });
  return true;
}

bool tieInsertion(tensor::InsertSliceOp insert, TieFn tie) {
  ArrayRef<int64_t> sizes = insert.getStaticSizes(), shape = getShape(insert.getDest());
  if (!isStatic(insert.getStaticOffsets()) || !isStatic(sizes) || !isStatic(insert.getStaticStrides()))
    return false;
  tieBox(0, sizes, shape, insert.getStaticOffsets(), insert.getStaticStrides(), tie);
  for (int64_t i = 0, e = ShapedType::getNumElements(shape); i < e; ++i)
    tie(1, i, i);
  return true;
}

bool tieConcat(tensor::ConcatOp concat, TieFn tie) {
  ArrayRef<int64_t> shape = getShape(concat.getResult());
  SmallVector<int64_t> offsets(shape.size(), 0);
  for (auto [i, input] : llvm::enumerate(concat.getInputs())) {
    tieBox(i, getShape(input), shape, offsets, {}, tie);
    offsets[concat.getDim()] += getShape(input)[concat.getDim()];
  }
  return true;
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

  bool forEachTie(Operation *op, TieFn tie) const {
    if (getQuantRule(op).role != QuantRole::ValuePreserving)
      return false;
    if constexpr (std::is_same_v<OpTy, tensor::ConcatOp>) {
      return tieConcat(cast<OpTy>(op), tie);
    } else if constexpr (std::is_same_v<OpTy, tensor::InsertSliceOp>) {
      return tieInsertion(cast<OpTy>(op), tie);
    } else if constexpr (std::is_same_v<OpTy, tensor::ExtractSliceOp>) {
      return tieSlice(cast<OpTy>(op), tie);
    } else {
      for (int64_t i = 0, e = ShapedType::getNumElements(getShape(op->getResult(0))); i < e; ++i)
        tie(0, i, i);
      return true;
    }
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
    Type element = getElementTypeOrSelf(operands.front().getType());
    float value = *getPadding(pad);
    TypedAttr constant;
    if (isa<FloatType>(element))
      constant = FloatAttr::get(element, value);
    else
      constant = IntegerAttr::get(
          element,
          APInt(storage.width, numerics::quantize(value, storage.scale, storage.zeroPoint, storage.min, storage.max),
                /*isSigned=*/true, /*implicitTrunc=*/true));
    Value padding = arith::ConstantOp::create(builder, op->getLoc(), constant);
    auto type = cast<RankedTensorType>(pad.getType()).clone(element);
    return tensor::PadOp::create(builder, op->getLoc(), type, operands.front(), pad.getMixedLowPad(),
                                 pad.getMixedHighPad(), padding, pad.getNofold());
  }

  bool forEachTie(Operation *op, TieFn tie) const {
    auto pad = cast<tensor::PadOp>(op);
    if (getQuantRule(op).isFloat() || !isStatic(pad.getStaticLow()))
      return false;
    tieBox(0, getShape(pad.getSource()), getShape(pad.getResult()), pad.getStaticLow(), {}, tie);
    return true;
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
