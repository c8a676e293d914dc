//===- Binary.cpp - Operators of two inputs, element by element: arithmetic, comparisons, logic, bits -------------===//
#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

namespace {
using BinaryFormula = llvm::function_ref<Value(ScalarMath &m, Value x, Value y)>;
} // namespace

/// The second input; before version 7 it was aligned with the first at attribute `axis`, so it gets ones after its
/// dimensions.
static Value getAlignedSecond(NodeImporter &n) {
  Value second = n.input(1);
  if (n.opset() >= 7 || !n.hasAttr("axis"))
    return second;
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), n.rank(0));
  if (!axis)
    return {};
  SmallVector<int64_t> shape(n.shape(1));
  if (*axis + n.rank(1) > n.rank(0)) {
    (void)n.invalid("the second input does not fit the first at axis " + Twine(*axis));
    return {};
  }
  shape.resize(n.rank(0) - *axis, 1);
  return n.reshape(second, shape);
}

static LogicalResult importSameType(NodeImporter &n, BinaryFormula formula) {
  Value second = getAlignedSecond(n);
  if (!second || failed(expectSameTypes(n)))
    return failure();
  ElementType type = n.inputType(0);
  Value result = computeElementwise(n, {n.input(0), second}, type,
                                    [&](ScalarMath &m, ValueRange args) { return formula(m, args[0], args[1]); });
  return n.setResult(0, result, type);
}

static LogicalResult importComparison(NodeImporter &n, BinaryFormula formula) {
  Value second = getAlignedSecond(n);
  if (!second || failed(expectSameTypes(n)))
    return failure();
  Value result = computePredicate(n, {n.input(0), second}, n.inputType(0),
                                  [&](ScalarMath &m, ValueRange args) { return formula(m, args[0], args[1]); });
  return n.setResult(0, result, ElementType::Bool);
}

static LogicalResult importAdd(NodeImporter &n) {
  return importSameType(n, [](ScalarMath &m, Value x, Value y) { return m.add(x, y); });
}

static LogicalResult importSub(NodeImporter &n) {
  return importSameType(n, [](ScalarMath &m, Value x, Value y) { return m.sub(x, y); });
}

static LogicalResult importMul(NodeImporter &n) {
  return importSameType(n, [](ScalarMath &m, Value x, Value y) { return m.mul(x, y); });
}

static LogicalResult importDiv(NodeImporter &n) {
  return importSameType(n, [](ScalarMath &m, Value x, Value y) { return m.div(x, y); });
}

static LogicalResult importMod(NodeImporter &n) {
  if (n.intAttr("fmod", 0))
    return importSameType(n, [](ScalarMath &m, Value x, Value y) { return m.remainder(x, y); });
  if (isFloat(n.inputType(0)))
    return n.invalid("Mod of floats needs fmod = 1");
  return importSameType(n, [](ScalarMath &m, Value x, Value y) { return m.modulo(x, y); });
}

/// The exponent if it is one constant small whole number, for which products are exact where pow is not.
static std::optional<int> getSmallExponent(NodeImporter &n) {
  if (n.tensorType(1).getNumElements() != 1 || n.rank(1) > n.rank(0))
    return std::nullopt;
  std::optional<SmallVector<double>> exponent = n.floats(1);
  if (!exponent || !llvm::is_contained({1.0, 2.0, 3.0}, exponent->front()))
    return std::nullopt;
  return static_cast<int>(exponent->front());
}

static LogicalResult importPow(NodeImporter &n) {
  ElementType type = n.inputType(0), exponentType = n.inputType(1);
  if (type == ElementType::Bool || exponentType == ElementType::Bool)
    return n.invalid("Pow takes numbers");
  if (std::optional<int> exponent = getSmallExponent(n))
    return importUnary(n, [&](ScalarMath &m, Value x) {
      Value square = *exponent == 1 ? x : m.mul(x, x);
      return *exponent == 3 ? m.mul(square, x) : square;
    });
  Value second = getAlignedSecond(n);
  if (!second)
    return failure();
  // Powers of integers are computed in double; a float base decides the precision of an integer exponent.
  ElementType computed = isFloat(type) ? type : ElementType::Double;
  Value base = computed == type ? n.input(0) : n.castTensor(n.input(0), type, computed);
  Value exponent = computed == exponentType ? second : n.castTensor(second, exponentType, computed);
  if (!base || !exponent)
    return failure();
  Value result = computeElementwise(n, {base, exponent}, computed, [](ScalarMath &m, ValueRange args) {
    return m.apply<math::PowFOp>(args[0], args[1]);
  });
  if (!result)
    return failure();
  return n.setResult(0, computed == type ? result : n.castTensor(result, computed, type), type);
}

