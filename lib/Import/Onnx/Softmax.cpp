//===- Softmax.cpp - Softmax and LogSoftmax as reductions and elementwise operations ------------------------------===//
#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

/// The axes that are normalized together: one since version 13, all from the axis on before.
static std::optional<SmallVector<int64_t>> getNormalizedAxes(NodeImporter &n) {
  bool isOneAxis = n.opset() >= 13;
  int64_t rank = n.rank(0), axis = n.intAttr("axis", isOneAxis ? -1 : 1);
  if (!isOneAxis && axis == rank) // nothing is left to flatten into the second dimension
    return SmallVector<int64_t>();
  std::optional<int64_t> first = n.normalizeAxis(axis, rank);
  if (!first)
    return std::nullopt;
  return llvm::to_vector(llvm::seq<int64_t>(*first, isOneAxis ? *first + 1 : rank));
}

static LogicalResult importSoftmaxOf(NodeImporter &n, bool isLog) {
  if (failed(expectFloat(n, 0)))
    return failure();
  std::optional<SmallVector<int64_t>> axes = getNormalizedAxes(n);
  if (!axes)
    return failure();
  ElementType type = n.inputType(0);
  ElementType computed = type == ElementType::Double ? type : ElementType::Float;
  Type element = n.irType(computed);
  Value x = n.castTensor(n.input(0), type, computed);
  Value lowest = n.scalar(element, -std::numeric_limits<double>::infinity());
  Value max = n.reduce(x, *axes, /*keepDims=*/true, lowest, [](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    return arith::MaximumFOp::create(b, args[1], args[0]);
  });
  if (!x || !max)
    return failure();
  Value shifted =
      computeElementwise(n, {x, max}, computed, [](ScalarMath &m, ValueRange args) { return m.sub(args[0], args[1]); });
  if (!shifted)
    return failure();
  Value powers = computeElementwise(n, shifted, computed,
                                    [](ScalarMath &m, ValueRange args) { return m.apply<math::ExpOp>(args[0]); });
  Value sum = n.reduce(
      powers, *axes, /*keepDims=*/true, n.scalar(element, 0),
      [](ImplicitLocOpBuilder &b, ValueRange args) -> Value { return arith::AddFOp::create(b, args[1], args[0]); });
  if (!sum)
    return failure();
  Value result = computeElementwise(n, {isLog ? shifted : powers, sum}, computed, [&](ScalarMath &m, ValueRange args) {
    return isLog ? m.sub(args[0], m.apply<math::LogOp>(args[1])) : m.div(args[0], args[1]);
  });
  return n.setResult(0, n.castTensor(result, computed, type), type);
}

static LogicalResult importSoftmax(NodeImporter &n) { return importSoftmaxOf(n, /*isLog=*/false); }
static LogicalResult importLogSoftmax(NodeImporter &n) { return importSoftmaxOf(n, /*isLog=*/true); }

void mlir::qnn::onnx_import::populateSoftmax(OpTable &table) {
  table.add("LogSoftmax", importLogSoftmax, 1, 1);
  table.add("Softmax", importSoftmax, 1, 1);
}
