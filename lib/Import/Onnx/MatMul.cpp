//===- MatMul.cpp - MatMul and Gemm ------------------------------------------------------------------------------===//
#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

static LogicalResult importMatMul(NodeImporter &n) {
  ElementType type = n.inputType(0);
  if (n.inputType(1) != type)
    return n.invalid("both matrices must have one element type");
  if (type == ElementType::Bool || getByteWidth(type) == 1)
    return n.invalid("the element type " + getElementTypeName(type) + " is not one of MatMul's");
  Value result = multiplyMatrices(n, {n.input(0), type}, {n.input(1), type});
  if (result && getAccumulatorType(type) != type)
    result = n.castTensor(result, getAccumulatorType(type), type);
  return n.setResult(0, result, type);
}

/// `value` times a scalar of its type.
static Value scale(NodeImporter &n, Value value, ElementType type, float factor) {
  if (!value || factor == 1.0f)
    return value;
  return n.elementwise(value, n.irType(type), [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    Value constant = n.scalar(n.irType(type), factor);
    if (isFloat(type))
      return arith::MulFOp::create(b, args[0], constant);
    return arith::MulIOp::create(b, args[0], constant);
  });
}

static LogicalResult importGemm(NodeImporter &n) {
  ElementType type = n.inputType(0);
  if (n.inputType(1) != type || (n.hasInput(2) && n.inputType(2) != type))
    return n.invalid("all operands must have one element type");
  if (n.rank(0) != 2 || n.rank(1) != 2)
    return n.invalid("both matrices must have rank 2");
  float alpha = n.floatAttr("alpha", 1.0f), beta = n.floatAttr("beta", 1.0f);
  if (!isFloat(type) && (alpha != std::trunc(alpha) || beta != std::trunc(beta)))
    return n.unsupported("a fractional alpha or beta of integers");
  bool transA = n.intAttr("transA", 0) != 0, transB = n.intAttr("transB", 0) != 0;
  int64_t rows = n.shape(0)[transA ? 1 : 0], depth = n.shape(0)[transA ? 0 : 1];
  int64_t columns = n.shape(1)[transB ? 0 : 1];
  if (n.shape(1)[transB ? 1 : 0] != depth)
    return n.invalid("the matrices have inner dimensions of " + Twine(depth) + " and " +
                     Twine(n.shape(1)[transB ? 1 : 0]));

  AffineExpr m, c, k;
  bindDims(n.getContext(), m, c, k);
  auto map = [&](ArrayRef<AffineExpr> exprs) { return AffineMap::get(3, 0, exprs, n.getContext()); };
  SmallVector<AffineMap> maps{transA ? map({k, m}) : map({m, k}), transB ? map({c, k}) : map({k, c}), map({m, c})};
  using utils::IteratorType;
  ElementType accumulator = getAccumulatorType(type);
  Value result = contract(n, {n.input(0), type}, {n.input(1), type}, maps,
                          {IteratorType::parallel, IteratorType::parallel, IteratorType::reduction}, {rows, columns});
  result = scale(n, result, accumulator, alpha);
  if (result && n.hasInput(2) && beta != 0.0f) {
    SmallVector<int64_t> shape{rows, columns};
    std::optional<SmallVector<int64_t>> common = n.broadcastShape({shape, n.shape(2)});
    if (!common)
      return failure();
    if (*common != shape)
      return n.invalid("C does not broadcast to the product's shape");
    Value bias = scale(n, n.castTensor(n.input(2), type, accumulator), accumulator, beta);
    result =
        n.elementwise({result, bias}, n.irType(accumulator), [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
          if (isFloat(accumulator))
            return arith::AddFOp::create(b, args[0], args[1]);
          return arith::AddIOp::create(b, args[0], args[1]);
        });
  }
  if (result && accumulator != type)
    result = n.castTensor(result, accumulator, type);
  return n.setResult(0, result, type);
}

void qnn::onnx_import::populateMatMul(OpTable &table) {
  table.add("MatMul", importMatMul, 2, 2);
  table.add("Gemm", importGemm, 2, 3);
}
