//===- GpuKernel.h - What the kernels of one qnn.contract on a GPU have in common --------------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_NVPTX_GPUKERNEL_H
#define QUANT_OPT_LIB_LOWER_NVPTX_GPUKERNEL_H

#include "quant-opt/Lower/Common/ContractionKernel.h"
#include "quant-opt/Support/GpuChip.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::qnn {

/// Builds the loop that replaces one qnn.contract. Every buffer starts at a multiple of 64 bytes.
class GpuKernel : public ContractionKernel {
public:
  GpuKernel(OpBuilder &builder, ContractOp op, const ContractionPlan &plan, GpuChip chip);

  /// Whether the kernel can compute the plan, and well.
  virtual bool fits() const { return true; }
  virtual bool usesTensorCores() const { return false; }
  /// Makes the scf.forall before the operation; the operation itself stays.
  virtual void build() = 0;
  /// For the remark: "a thread for each element".
  virtual std::string describe() const = 0;

protected:
  /// The loop over `count` iterations, each a block of `blockSize` threads, or one thread if that is 0. Returns its
  /// index; what is built next is its body.
  Value beginLoop(int64_t count, int64_t blockSize);
  using ContractionKernel::at;
  /// The place of the point with the given number among those of `loops`, the last fastest.
  Place at(Place place, ArrayRef<PlanLoop> loops, Value number);
  /// Of lhs alone, which is all that copying needs.
  Value lhsAt(Value base, ArrayRef<PlanLoop> loops, Value number);

  void ifTrue(Value condition, llvm::function_ref<void()> body);

  /// The four bytes at `from`, of which the first `bytes` are read, as i32. The sign bits are flipped if the plan says
  /// so.
  Value loadWord(Value from, int64_t bytes);
  Value flip(Value word);
  /// acc (i32) + four bytes times four bytes (i32 each).
  Value dot4(Value lhsWord, Value rhsWord, Value acc);
  /// A vector of `size` elements at `from`, which lies at a multiple of its size.
  Value loadVector(Type element, int64_t size, Value memref, Value from);
  void storeVector(Value vector, Value memref, Value to);

  /// Depthwise bytes: the place of the first four taps of `channel`, from the place of all channels; see
  /// `ContractionPlan` on how they lie. The next quad of taps is `getQuadStride()` further.
  Value depthwiseRhs(Value rhsAt, Value channel);
  int64_t getQuadStride() const { return 4 * plan.getBlockChannels(); }
  /// Depthwise bytes: how many quads hold the taps of a row.
  int64_t getQuads() const { return llvm::divideCeil(plan.tapsInRow, 4); }

  /// Applies the epilogue to `accs`, one for each of neighbouring channels from `channel` on, and stores the result.
  /// More than one need `hasVectors()`, and their number a power of two up to 4.
  void finish(ArrayRef<Value> accs, const Place &place, Value channel);
  /// Whether four neighbouring channels can be read and written at once wherever the epilogue does so.
  bool hasVectors() const { return vectors; }
  /// What every place in lhs (where a row's run starts) is a multiple of, in bytes: at most 16.
  int64_t getLhsAlignment() const { return lhsAlignment; }

  Value i32(int64_t value) {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value isLess(Value x, int64_t y) { return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, x, index(y)); }
  Value zeroAcc();

  GpuChip chip;

private:
  Value applyEpilogue(ArrayRef<Value> arguments, int64_t width);
  /// What all elements that the loops reach lie at a multiple of, in elements; 0 if only one is reached.
  int64_t getStrideOf(Value memref, int64_t base, llvm::function_ref<int64_t(const PlanLoop &)> stride) const;

  int64_t lhsAlignment = 1;
  bool vectors = false;
};

/// A thread for each element of the result: any plan.
class ElementKernel final : public GpuKernel {
public:
  using GpuKernel::GpuKernel;
  void build() override;
  std::string describe() const override { return "a thread for each element"; }
};

/// A thread for four neighbouring channels of a depthwise contraction of bytes.
class DepthwiseGpuKernel final : public GpuKernel {
public:
  using GpuKernel::GpuKernel;
  bool fits() const override;
  void build() override;
  std::string describe() const override { return "a thread for four channels"; }
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_NVPTX_GPUKERNEL_H
