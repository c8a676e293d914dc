// Passes that make kernels and the arithmetic in them.
#ifndef QUANT_OPT_LOWER_X86_KERNELPASSES_TD
#define QUANT_OPT_LOWER_X86_KERNELPASSES_TD

include "mlir/Pass/PassBase.td"

def LowerContractionsPass : Pass<"qnn-lower-contractions"> {
  let summary = "each qnn.contract becomes a tiled kernel of vectors around qnn.dot4 or fused multiply-adds";
  let description = [{
    Expects packed `qnn.contract`s on memrefs, leaves none: each becomes one `scf.forall` of one dimension with a constant trip count,
    whose iterations are independent tiles. A tile of rows times channels keeps its accumulators in vectors through the whole
    reduction, then the epilogue, made of vectors, is applied to them and the result stored once. The tile depends on the path's
    registers; a remark states plan and tile. Neither tails of rows nor of channels are computed by scalar loops. Refuses, with an
    error, a contraction that is not packed or whose operands are tensors.

    Example:
    ```mlir
    qnn.contract ins(%a, %w : memref<6x8xi8>, memref<1x2x16x4xi8>) outs(%y : memref<6x16xi32>) …
    ```
    becomes
    ```mlir
    scf.forall (%i) in (1) {
      %sums:6 = scf.for %k = %c0 to %c2 step %c1 iter_args(%acc0 = %zero, …) -> (vector<16xi32>, …) {
        %w0 = vector.load %packed[%at] : memref<128xi8>, vector<64xi8>
        %s0 = qnn.dot4 %a0 unsigned, %w0, %acc0 : vector<64xi8>, vector<16xi32>
        …
      }
      vector.store %sums#0, %flat[%to] : memref<96xi32>, vector<16xi32>
      …
    }
    ```
  }];
  let options = [Option<"path", "path", "std::string", "\"avx512vnni\"", "the CPU path that the kernel is for">];
  let statistics = [Statistic<"numKernels", "kernels", "kernels made">];
  let dependentDialects = ["arith::ArithDialect", "memref::MemRefDialect", "scf::SCFDialect", "vector::VectorDialect",
                           "LLVM::LLVMDialect"];
}

def LowerDot4Pass : Pass<"qnn-lower-dot4"> {
  let summary = "qnn.dot4 becomes the instructions of one CPU path";
  let description = [{
    Expects `qnn.dot4` on vectors, leaves none. With VNNI it is `vpdpbusd`; a signed left side is made unsigned by inverting its
    top bits, which a second `vpdpbusd` corrects. Other paths split the bytes into even and odd ones, widened to 16 bits in
    place, multiply and add the pairs by `pmaddwd`, which is exact, and add the two halves. Vectors of a length for which the path has
    no instruction become plain arithmetic on i32. All give the same bits. Never `vpmaddubsw`, which saturates.

    Example:
    ```mlir
    %0 = qnn.dot4 %a unsigned, %b, %c : vector<64xi8>, vector<16xi32>
    ```
    becomes, for avx512vnni,
    ```mlir
    %0 = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%c, %a, %b) : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
    ```
  }];
  let options = [Option<"path", "path", "std::string", "\"avx512vnni\"", "the CPU path whose instructions are used">];
  let dependentDialects = ["arith::ArithDialect", "vector::VectorDialect", "LLVM::LLVMDialect"];
}

def LowerLookupsPass : Pass<"qnn-lower-lookups", "ModuleOp"> {
  let summary = "qnn.lookup becomes the instructions of one CPU path";
  let description = [{
    Expects `qnn.lookup` on scalars and on vectors of one dimension, leaves none. With byte permutes (AVX512-VBMI) two of them choose among 128
    bytes each, and the top bit between them. On other paths with vectors, sixteen shuffles of 16 bytes choose from the differences of
    neighbouring parts of the table, and what they choose is added up by exclusive or. On `x86-64`, and on scalars, each byte is a load from the
    table, which becomes a constant of the module. All give the same bits. Refuses an unknown path and vectors of other dimensions.

    Example:
    ```mlir
    %y = qnn.lookup %x in dense<…> : tensor<256xi8> : vector<64xi8>
    ```
    becomes, for avx512vbmi,
    ```mlir
    %low = llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"(%t0, %x, %t1) : …
    %high = llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"(%t2, %x, %t3) : …
    %upper = arith.cmpi slt, %x, %zero : vector<64xi8>
    %y = arith.select %upper, %high, %low : vector<64xi1>, vector<64xi8>
    ```
  }];
  let options = [Option<"path", "path", "std::string", "\"avx512vnni\"", "the CPU path whose instructions are used">];
  let dependentDialects = ["arith::ArithDialect", "vector::VectorDialect", "LLVM::LLVMDialect"];
}

def ShareDivisorsPass : Pass<"qnn-share-divisors"> {
  let summary = "loops that divide by one number multiply by its inverse";
  let description = [{
    Expects loops, leaves loops. An innermost loop of 48 iterations or more, by sixteens, whose one `arith.divf` of f32 divides neighbouring
    elements of a buffer by what all iterations see alike, such as a softmax's sum, gets a copy for numbers far from the ends of f32's range, where a product with the inverse and a
    correction are exact (`divideByInverse`). A look at all dividends and the divisor chooses between the two. Paths without fused
    multiply-adds stay as they are.

    ```mlir
    scf.for %i { %q = arith.divf %x[%i], %sum }
    ```
    becomes
    ```mlir
    %least, %most = scf.for %i { bits of |%x[%i]| }
    scf.if (%least, %most, %sum within bounds) {
      %inverse = arith.divf 1.0, %sum
      scf.for %i { two fused multiply-adds and a product }
    } else {
      scf.for %i { %q = arith.divf %x[%i], %sum }
    }
    ```
  }];
  let options = [Option<"path", "path", "std::string", "\"avx512vnni\"", "CPU path whose instructions are used">];
  let statistics = [Statistic<"numShared", "shared", "loops that have such a copy">];
  let dependentDialects = ["arith::ArithDialect", "LLVM::LLVMDialect", "math::MathDialect", "scf::SCFDialect",
                           "vector::VectorDialect"];
}

def ExpandArithPass : Pass<"qnn-expand-arith"> {
  let summary = "qnn.quantize, dequantize and requantize become arith operations";
  let description = [{
    Expects these operations on scalars or vectors, leaves none. Rounding to the nearest integer, ties to even, is the addition of
    1.5 * 2^23, after the value was clamped in f32 to [lo - zero point, hi - zero point]: the integer is then in the low bits of the
    sum, so neither a library call nor an instruction beyond SSE2 is needed. NaN becomes 0.

    Division by a scale that is known is a product and a fused multiply-add with its reciprocal in two floats, wherever that
    rounds as the division does for every x (`Numerics/Reciprocal.h`; 99 of 100 scales). It stays a division for other
    scales and on the path without fused multiply-add. Refuses an unknown path.

    Example:
    ```mlir
    %x = qnn.dequantize %q, %s zero_point 12 unsigned : i8, f32 -> f32
    ```
    becomes
    ```mlir
    %0 = arith.extui %q : i8 to i32
    %1 = arith.subi %0, %c12_i32 : i32
    %2 = arith.sitofp %1 : i32 to f32
    %x = arith.mulf %2, %s : f32
    ```
  }];
  let options = [Option<"path", "path", "std::string", "\"avx512vnni\"", "the CPU path whose instructions are used">];
  let dependentDialects = ["arith::ArithDialect", "vector::VectorDialect", "LLVM::LLVMDialect"];
}

#endif // QUANT_OPT_LOWER_X86_KERNELPASSES_TD
