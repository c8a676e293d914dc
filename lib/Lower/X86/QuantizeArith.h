//===- QuantizeArith.h - The numeric contract's operations as arithmetic of one CPU path -------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_X86_QUANTIZEARITH_H
#define QUANT_OPT_LIB_LOWER_X86_QUANTIZEARITH_H

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Support/CpuPath.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::qnn {

/// Builds arithmetic on scalars or on vectors of one length.
class QuantizeArith {
public:
  /// `shape` is any type of the operation at hand: a vector of that length, or a scalar.
  QuantizeArith(OpBuilder &builder, Location loc, Type shape, CpuPath path)
      : b(builder), loc(loc), shape(dyn_cast<VectorType>(shape)), path(path) {}

  Value expand(QuantizeOp op);
  Value expand(RequantizeOp op);
  Value expand(DequantizeOp op);
  /// Nothing if `op` has to stay a division.
  Value expand(arith::DivFOp op);

  /// x / divisor from the inverse of a divisor above 0, where numerics::divideByInverse is exact.
  Value divideByInverse(Value x, Value divisor, Value inverse);

  /// What is left to do with a value before it is a byte: rne(x) + zeroPoint, then the bounds [lo, hi] of which
  /// those of the type itself come by saturation. |x| is below 2^31 and x is no NaN.
  struct Rounding {
    int32_t zeroPoint, lo, hi;
    bool isUnsigned;
  };
  /// The f32 values that `op` rounds, from its operands.
  Value beforeRounding(QuantizeOp op, Value input, Value scale);
  Value beforeRounding(RequantizeOp op, Value input, Value multiplier);
  static Rounding getRounding(QuantizeOp op);
  static Rounding getRounding(RequantizeOp op);

  /// Rounds two or four vectors of n values with saturating packs: far fewer shuffles than truncating each takes. Of
  /// four vectors, byte 16 l + 4 v + j of the result is element 4 l + j of vector v; of two, bytes 16 l + 8 ... repeat
  /// those before.
  Value roundToInterleavedBytes(ArrayRef<Value> values, const Rounding &rounding);
  /// The same in order: all of vector 0, then all of vector 1, ...
  Value roundToBytes(ArrayRef<Value> values, const Rounding &rounding);

private:
  Type like(Type element) { return shape ? Type(shape.clone(element)) : element; }
  Value constant(Type element, Attribute value);
  Value constant(float value) { return constant(b.getF32Type(), b.getF32FloatAttr(value)); }
  Value constant(int32_t value) { return constant(b.getI32Type(), b.getI32IntegerAttr(value)); }
  Value broadcast(Value value);
  Value select(arith::CmpFPredicate predicate, Value x, Value bound);
  Value clamp(Value x, float lo, float hi);
  Value withoutNan(Value x, Value original, float otherwise);
  Value divide(Value x, Value scale);
  Value divide(Value x, Value scale, float lo, float hi);
  Value divideByAnyInverse(Value x, Value divisor, Value inverse);
  Value toInteger(Value x, Type type, const Rounding &rounding);
  Value call(StringRef name, Type type, ValueRange operands);
  Value roundToInteger(Value x);

  OpBuilder &b;
  Location loc;
  VectorType shape;
  CpuPath path;
};

/// Whether all iterations of the loop see one value.
bool isInvariant(Value value, scf::ForOp loop);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_X86_QUANTIZEARITH_H
