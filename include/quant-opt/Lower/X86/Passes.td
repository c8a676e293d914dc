// Passes of the stage Lower/X86.
#ifndef QUANT_OPT_LOWER_X86_PASSES_TD
#define QUANT_OPT_LOWER_X86_PASSES_TD

include "quant-opt/Lower/X86/KernelPasses.td"
include "mlir/Pass/PassBase.td"

def ConvertToLLVMPass : Pass<"qnn-convert-to-llvm", "ModuleOp"> {
  let summary = "the Lowered form becomes LLVM dialect for one CPU path";
  let description = [{
    Expects the Lowered form, leaves LLVM dialect and the `qnn.program`. A `qnn.buffer` becomes a load from the step's frame and a
    constant offset; memrefs are passed as bare pointers, `index` is 64 bits, and every function carries the path's target features.
    Refuses an unknown path, and an operation that has no lowering, with an error on it.

    ```mlir
    %b = qnn.buffer workspace [128] : memref<28xf32>
    ```
    becomes
    ```mlir
    %field = llvm.getelementptr inbounds %frame[2] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %workspace = llvm.load %field invariant : !llvm.ptr -> !llvm.ptr
    %b = llvm.getelementptr inbounds %workspace[128] : (!llvm.ptr, i64) -> !llvm.ptr, i8
    ```
  }];
  let options = [Option<"path", "path", "std::string", "\"x86-64\"", "the CPU path: avx512vnni, avxvnni, avx512, avx2, x86-64">];
  let dependentDialects = ["LLVM::LLVMDialect"];
}

#endif // QUANT_OPT_LOWER_X86_PASSES_TD