static LogicalResult importEqual(NodeImporter &n) {
  return importComparison(n, [](ScalarMath &m, Value x, Value y) { return m.equal(x, y); });
}

static LogicalResult importLess(NodeImporter &n) {
  return importComparison(n, [](ScalarMath &m, Value x, Value y) { return m.less(x, y); });
}

static LogicalResult importLessOrEqual(NodeImporter &n) {
  return importComparison(n, [](ScalarMath &m, Value x, Value y) { return m.lessOrEqual(x, y); });
}

static LogicalResult importGreater(NodeImporter &n) {
  return importComparison(n, [](ScalarMath &m, Value x, Value y) { return m.greater(x, y); });
}

static LogicalResult importGreaterOrEqual(NodeImporter &n) {
  return importComparison(n, [](ScalarMath &m, Value x, Value y) { return m.greaterOrEqual(x, y); });
}

template <typename OpTy> static LogicalResult importLogic(NodeImporter &n) {
  if (failed(expectType(n, 0, ElementType::Bool)))
    return failure();
  return importSameType(n, [](ScalarMath &m, Value x, Value y) { return m.apply<OpTy>(x, y); });
}

template <typename OpTy> static LogicalResult importBitwise(NodeImporter &n) {
  if (isFloat(n.inputType(0)) || n.inputType(0) == ElementType::Bool)
    return n.invalid("bitwise operators take integers");
  return importSameType(n, [](ScalarMath &m, Value x, Value y) { return m.apply<OpTy>(x, y); });
}

static LogicalResult importBitShift(NodeImporter &n) {
  std::string direction = n.stringAttr("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    return n.invalid("direction is '" + direction + "', expected 'LEFT' or 'RIGHT'");
  if (!isUnsigned(n.inputType(0)) || n.inputType(0) == ElementType::Bool)
    return n.invalid("BitShift takes unsigned integers");
  return importSameType(n, [&](ScalarMath &m, Value x, Value y) {
    // A shift by the width or more leaves nothing; the hardware's shift would wrap around.
    Type type = x.getType();
    Value fits = m.less(y, m.integer(type, type.getIntOrFloatBitWidth()));
    Value amount = m.select(fits, y, m.integer(type, 0));
    Value shifted = direction == "LEFT" ? m.apply<arith::ShLIOp>(x, amount) : m.apply<arith::ShRUIOp>(x, amount);
    return m.select(fits, shifted, m.integer(type, 0));
  });
}

void mlir::qnn::onnx_import::populateBinary(OpTable &table) {
  table.add("Add", importAdd, 2, 2);
  table.add("And", importLogic<arith::AndIOp>, 2, 2);
  table.add("BitShift", importBitShift, 2, 2);
  table.add("BitwiseAnd", importBitwise<arith::AndIOp>, 2, 2);
  table.add("BitwiseOr", importBitwise<arith::OrIOp>, 2, 2);
  table.add("BitwiseXor", importBitwise<arith::XOrIOp>, 2, 2);
  table.add("Div", importDiv, 2, 2);
  table.add("Equal", importEqual, 2, 2);
  table.add("Greater", importGreater, 2, 2);
  table.add("GreaterOrEqual", importGreaterOrEqual, 2, 2);
  table.add("Less", importLess, 2, 2);
  table.add("LessOrEqual", importLessOrEqual, 2, 2);
  table.add("Mod", importMod, 2, 2);
  table.add("Mul", importMul, 2, 2);
  table.add("Or", importLogic<arith::OrIOp>, 2, 2);
  table.add("Pow", importPow, 2, 2);
  table.add("Sub", importSub, 2, 2);
  table.add("Xor", importLogic<arith::XOrIOp>, 2, 2);
}
