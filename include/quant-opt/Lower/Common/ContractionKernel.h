//===- ContractionKernel.h - What the kernels of one qnn.contract have in common on all targets ------------------===//
#ifndef QUANT_OPT_LOWER_COMMON_CONTRACTIONKERNEL_H
#define QUANT_OPT_LOWER_COMMON_CONTRACTIONKERNEL_H

#include "quant-opt/Lower/Common/ContractionPlan.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::qnn {

/// Builds the loops that replace one qnn.contract. Operands are flat memrefs; a place in them is a base plus offsets,
/// in elements.
class ContractionKernel {
public:
  ContractionKernel(OpBuilder &builder, ContractOp op, const ContractionPlan &plan)
      : b(builder), loc(op.getLoc()), op(op), plan(plan) {}
  virtual ~ContractionKernel() = default;

protected:
  /// The bases of all operands at one point of the parallel loops.
  struct Place {
    Value lhs, rhs, out;
    SmallVector<Value> extras;
  };

  /// Makes the scf.forall over `count` iterations before the operation; what is built next is its body.
  scf::ForallOp beginLoop(int64_t count);
  /// Takes the fastest index of `extent` values off `rest`, which is that index itself if it `isLast`.
  Value split(Value &rest, int64_t extent, bool isLast = false);
  Place getOrigin();
  /// The place `by` steps of the loop later.
  Place at(Place place, const PlanLoop &loop, Value by);

  /// A loop from 0 to `count` that carries `values`; without a loop for one iteration.
  SmallVector<Value> forRange(int64_t count, ArrayRef<Value> values,
                              llvm::function_ref<SmallVector<Value>(Value index, ArrayRef<Value> values)> body);
  /// The reduction loops outside the run: `body` gets the places in lhs and rhs.
  SmallVector<Value> forOuterReductions(Value lhs, Value rhs, ArrayRef<Value> accs,
                                        llvm::function_ref<SmallVector<Value>(Value, Value, ArrayRef<Value>)> body,
                                        size_t level = 0);
  /// Says of a loop that was just made what the target's compiler is to know.
  virtual void annotate(scf::ForOp) {}

  /// Clones the epilogue up to `end` on vectors of `lanes`; the result maps its values to vectors. What is in `known`
  /// is there already.
  IRMapping cloneEpilogue(IRMapping known, Operation *end, int64_t lanes);
  /// The vector of `lanes` that stands for an epilogue's value, which may come from outside of it.
  Value vectorize(IRMapping &mapping, Value value, int64_t lanes);

  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }
  Value add(Value x, Value y) { return b.createOrFold<arith::AddIOp>(loc, x, y); }
  Value add(Value x, int64_t y) { return y == 0 ? x : add(x, index(y)); }
  Value mul(Value x, int64_t y) { return y == 1 ? x : b.createOrFold<arith::MulIOp>(loc, x, index(y)); }
  VectorType vectorOf(Type element, int64_t size) { return VectorType::get(size, element); }
  /// What sums are held in: f32 or i32.
  Type getAccElement() { return plan.isFloat ? Type(b.getF32Type()) : Type(b.getI32Type()); }

  OpBuilder &b;
  Location loc;
  ContractOp op;
  const ContractionPlan &plan;
  Value lhs, rhs, out;
  SmallVector<Value> extras;

private:
  Value flatten(Value memref);
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LOWER_COMMON_CONTRACTIONKERNEL_H
