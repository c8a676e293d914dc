//===- GpuProgram.h - A model lowered for a GPU, and what is emitted of it ---------------------------------------===//
#ifndef QUANT_OPT_EMIT_GPUPROGRAM_H
#define QUANT_OPT_EMIT_GPUPROGRAM_H

#include "quant-opt/Emit/Artifact.h"
#include "quant-opt/Support/GpuChip.h"

namespace mlir::qnn {

/// A place in the memory of one call. `kind` is a BufferKind: input, output, workspace or weights.
struct GpuBuffer {
  int32_t kind;
  int64_t position; // the number of an input or output, else bytes
};

/// One fused layer: `grid` blocks of `block` threads of a kernel that takes a pointer for each buffer, and `count`.
struct GpuLaunch {
  std::string kernel;
  int64_t grid, block, count;
  std::vector<GpuBuffer> buffers;
  std::string layer;
};

/// A model after Lower for a GPU.
struct GpuProgram {
  Program model; // signature, weights, bytes of the workspace on the device; without code for the CPU
  GpuChip chip;
  OwningOpRef<ModuleOp> module; // LLVM dialect: kernels
  std::vector<GpuLaunch> launches;
};

/// The kernels as PTX, after comments that say how they are launched.
llvm::Expected<std::string> emitPtx(GpuProgram &program);

/// What `ptxas` makes of PTX; empty if there is no ptxas on PATH or in /usr/local/cuda/bin. An error if it refuses.
llvm::Expected<std::vector<char>> assemblePtx(StringRef ptx, GpuChip chip);

/// A library with the C ABI of every compiled model, which holds the kernels and runs them through the CUDA driver that
/// it opens at the first call.
llvm::Expected<std::vector<char>> emitGpuArtifact(GpuProgram &program, const EmitOptions &options);

/// A library that holds, under each kernel's name, a function of `Runtime/Emulation.h`. `program` was lowered for that.
llvm::Expected<std::vector<char>> emitEmulation(GpuProgram &program, const EmitOptions &options);

} // namespace mlir::qnn

#endif // QUANT_OPT_EMIT_GPUPROGRAM_H
