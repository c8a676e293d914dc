//===- Selection.cpp - Where, Clip, and the operators of any number of inputs: Max, Min, Sum, Mean ----------------===//
#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

static LogicalResult importWhere(NodeImporter &n) {
  if (failed(expectType(n, 0, ElementType::Bool)) || failed(expectSameTypes(n, 1)))
    return failure();
  ElementType type = n.inputType(1);
  Value result = n.elementwise({n.input(0), n.input(1), n.input(2)}, n.irType(type),
                               [](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                                 ScalarMath m(b, /*isUnsigned=*/true);
                                 return m.select(m.toBit(args[0]), args[1], args[2]);
                               });
  return n.setResult(0, result, type);
}

/// Clip with bounds as attributes (before version 11), where the largest floats stand for no bound.
static LogicalResult importClipAttributes(NodeImporter &n) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  float low = n.floatAttr("min", -kLargest), high = n.floatAttr("max", kLargest);
  if (failed(expectFloat(n, 0)))
    return failure();
  if (low == -kLargest && high == kLargest)
    return n.setResult(0, n.input(0), n.inputType(0));
  return importUnary(n, [&](ScalarMath &m, Value x) {
    Value bounded = low == -kLargest ? x : m.max(x, m.constant(x, low));
    return high == kLargest ? bounded : m.min(bounded, m.constant(x, high));
  });
}

static LogicalResult importClip(NodeImporter &n) {
  if (n.opset() < 11)
    return importClipAttributes(n);
  if (failed(expectSameTypes(n)))
    return failure();
  bool hasLow = n.hasInput(1), hasHigh = n.hasInput(2);
  SmallVector<Value> operands{n.input(0)};
  for (unsigned i : {1, 2}) {
    if (!n.hasInput(i))
      continue;
    if (n.tensorType(i).getNumElements() != 1)
      return n.invalid("a bound of Clip has " + Twine(n.tensorType(i).getNumElements()) + " elements, expected one");
    operands.push_back(n.rank(i) == 0 ? n.input(i) : n.reshape(n.input(i), {}));
    if (!operands.back())
      return failure();
  }
  ElementType type = n.inputType(0);
  if (!hasLow && !hasHigh)
    return n.setResult(0, n.input(0), type);
  Value result = computeElementwise(n, operands, type, [&](ScalarMath &m, ValueRange args) {
    Value bounded = hasLow ? m.max(args[0], args[1]) : args[0];
    return hasHigh ? m.min(bounded, args.back()) : bounded;
  });
  return n.setResult(0, result, type);
}

/// Folds `combine` over all inputs from the left, in one operation, and then `finish`es each result.
static LogicalResult importVariadic(NodeImporter &n, llvm::function_ref<Value(ScalarMath &m, Value x, Value y)> combine,
                                    llvm::function_ref<Value(ScalarMath &m, Value x)> finish = nullptr) {
  if (failed(expectSameTypes(n)))
    return failure();
  SmallVector<Value> operands;
  for (unsigned i = 0; i < n.numInputs(); ++i) {
    if (!n.hasInput(i))
      return n.invalid("input " + Twine(i) + " is missing");
    operands.push_back(n.input(i));
  }
  ElementType type = n.inputType(0);
  if (operands.size() == 1)
    return n.setResult(0, operands.front(), type);
  Value result = computeElementwise(n, operands, type, [&](ScalarMath &m, ValueRange args) {
    Value combined = args.front();
    for (Value arg : args.drop_front())
      combined = combine(m, combined, arg);
    return finish ? finish(m, combined) : combined;
  });
  return n.setResult(0, result, type);
}

static LogicalResult importMax(NodeImporter &n) {
  return importVariadic(n, [](ScalarMath &m, Value x, Value y) { return m.max(x, y); });
}

static LogicalResult importMin(NodeImporter &n) {
  return importVariadic(n, [](ScalarMath &m, Value x, Value y) { return m.min(x, y); });
}

static LogicalResult importSum(NodeImporter &n) {
  return importVariadic(n, [](ScalarMath &m, Value x, Value y) { return m.add(x, y); });
}

static LogicalResult importMean(NodeImporter &n) {
  double count = n.numInputs();
  return importVariadic(
      n, [](ScalarMath &m, Value x, Value y) { return m.add(x, y); },
      [&](ScalarMath &m, Value x) { return m.div(x, m.constant(x, count)); });
}

void mlir::qnn::onnx_import::populateSelection(OpTable &table) {
  table.add("Clip", importClip, 1, 3);
  table.add("Max", importMax, 1, OpTable::kVariadic);
  table.add("Mean", importMean, 1, OpTable::kVariadic);
  table.add("Min", importMin, 1, OpTable::kVariadic);
  table.add("Sum", importSum, 1, OpTable::kVariadic);
  table.add("Where", importWhere, 3, 3);
}
