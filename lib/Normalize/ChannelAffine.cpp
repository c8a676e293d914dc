//===- ChannelAffine.cpp - Elementwise operations that scale and shift each channel by constants ------------------===//
#include "ChannelAffine.h"

#include "Body.h"
#include "Relayout.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::qnn;

bool ChannelAffine::isShift() const {
  return llvm::all_of(scale, [](double s) { return s == 1.0; });
}

bool ChannelAffine::isIdentity() const {
  return isShift() && llvm::all_of(offset, [](double o) { return o == 0.0; });
}

bool ChannelAffine::isFinite() const {
  auto finite = [](double number) { return std::isfinite(number); };
  return llvm::all_of(scale, finite) && llvm::all_of(offset, finite);
}

/// Entry by entry; one entry serves all.
template <typename Function>
static std::vector<double> combine(const std::vector<double> &a, const std::vector<double> &b, Function function) {
  std::vector<double> result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = function(a.size() == 1 ? a[0] : a[i], b.size() == 1 ? b[0] : b[i]);
  return result;
}

std::optional<ChannelAffine> ChannelAffine::then(const ChannelAffine &next) const {
  if (dim >= 0 && next.dim >= 0 && dim != next.dim)
    return std::nullopt;
  ChannelAffine result;
  result.dim = std::max(dim, next.dim);
  result.scale = combine(scale, next.scale, std::multiplies<double>());
  result.offset = combine(combine(offset, next.scale, std::multiplies<double>()), next.offset, std::plus<double>());
  return result;
}

namespace {
/// A scalar of the body as a function of x: an empty scale is a constant.
struct Symbolic {
  std::vector<double> scale, offset;
  bool isConstant() const { return scale.empty(); }
};

class BodyEvaluator {
public:
  BodyEvaluator(linalg::GenericOp op, OpOperand &x) : op(op), x(x) {}

  std::optional<ChannelAffine> run() {
    Block *body = op.getBody();
    for (OpOperand *operand : op.getDpsInputOperands())
      if (!bind(*operand))
        return std::nullopt;
    for (Operation &inner : body->without_terminator())
      if (std::optional<Symbolic> value = evaluate(inner))
        values[inner.getResult(0)] = *value;
      else
        return std::nullopt;
    std::optional<Symbolic> result = lookup(body->getTerminator()->getOperand(0));
    if (!result || result->isConstant())
      return std::nullopt;
    return ChannelAffine{result->scale, result->offset, dim};
  }

private:
  bool bind(OpOperand &operand) {
    Value argument = op.getMatchingBlockArgument(&operand);
    if (&operand == &x) {
      values[argument] = {{1.0}, {0.0}};
      return true;
    }
    ElementsAttr attr = getConstantBehindReshapes(operand.get());
    std::optional<std::vector<char>> bytes = attr && attr.getElementType().isF32() ? readBytes(attr) : std::nullopt;
    if (!bytes)
      return false;
    // At most one dimension may have an extent above one: the channel.
    AffineMap map = op.getMatchingIndexingMap(&operand), xMap = op.getMatchingIndexingMap(&x);
    auto shape = cast<RankedTensorType>(operand.get().getType()).getShape();
    for (auto [extent, expr] : llvm::zip_equal(shape, map.getResults())) {
      if (extent == 1)
        continue;
      std::optional<unsigned> position = xMap.getResultPosition(expr);
      if (!position || (dim >= 0 && dim != *position))
        return false;
      dim = *position;
    }
    const float *numbers = reinterpret_cast<const float *>(bytes->data());
    values[argument] = {{}, std::vector<double>(numbers, numbers + bytes->size() / sizeof(float))};
    return true;
  }

  std::optional<Symbolic> lookup(Value value) {
    if (auto known = values.find(value); known != values.end())
      return known->second;
    FloatAttr attr;
    if (!matchPattern(value, m_Constant(&attr)))
      return std::nullopt;
    return Symbolic{{}, {attr.getValueAsDouble()}};
  }

  std::optional<Symbolic> evaluate(Operation &inner) {
    if (inner.hasTrait<OpTrait::ConstantLike>())
      return inner.getNumResults() == 1 ? lookup(inner.getResult(0)) : std::nullopt;
    SmallVector<Symbolic> in;
    for (Value operand : inner.getOperands()) {
      std::optional<Symbolic> value = lookup(operand);
      if (!value)
        return std::nullopt;
      in.push_back(*value);
    }
    using Result = std::optional<Symbolic>;
    return TypeSwitch<Operation *, Result>(&inner)
        .Case([&](arith::AddFOp) { return add(in[0], in[1], 1.0); })
        .Case([&](arith::SubFOp) { return add(in[0], in[1], -1.0); })
        .Case([&](arith::NegFOp) { return multiply(in[0], Symbolic{{}, {-1.0}}, std::multiplies<double>()); })
        .Case([&](arith::MulFOp) -> Result {
          if (in[1].isConstant())
            return multiply(in[0], in[1], std::multiplies<double>());
          return in[0].isConstant() ? Result(multiply(in[1], in[0], std::multiplies<double>())) : std::nullopt;
        })
        .Case([&](arith::DivFOp) -> Result {
          return in[1].isConstant() ? Result(multiply(in[0], in[1], std::divides<double>())) : std::nullopt;
        })
        .Case([&](math::SqrtOp) { return mapConstant(in[0], [](double v) { return std::sqrt(v); }); })
        .Case([&](math::RsqrtOp) { return mapConstant(in[0], [](double v) { return 1.0 / std::sqrt(v); }); })
        .Default([](Operation *) { return std::nullopt; });
  }

  /// a + sign * b
  static Symbolic add(const Symbolic &a, const Symbolic &b, double sign) {
    auto sum = [&](double l, double r) { return l + sign * r; };
    std::vector<double> zero = {0.0};
    Symbolic result;
    if (!a.isConstant() || !b.isConstant())
      result.scale = combine(a.isConstant() ? zero : a.scale, b.isConstant() ? zero : b.scale, sum);
    result.offset = combine(a.offset, b.offset, sum);
    return result;
  }

  /// `a` multiplied or divided by a constant.
  template <typename Function>
  static Symbolic multiply(const Symbolic &a, const Symbolic &constant, Function function) {
    Symbolic result;
    if (!a.isConstant())
      result.scale = combine(a.scale, constant.offset, function);
    result.offset = combine(a.offset, constant.offset, function);
    return result;
  }

  template <typename Function> static std::optional<Symbolic> mapConstant(Symbolic a, Function function) {
    if (!a.isConstant())
      return std::nullopt;
    for (double &number : a.offset)
      number = function(number);
    return a;
  }

  linalg::GenericOp op;
  OpOperand &x;
  int64_t dim = -1;
  DenseMap<Value, Symbolic> values;
};
} // namespace

std::optional<ChannelAffine> qnn::matchChannelAffine(linalg::GenericOp op, OpOperand &x) {
  if (!isElementwise(op) || !cast<RankedTensorType>(x.get().getType()).getElementType().isF32() ||
      op.getMatchingIndexingMap(&x) != op.getMatchingIndexingMap(op.getDpsInitOperand(0)))
    return std::nullopt;
  return BodyEvaluator(op, x).run();
}
