//===- KernelConversion.h - What a GPU's kernels and their emulation have in common on the way to LLVM -----------===//
#ifndef QUANT_OPT_LIB_LOWER_NVPTX_KERNELCONVERSION_H
#define QUANT_OPT_LIB_LOWER_NVPTX_KERNELCONVERSION_H

#include "mlir/Conversion/LLVMCommon/LoweringOptions.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::qnn {

/// Threads of a block, on a kernel.
constexpr StringLiteral kBlockSizeAttr = "qnn.block_size";

/// Bare pointers, and indices of 32 bits: nothing that a kernel reaches is longer than 2^31 elements.
LowerToLLVMOptions getKernelOptions(MLIRContext *context);

/// Refuses what neither a GPU nor its emulation has code for, with an error that names the layer.
LogicalResult checkKernels(ModuleOp module);

/// Multi-dimensional vector operations become one-dimensional ones, strided views become offsets.
LogicalResult simplifyKernels(ModuleOp module);

/// Everything but what is of a GPU: `workgroupSpace` is the address space of shared memory.
void populateKernelPatterns(LLVMTypeConverter &converter, RewritePatternSet &patterns, unsigned workgroupSpace);

/// The shared memory that `alloca` is: false if it is ordinary memory.
bool isWorkgroup(MemRefType type);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_NVPTX_KERNELCONVERSION_H
