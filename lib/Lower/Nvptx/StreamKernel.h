//===- StreamKernel.h - Few rows: a block streams the weights of 16 channels -------------------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_NVPTX_STREAMKERNEL_H
#define QUANT_OPT_LIB_LOWER_NVPTX_STREAMKERNEL_H

#include "GpuKernel.h"

namespace mlir::qnn {

/// Bytes times bytes, at most eight rows. The warps of a block share out the reduction of 16 channels, whose packed
/// weights lie one after the other: a warp reads 512 bytes of them at once, 16 a lane. Lanes add their sums by
/// shuffles, warps through shared memory.
class StreamKernel final : public GpuKernel {
public:
  StreamKernel(OpBuilder &builder, ContractOp op, const ContractionPlan &plan, GpuChip chip);
  bool fits() const override;
  void build() override;
  std::string describe() const override;

private:
  SmallVector<PlanLoop> rowLoops, batchLoops; // weights stand still along the former
  int64_t numRows = 1, warps = 1;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_NVPTX_STREAMKERNEL_H
