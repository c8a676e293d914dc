//===- ScalarMath.h - Formulas on one element, whatever its ONNX element type -------------------------------------===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_SCALARMATH_H
#define QUANT_OPT_LIB_IMPORT_ONNX_SCALARMATH_H

#include "NodeImporter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace mlir::qnn::onnx_import {

/// Writes arithmetic into the body of an elementwise operation. A function picks the operation for floats, signed or
/// unsigned integers; no integer operation that it writes can trap or is undefined for some input.
class ScalarMath {
public:
  ScalarMath(ImplicitLocOpBuilder &b, bool isUnsigned) : b(b), isUnsigned(isUnsigned) {}

  /// `value` rounded to `type`, truncated for integers.
  Value constant(Type type, double value);
  Value constant(Value like, double value) { return constant(like.getType(), value); }
  Value integer(Type type, int64_t value);

  Value add(Value x, Value y);
  Value sub(Value x, Value y);
  Value mul(Value x, Value y);
  /// Integers round toward zero; over zero they give the dividend, and the lowest integer over -1 wraps.
  Value div(Value x, Value y);
  /// The remainder with the sign of the dividend (C).
  Value remainder(Value x, Value y);
  /// The remainder with the sign of the divisor (Python), of integers.
  Value modulo(Value x, Value y);
  Value max(Value x, Value y);
  Value min(Value x, Value y);
  Value neg(Value x);
  Value abs(Value x);

  Value equal(Value x, Value y);
  Value less(Value x, Value y);
  Value lessOrEqual(Value x, Value y);
  Value greater(Value x, Value y);
  Value greaterOrEqual(Value x, Value y);
  /// Whether either is NaN.
  Value unordered(Value x, Value y);
  Value select(Value condition, Value x, Value y);
  /// A bool (an i8 of 0 or 1) as an i1; any other integer as whether it is not zero.
  Value toBit(Value integer);

  template <typename OpTy> Value apply(Value x) { return OpTy::create(b, x); }
  template <typename OpTy> Value apply(Value x, Value y) { return OpTy::create(b, x, y); }

private:
  Value compare(arith::CmpFPredicate onFloats, arith::CmpIPredicate onSigned, arith::CmpIPredicate onUnsigned, Value x,
                Value y);
  /// The divisor with the values that would trap replaced by 1.
  Value safeDivisor(Value divisor);

  ImplicitLocOpBuilder &b;
  bool isUnsigned;
};

using Formula = llvm::function_ref<Value(ScalarMath &m, ValueRange args)>;

/// One elementwise operation over the broadcast inputs, which are of ONNX type `type`, to a result of the same type.
/// Floats of 16 bits are computed in f32.
Value computeElementwise(NodeImporter &n, ValueRange inputs, ElementType type, Formula formula);

/// The same for a formula that gives an i1; the result is bool.
Value computePredicate(NodeImporter &n, ValueRange inputs, ElementType type, Formula formula);

/// Fails unless input `i` is of a float type.
LogicalResult expectFloat(NodeImporter &n, unsigned i);
/// Fails unless all given inputs from `first` on have the element type of input `first`.
LogicalResult expectSameTypes(NodeImporter &n, unsigned first = 0);
/// Fails unless input `i` has the element type.
LogicalResult expectType(NodeImporter &n, unsigned i, ElementType type);

/// The whole import of an operator with one input and one result of its type.
LogicalResult importUnary(NodeImporter &n, llvm::function_ref<Value(ScalarMath &m, Value x)> formula);

} // namespace mlir::qnn::onnx_import

#endif // QUANT_OPT_LIB_IMPORT_ONNX_SCALARMATH_H
