//===- ScalarMath.cpp - Formulas on one element, whatever its ONNX element type -----------------------------------===//
#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::onnx_import;

static bool isFloatValue(Value value) { return isa<FloatType>(value.getType()); }

Value ScalarMath::constant(Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
  return integer(type, static_cast<int64_t>(value));
}

Value ScalarMath::integer(Type type, int64_t value) {
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
}

Value ScalarMath::add(Value x, Value y) {
  return isFloatValue(x) ? apply<arith::AddFOp>(x, y) : apply<arith::AddIOp>(x, y);
}

Value ScalarMath::sub(Value x, Value y) {
  return isFloatValue(x) ? apply<arith::SubFOp>(x, y) : apply<arith::SubIOp>(x, y);
}

Value ScalarMath::mul(Value x, Value y) {
  return isFloatValue(x) ? apply<arith::MulFOp>(x, y) : apply<arith::MulIOp>(x, y);
}

Value ScalarMath::max(Value x, Value y) {
  if (isFloatValue(x))
    return apply<arith::MaximumFOp>(x, y);
  return isUnsigned ? apply<arith::MaxUIOp>(x, y) : apply<arith::MaxSIOp>(x, y);
}

Value ScalarMath::min(Value x, Value y) {
  if (isFloatValue(x))
    return apply<arith::MinimumFOp>(x, y);
  return isUnsigned ? apply<arith::MinUIOp>(x, y) : apply<arith::MinSIOp>(x, y);
}

Value ScalarMath::neg(Value x) { return isFloatValue(x) ? apply<arith::NegFOp>(x) : sub(integer(x.getType(), 0), x); }

Value ScalarMath::abs(Value x) {
  if (isFloatValue(x))
    return apply<math::AbsFOp>(x);
  return isUnsigned ? x : max(x, neg(x));
}

Value ScalarMath::compare(arith::CmpFPredicate onFloats, arith::CmpIPredicate onSigned, arith::CmpIPredicate onUnsigned,
                          Value x, Value y) {
  if (isFloatValue(x))
    return arith::CmpFOp::create(b, onFloats, x, y);
  return arith::CmpIOp::create(b, isUnsigned ? onUnsigned : onSigned, x, y);
}

Value ScalarMath::equal(Value x, Value y) {
  return compare(arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq, arith::CmpIPredicate::eq, x, y);
}

Value ScalarMath::less(Value x, Value y) {
  return compare(arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, arith::CmpIPredicate::ult, x, y);
}

Value ScalarMath::lessOrEqual(Value x, Value y) {
  return compare(arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle, arith::CmpIPredicate::ule, x, y);
}

Value ScalarMath::greater(Value x, Value y) {
  return compare(arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt, arith::CmpIPredicate::ugt, x, y);
}

Value ScalarMath::greaterOrEqual(Value x, Value y) {
  return compare(arith::CmpFPredicate::OGE, arith::CmpIPredicate::sge, arith::CmpIPredicate::uge, x, y);
}

Value ScalarMath::unordered(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, y); }

Value ScalarMath::select(Value condition, Value x, Value y) { return arith::SelectOp::create(b, condition, x, y); }

Value ScalarMath::toBit(Value value) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value, integer(value.getType(), 0));
}

Value ScalarMath::safeDivisor(Value divisor) {
  Type type = divisor.getType();
  Value one = integer(type, 1);
  Value safe = select(equal(divisor, integer(type, 0)), one, divisor);
  return isUnsigned ? safe : select(equal(divisor, integer(type, -1)), one, safe);
}

Value ScalarMath::div(Value x, Value y) {
  if (isFloatValue(x))
    return apply<arith::DivFOp>(x, y);
  Value divisor = safeDivisor(y);
  if (isUnsigned)
    return apply<arith::DivUIOp>(x, divisor);
  return select(equal(y, integer(y.getType(), -1)), neg(x), apply<arith::DivSIOp>(x, divisor));
}

Value ScalarMath::remainder(Value x, Value y) {
  if (isFloatValue(x))
    return apply<arith::RemFOp>(x, y);
  return isUnsigned ? apply<arith::RemUIOp>(x, safeDivisor(y)) : apply<arith::RemSIOp>(x, safeDivisor(y));
}

Value ScalarMath::modulo(Value x, Value y) {
  Value rest = remainder(x, y);
  if (isUnsigned)
    return rest;
  Value signsDiffer = less(apply<arith::XOrIOp>(rest, y), integer(x.getType(), 0));
  return select(apply<arith::AndIOp>(signsDiffer, toBit(rest)), add(rest, y), rest);
}

/// f16 and bf16 arguments as f32; everything else as it is.
static SmallVector<Value> widenArguments(ImplicitLocOpBuilder &b, ValueRange args) {
  SmallVector<Value> wide;
  for (Value arg : args) {
    auto type = dyn_cast<FloatType>(arg.getType());
    wide.push_back(type && type.getWidth() < 32 ? arith::ExtFOp::create(b, b.getF32Type(), arg).getResult() : arg);
  }
  return wide;
}

Value onnx_import::computeElementwise(NodeImporter &n, ValueRange inputs, ElementType type, Formula formula) {
  Type element = n.irType(type);
  return n.elementwise(inputs, element, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    ScalarMath m(b, isUnsigned(type));
    Value result = formula(m, widenArguments(b, args));
    return result.getType() == element ? result : arith::TruncFOp::create(b, element, result).getResult();
  });
}

Value onnx_import::computePredicate(NodeImporter &n, ValueRange inputs, ElementType type, Formula formula) {
  return n.elementwise(inputs, n.b.getI8Type(), [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    ScalarMath m(b, isUnsigned(type));
    return arith::ExtUIOp::create(b, b.getI8Type(), formula(m, widenArguments(b, args)));
  });
}

LogicalResult onnx_import::expectFloat(NodeImporter &n, unsigned i) {
  if (isFloat(n.inputType(i)))
    return success();
  return n.invalid("input " + Twine(i) + " has " + getElementTypeName(n.inputType(i)) + " elements, expected floats");
}

LogicalResult onnx_import::expectType(NodeImporter &n, unsigned i, ElementType type) {
  if (n.inputType(i) == type)
    return success();
  return n.invalid("input " + Twine(i) + " has " + getElementTypeName(n.inputType(i)) + " elements, expected " +
                   getElementTypeName(type));
}

LogicalResult onnx_import::expectSameTypes(NodeImporter &n, unsigned first) {
  for (unsigned i = first + 1; i < n.numInputs(); ++i)
    if (n.hasInput(i) && failed(expectType(n, i, n.inputType(first))))
      return failure();
  return success();
}

LogicalResult onnx_import::importUnary(NodeImporter &n, llvm::function_ref<Value(ScalarMath &m, Value x)> formula) {
  ElementType type = n.inputType(0);
  Value result =
      computeElementwise(n, n.input(0), type, [&](ScalarMath &m, ValueRange args) { return formula(m, args[0]); });
  return n.setResult(0, result, type);
}
