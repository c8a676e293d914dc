//===- Unary.cpp - Operators of one input, element by element, that are not activations ---------------------------===//
#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

/// An operator that is one operation on floats.
template <typename OpTy> static LogicalResult importFloatUnary(NodeImporter &n) {
  if (failed(expectFloat(n, 0)))
    return failure();
  return importUnary(n, [](ScalarMath &m, Value x) { return m.apply<OpTy>(x); });
}

static LogicalResult importAbs(NodeImporter &n) {
  return importUnary(n, [](ScalarMath &m, Value x) { return m.abs(x); });
}

static LogicalResult importNeg(NodeImporter &n) {
  return importUnary(n, [](ScalarMath &m, Value x) { return m.neg(x); });
}

static LogicalResult importReciprocal(NodeImporter &n) {
  if (failed(expectFloat(n, 0)))
    return failure();
  return importUnary(n, [](ScalarMath &m, Value x) { return m.div(m.constant(x, 1), x); });
}

/// NaN and zeros of either sign give themselves.
static LogicalResult importSign(NodeImporter &n) {
  bool hasNegative = !isUnsigned(n.inputType(0));
  return importUnary(n, [&](ScalarMath &m, Value x) {
    Value zero = m.constant(x, 0);
    Value rest = hasNegative ? m.select(m.less(x, zero), m.constant(x, -1), x) : x;
    return m.select(m.greater(x, zero), m.constant(x, 1), rest);
  });
}

static LogicalResult importNot(NodeImporter &n) {
  if (failed(expectType(n, 0, ElementType::Bool)))
    return failure();
  return importUnary(n, [](ScalarMath &m, Value x) { return m.apply<arith::XOrIOp>(x, m.integer(x.getType(), 1)); });
}

static LogicalResult importBitwiseNot(NodeImporter &n) {
  if (isFloat(n.inputType(0)) || n.inputType(0) == ElementType::Bool)
    return n.invalid("bitwise operators take integers");
  return importUnary(n, [](ScalarMath &m, Value x) { return m.apply<arith::XOrIOp>(x, m.integer(x.getType(), -1)); });
}

static LogicalResult importIsNaN(NodeImporter &n) {
  if (failed(expectFloat(n, 0)))
    return failure();
  Value result = computePredicate(n, n.input(0), n.inputType(0),
                                  [](ScalarMath &m, ValueRange args) { return m.unordered(args[0], args[0]); });
  return n.setResult(0, result, ElementType::Bool);
}

static LogicalResult importIsInf(NodeImporter &n) {
  if (failed(expectFloat(n, 0)))
    return failure();
  bool positive = n.intAttr("detect_positive", 1), negative = n.intAttr("detect_negative", 1);
  Value result = computePredicate(n, n.input(0), n.inputType(0), [&](ScalarMath &m, ValueRange args) {
    double infinity = std::numeric_limits<double>::infinity();
    Value x = positive && negative ? m.abs(args[0]) : args[0];
    if (!positive && !negative)
      return m.less(x, x);
    return m.equal(x, m.constant(x, positive ? infinity : -infinity));
  });
  return n.setResult(0, result, ElementType::Bool);
}

void mlir::qnn::onnx_import::populateUnary(OpTable &table) {
  table.add("Acos", importFloatUnary<math::AcosOp>, 1, 1);
  table.add("Acosh", importFloatUnary<math::AcoshOp>, 1, 1);
  table.add("Asin", importFloatUnary<math::AsinOp>, 1, 1);
  table.add("Asinh", importFloatUnary<math::AsinhOp>, 1, 1);
  table.add("Atan", importFloatUnary<math::AtanOp>, 1, 1);
  table.add("Atanh", importFloatUnary<math::AtanhOp>, 1, 1);
  table.add("Ceil", importFloatUnary<math::CeilOp>, 1, 1);
  table.add("Cos", importFloatUnary<math::CosOp>, 1, 1);
  table.add("Cosh", importFloatUnary<math::CoshOp>, 1, 1);
  table.add("Erf", importFloatUnary<math::ErfOp>, 1, 1);
  table.add("Exp", importFloatUnary<math::ExpOp>, 1, 1);
  table.add("Floor", importFloatUnary<math::FloorOp>, 1, 1);
  table.add("Log", importFloatUnary<math::LogOp>, 1, 1);
  table.add("Round", importFloatUnary<math::RoundEvenOp>, 1, 1);
  table.add("Sin", importFloatUnary<math::SinOp>, 1, 1);
  table.add("Sinh", importFloatUnary<math::SinhOp>, 1, 1);
  table.add("Sqrt", importFloatUnary<math::SqrtOp>, 1, 1);
  table.add("Tan", importFloatUnary<math::TanOp>, 1, 1);
  table.add("Tanh", importFloatUnary<math::TanhOp>, 1, 1);
  table.add("Abs", importAbs, 1, 1);
  table.add("BitwiseNot", importBitwiseNot, 1, 1);
  table.add("IsInf", importIsInf, 1, 1);
  table.add("IsNaN", importIsNaN, 1, 1);
  table.add("Neg", importNeg, 1, 1);
  table.add("Not", importNot, 1, 1);
  table.add("Reciprocal", importReciprocal, 1, 1);
  table.add("Sign", importSign, 1, 1);
}
