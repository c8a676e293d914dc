// Passes of the stage Lower/Nvptx.
#ifndef QUANT_OPT_LOWER_NVPTX_PASSES_TD
#define QUANT_OPT_LOWER_NVPTX_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerContractionsToGpuPass : Pass<"qnn-lower-contractions-to-gpu"> {
  let summary = "each qnn.contract becomes a kernel of a GPU's threads around qnn.dot4 or fused multiply-adds";
  let description = [{
    Expects packed `qnn.contract`s on memrefs, leaves none: each becomes one `scf.forall` of one dimension with a constant trip count. With
    the attribute `qnn.block_size` its iterations are blocks, whose body is executed by that many threads, with shared memory
    (`memref.alloca` of workgroup space) and barriers; without it, each iteration is one thread. Large products are tiles staged in shared
    memory, copied asynchronously on sm_80 and newer, where tensor cores (`mma.sync`, with the same wrapping sums) take those of 64
    rows or more; few rows of many products stream the weights, a block for 16 channels;
    depthwise ones are a thread for four channels; the rest, and all floats, a thread for each element. Float sums are in the order of the CPU's
    kernels. A remark states plan and kernel. Refuses, with an error, an unknown chip, and a contraction that is not packed or
    whose operands are tensors.

    Example:
    ```mlir
    qnn.contract ins(%a, %w : memref<2x8xi8>, memref<1x2x16x4xi8>) outs(%y : memref<2x16xi32>) …
    ```
    becomes
    ```mlir
    scf.forall (%i) in (32) {
      %sum = scf.for %k = %c0 to %c2 step %c1 iter_args(%acc = %zero) -> (i32) {
        %s = qnn.dot4 %a4 unsigned, %w4, %acc1 : vector<4xi8>, vector<1xi32>
        …
      }
      memref.store %sum, %flat[%to] : memref<32xi32>
    }
    ```
  }];
  let options = [Option<"chip", "chip", "std::string", "\"sm_75\"", "the GPU that the kernel is for: sm_61 to sm_90">,
                 Option<"tensorCores", "tensor-cores", "bool", "true", "use tensor cores where the GPU has them">];
  let statistics = [Statistic<"numKernels", "kernels", "kernels made">];
  let dependentDialects = ["arith::ArithDialect", "gpu::GPUDialect", "memref::MemRefDialect", "nvgpu::NVGPUDialect",
                           "scf::SCFDialect", "vector::VectorDialect", "LLVM::LLVMDialect", "NVVM::NVVMDialect"];
}

def MakeLaunchesPass : Pass<"qnn-make-launches", "ModuleOp"> {
  let summary = "steps become launches of kernels that know their place in a grid";
  let description = [{
    Expects the Lowered form, leaves a program of `qnn.launch`es: the kernel of each step becomes a public function of its buffers and
    a count, without its loop over [begin, end): its index is that of the block, if the kernel has `qnn.block_size`, else that of the
    thread in the whole grid, of which those beyond the count do nothing. Steps are gone. Every buffer is known to be 64-byte aligned where
    that holds in all launches. Refuses a step that is no loop on buffers alone, with an error on it.

    ```mlir
    func.func private @kernel_0(%x: memref<500xf32>, %y: memref<500xf32>, %begin: index, %end: index) {
      scf.for %i = %begin to %end { … }
    }
    ```
    becomes
    ```mlir
    func.func @kernel_0(%x: memref<500xf32>, %y: memref<500xf32>, %count: i32) attributes {qnn.block_size = 128} {
      %i = %block * 128 + %thread
      scf.if (%i < %count) { … }
    }
    ```
  }];
  let options = [Option<"blockSize", "block-size", "int64_t", "128", "threads of a block where the kernel does not say">];
  let dependentDialects = ["arith::ArithDialect", "func::FuncDialect", "gpu::GPUDialect", "scf::SCFDialect", "QnnDialect"];
}

def ConvertToNvvmPass : Pass<"qnn-convert-to-nvvm", "ModuleOp"> {
  let summary = "kernels become LLVM and NVVM dialect for one NVIDIA GPU";
  let description = [{
    Expects what `--qnn-make-launches` leaves, leaves LLVM dialect and the `qnn.program`: every function is an `nvvm.kernel` of bare
    pointers, `index` is 32 bits, workgroup memory is a global of address space 3, `qnn.dot4` on four bytes is
    `nvvm.dot.accumulate.4way`. Refuses an unknown chip, and an operation that has no code on a GPU (functions of the C library,
    observers), with an error on it that names the layer.

    ```mlir
    %s = qnn.dot4 %a unsigned, %b, %c : vector<4xi8>, vector<1xi32>
    ```
    becomes
    ```mlir
    %s = nvvm.dot.accumulate.4way %a <unsigned>, %b <signed>, %c1 : vector<4xi8>, vector<4xi8>
    ```
  }];
  let options = [Option<"chip", "chip", "std::string", "\"sm_75\"", "the GPU: sm_61 to sm_90">];
  let dependentDialects = ["LLVM::LLVMDialect", "NVVM::NVVMDialect"];
}

def ConvertToEmulationPass : Pass<"qnn-convert-to-emulation", "ModuleOp"> {
  let summary = "a GPU's kernels become LLVM dialect for the CPU, one thread a call";
  let description = [{
    Expects what `--qnn-make-launches` leaves, leaves LLVM dialect and the `qnn.program`: every kernel becomes a function
    `kernel(ptr parameters, ptr thread)`, which does what one thread of the GPU does. `parameters` points to the pointers of a launch,
    as `cuLaunchKernel` takes them; `thread` is a `quant_opt_thread` (`Runtime/Emulation.h`), which says where the thread is and how it meets
    the others. `qnn.dot4` is its scalar model; an asynchronous copy is done at the wait for it, no earlier. The IR up to here is that of the GPU, so that
    what runs is what was compiled for it.

    ```mlir
    %t = gpu.thread_id x
    ```
    becomes
    ```mlir
    %t = llvm.load %thread : !llvm.ptr -> i32
    ```
  }];
  let dependentDialects = ["LLVM::LLVMDialect"];
}

#endif // QUANT_OPT_LOWER_NVPTX_PASSES_TD
