//===- NarrowFloats.cpp - Contractions that asked for bf16 or f16 get operands of these types ---------------------===//
#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Integerize/Passes.h"
#include "quant-opt/Interfaces/QuantizableOpInterface.h"
#include "quant-opt/Numerics/ShortFloats.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Remarks.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_NARROWFLOATSPASS
#include "quant-opt/Integerize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// The largest finite f16.
constexpr float kLargestF16 = 65504.0f;

namespace {

class NarrowFloatsPass : public qnn::impl::NarrowFloatsPassBase<NarrowFloatsPass> {
public:
  void runOnOperation() override {
    roundedValues.clear();
    SmallVector<std::pair<Operation *, Precision>> asked;
    getOperation()->walk([&](Operation *op) {
      if (std::optional<Precision> precision = getStatedPrecision(op))
        asked.push_back({op, *precision});
      op->removeAttr(kPrecisionAttr);
    });
    for (auto [op, precision] : asked)
      if (precision == Precision::BF16 || precision == Precision::F16)
        narrow(op, precision == Precision::BF16);
    // The f32 weights, and what moved behind a rounding.
    getOperation()->walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
      if (isOpTriviallyDead(op))
        op->erase();
    });
  }

private:
  void narrow(Operation *op, bool toBf16);
  Value roundActivation(OpBuilder &builder, Value value);
  std::string roundWeight(OpBuilder &builder, Operation *op, Value weight, bool toBf16, Value &rounded);

  DenseMap<Value, Value> roundedValues;
};

/// `value` rounded to bf16, behind it, or before the single-use value-preserving operations that made it: rounding is
/// monotone, so that it commutes with moving and selecting elements.
Value NarrowFloatsPass::roundActivation(OpBuilder &builder, Value value) {
  if (Value known = roundedValues.lookup(value))
    return known;
  OpBuilder::InsertionGuard guard(builder);
  Type bf16 = builder.getBF16Type();
  Value rounded;
  auto moving = value.getDefiningOp<QuantizableOpInterface>();
  QuantRule rule = moving ? moving.getQuantRule() : QuantRule();
  if (rule.role == QuantRole::ValuePreserving && value.hasOneUse()) {
    SmallVector<Value> operands;
    for (OpOperand *operand : rule.activations)
      operands.push_back(roundActivation(builder, operand->get()));
    builder.setInsertionPoint(moving);
    rounded = moving.cloneOnStorage(builder, operands, StorageKind());
  } else {
    builder.setInsertionPointAfterValue(value);
    auto type = cast<RankedTensorType>(value.getType());
    Location loc = value.getLoc();
    Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), bf16);
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> parallel(type.getRank(), utils::IteratorType::parallel);
    rounded =
        linalg::GenericOp::create(builder, loc, type.clone(bf16), value, empty, ArrayRef{identity, identity}, parallel,
                                  [&](OpBuilder &b, Location bodyLoc, ValueRange args) {
                                    Value narrow = arith::TruncFOp::create(b, bodyLoc, bf16, args[0]);
                                    linalg::YieldOp::create(b, bodyLoc, narrow);
                                  })
            .getResult(0);
  }
  roundedValues[value] = rounded;
  return rounded;
}

/// Makes the constant of the rounded weight; returns why it cannot, or nothing.
std::string NarrowFloatsPass::roundWeight(OpBuilder &builder, Operation *op, Value weight, bool toBf16,
                                          Value &rounded) {
  std::optional<std::vector<float>> values = readConstant<float>(weight);
  if (!values)
    return "its weight is not a constant that can be read";
  std::vector<uint16_t> bits;
  bits.reserve(values->size());
  for (float value : *values) {
    if (!toBf16 && std::fabs(value) > kLargestF16)
      return llvm::formatv("its weight holds {0:g}, and 65504 is the largest f16", value).str();
    bits.push_back(toBf16 ? numerics::roundToBf16(value) : numerics::roundToF16(value));
  }
  Type element = toBf16 ? Type(builder.getBF16Type()) : Type(builder.getF16Type());
  auto type = cast<RankedTensorType>(weight.getType()).clone(element);
  rounded = createConstant<uint16_t>(builder, op->getLoc(), type, bits, getNodeName(op->getLoc()) + "_weight");
  return "";
}

void NarrowFloatsPass::narrow(Operation *op, bool toBf16) {
  auto refuse = [&](const std::string &reason) {
    remark::missed(op->getLoc(), remark::RemarkOpts::name("StaysF32").category("qnn")) << remark::reason("{0}", reason);
  };
  QuantRule rule = getQuantRule(op);
  if (rule.role != QuantRole::Contraction)
    return; // Its epilogue is f32 whatever it asks for.
  if (!toBf16 && !rule.weight)
    return refuse("f16 is the storage of weights, and it has none");
  OpBuilder builder(op);
  Location loc = op->getLoc();
  SmallVector<Value> operands;
  Value weight;
  if (rule.weight)
    if (std::string reason = roundWeight(builder, op, rule.weight->get(), toBf16, weight); !reason.empty())
      return refuse(reason);
  for (OpOperand *activation : rule.activations)
    operands.push_back(toBf16 ? roundActivation(builder, activation->get()) : activation->get());
  if (weight)
    operands.push_back(weight);

  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  Value zero = arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0.0f));
  Value init = linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
  auto sum = linalg::GenericOp::create(
      builder, loc, type, operands, init, rule.maps, rule.iterators,
      [&](OpBuilder &b, Location bodyLoc, ValueRange args) {
        auto extend = [&](Value value) -> Value {
          return value.getType().isF32() ? value : arith::ExtFOp::create(b, bodyLoc, b.getF32Type(), value);
        };
        Value product = arith::MulFOp::create(b, bodyLoc, extend(args[0]), extend(args[1]));
        Value total = arith::AddFOp::create(b, bodyLoc, args[2], product);
        linalg::YieldOp::create(b, bodyLoc, total);
      });
  op->replaceAllUsesWith(sum);
  op->erase();
  ++(toBf16 ? numBf16 : numF16);
}

} // namespace
