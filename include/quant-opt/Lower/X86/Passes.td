// Passes of the stage Lower/X86.
#ifndef QUANT_OPT_LOWER_X86_PASSES_TD
#define QUANT_OPT_LOWER_X86_PASSES_TD

include "quant-opt/Lower/X86/KernelPasses.td"
include "mlir/Pass/PassBase.td"

def TileTransposesPass : Pass<"qnn-tile-transposes"> {
  let summary = "elementwise operations that transpose work on square tiles in registers";
  let description = [{
    Expects linalg operations on memrefs. An elementwise `linalg.generic` that reads contiguously along one loop and writes contiguously
    along another becomes loops over square tiles of 16, 8 or 4: each row of a tile is loaded and computed as one vector, the tile
    is transposed by interleaving rows, and each row of the result is stored as one vector. Where the body ends in `qnn.quantize` to
    bytes, four rows are rounded and packed to one vector of bytes first, which leaves a quarter of the interleaving. The last tile of a
    loop ends with it and repeats some of the one before. What the next iteration of a step reads is prefetched. Everything else is
    left as it is. Refuses an unknown path.

    ```mlir
    linalg.generic {d0, d1 -> d1, d0; d0, d1 -> d0, d1} ins(%x : memref<4x4xf32>) outs(%y : memref<4x4xf32>) { yield %in }
    ```
    becomes
    ```mlir
    scf.forall (%t) in (1) {
      %r0 = vector.load %x[%c0, %c0] : memref<4x4xf32>, vector<4xf32>     // four of these
      %a = vector.shuffle %r0, %r2 [0, 4, 1, 5]                           // twice four of these
      vector.store %c, %y[%c0, %c0]                                       // four of these
    }
    ```
  }];
  let options = [Option<"path", "path", "std::string", "\"x86-64\"", "the CPU path: avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2, x86-64">];
  let statistics = [Statistic<"numTiled", "tiled", "operations that work on tiles">];
  let dependentDialects = ["arith::ArithDialect", "LLVM::LLVMDialect", "memref::MemRefDialect", "scf::SCFDialect", "vector::VectorDialect"];
}

def InterleavePacksPass : Pass<"qnn-interleave-packs"> {
  let summary = "packing for dot products interleaves whole vectors";
  let description = [{
    Expects linalg operations on memrefs. A copy into the layout that dot products read, where the last loop gathers the 4 bytes (or 2 short
    floats) of a lane and the loop before it goes along lanes, becomes loops that load one vector for each part of a lane, interleave them
    and store them as one. That is how a product of two activations packs one of them at run time. Everything else is left as it is.

    ```mlir
    linalg.generic {k, c, j -> k * 4 + j, c; k, c, j -> k, c, j} ins(%x : memref<32x16xi8>) outs(%y : memref<8x16x4xi8>) { yield %in }
    ```
    becomes
    ```mlir
    scf.forall (%t) in (1) {
      scf.for %k = %c0 to %c8 step %c1 {
        %a = vector.load %x[%k * 4, %c0] : memref<32x16xi8>, vector<16xi8>      // four of these
        %b = vector.interleave %a0, %a2 : vector<16xi8> -> vector<32xi8>        // two of these, and one of the two
        vector.store %d, %flat[%k, %c0] : memref<8x64xi8>, vector<64xi8>
      }
    }
    ```
  }];
  let statistics = [Statistic<"numInterleaved", "interleaved", "copies that interleave vectors">];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "memref::MemRefDialect", "scf::SCFDialect",
                           "vector::VectorDialect"];
}

def LowerByteLoopsPass : Pass<"qnn-lower-byte-loops"> {
  let summary = "elementwise operations that make bytes work on registers full of them";
  let description = [{
    Expects linalg operations on memrefs. An elementwise `linalg.generic` that writes bytes, contiguous along its innermost loop, by
    `qnn.quantize`, `qnn.requantize` or `qnn.lookup` becomes loops over a register of bytes: its operands are read as vectors, four vectors of
    32-bit results are rounded and packed to one of bytes, and a lookup takes the whole register. A sum of two dequantized bytes becomes two
    fused multiply-adds where that gives the same byte for all 65,536 pairs (`findByteSum`). What is left of a loop takes vectors
    of a quarter of that, then single elements; no element is computed twice, because operands may be overwritten. Everything else, and loops
    shorter than a register, is left as it is. Refuses an unknown path.

    ```mlir
    linalg.generic {d0 -> d0; d0 -> d0} ins(%x : memref<64xf32>) outs(%y : memref<64xi8>) { yield qnn.quantize %in, %s … }
    ```
    becomes
    ```mlir
    scf.forall (%t) in (1) {
      scf.for %i = %c0 to %c64 step %c64 {
        %v0 = vector.load %x[%i] : memref<64xf32>, vector<16xf32>     // four of these, each divided and clamped
        …
        vector.store %bytes, %y[%i] : memref<64xi8>, vector<64xi8>
      }
    }
    ```
  }];
  let options = [Option<"path", "path", "std::string", "\"x86-64\"", "the CPU path: avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2, x86-64">];
  let statistics = [Statistic<"numLoops", "loops", "operations that work on registers of bytes">];
  let dependentDialects = ["arith::ArithDialect", "memref::MemRefDialect", "scf::SCFDialect", "vector::VectorDialect",
                           "LLVM::LLVMDialect"];
}

def ExpandFmaPass : Pass<"qnn-expand-fma"> {
  let summary = "fused multiply-adds become exact arithmetic where the path has none";
  let description = [{
    Expects scalars and vectors; leaves, on the path `x86-64`, no `math.fma` of f32: the product is exact in f64, and the sum is rounded to odd
    there, so that rounding it to f32 gives the bits of the fused operation; one with `qnn.exact_sum` needs no rounding to odd. On other paths it changes nothing. Refuses an unknown path.

    ```mlir
    %y = math.fma %a, %b, %c : f32
    ```
    becomes
    ```mlir
    %p = arith.mulf (arith.extf %a), (arith.extf %b) : f64
    %s = arith.addf %p, (arith.extf %c) : f64          // moved by one unit where it is even and not exact
    %y = arith.truncf %s : f64 to f32
    ```
  }];
  let options = [Option<"path", "path", "std::string", "\"x86-64\"", "the CPU path: avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2, x86-64">];
  let dependentDialects = ["arith::ArithDialect", "math::MathDialect"];
}

def WidenShortFloatsPass : Pass<"qnn-widen-short-floats"> {
  let summary = "f16 and bf16 are computed in f32";
  let description = [{
    Expects scalars and vectors; leaves no arithmetic on f16 or bf16: operands are extended, the operation is done in f32, its result is
    rounded to the nearest, ties to even. A rounding from f64 goes through f32 without being rounded twice. On a path without
    instructions for f16, extension and rounding become integer arithmetic, so that no run-time library is needed.
    Refuses an unknown path.

    ```mlir
    %s = arith.addf %a, %b : f16
    ```
    becomes
    ```mlir
    %x = arith.extf %a : f16 to f32
    %y = arith.extf %b : f16 to f32
    %z = arith.addf %x, %y : f32
    %s = arith.truncf %z : f32 to f16
    ```
  }];
  let options = [Option<"path", "path", "std::string", "\"x86-64\"", "the CPU path: avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2, x86-64">];
  let dependentDialects = ["arith::ArithDialect", "math::MathDialect"];
}

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
  let options = [Option<"path", "path", "std::string", "\"x86-64\"", "the CPU path: avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2, x86-64">];
  let dependentDialects = ["LLVM::LLVMDialect"];
}

#endif // QUANT_OPT_LOWER_X86_PASSES_TD
