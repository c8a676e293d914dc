// Passes of the stage Lower/Common.
#ifndef QUANT_OPT_LOWER_COMMON_PASSES_TD
#define QUANT_OPT_LOWER_COMMON_PASSES_TD

include "quant-opt/Lower/Common/ContractionPasses.td"
include "mlir/Pass/PassBase.td"

def FuseElementwisePass : Pass<"qnn-fuse-elementwise"> {
  let summary = "join elementwise operations with the one operation that reads them";
  let description = [{
    Expects any form up to Integer, leaves the same form with fewer intermediate tensors. An elementwise producer joins its
    consumer if the consumer is its only user and visits each of the producer's elements once, so that no work is repeated;
    splat constants become scalars of the body. A constant tensor is never folded. Nothing is refused: what cannot join stays.

    ```mlir
    %r = linalg.generic … ins(%x) { maximumf %a, 0.0 }
    %s = linalg.generic … ins(%r, %ones) { addf %a, %b }        // %ones is a splat constant
    ```
    becomes
    ```mlir
    %s = linalg.generic … ins(%x) { addf (maximumf %a, 0.0), 1.0 }
    ```
  }];
  let statistics = [Statistic<"numFused", "fused", "producers joined with their consumer">];
  let dependentDialects = ["linalg::LinalgDialect"];
}

def ProveRangesPass : Pass<"qnn-prove-ranges", "func::FuncOp"> {
  let summary = "mark roundings and divisions that meet no NaN and nothing out of range";
  let description = [{
    Expects tensors after fusion, leaves the same with `qnn.in_range` on what targets may compute without care. Magnitudes follow from the
    types of integers and from constant scales, through the body of each epilogue and elementwise operation:
    - on `qnn.quantize` and `qnn.requantize`: the quotient is no NaN and within 2^30, so that converting to i32 and saturating
      is clamping;
    - on `arith.divf` by a constant above 0: the dividend is +0 or the quotient has a magnitude within [2^-60, 2^60],
      so that a product with a reciprocal of two floats (`getExactReciprocal`) is the division;
    - on `arith.divf` by anything else: the divisor is +0 or has a magnitude within [2^-60, 2^60] as well, and the dividend one of at
      least 2^-100, so that a product with the divisor's inverse, corrected once (`divideByInverse`), is the division.

    A value from a float tensor may be anything unless it is constant, or one elementwise operation makes it of integers and constants. Nothing is refused.

    ```mlir
    %x = qnn.dequantize %acc, %scale zero_point 0 : i32, f32 -> f32   // %scale is an element of a constant tensor
    %y = arith.divf %x, %three : f32
    ```
    becomes
    ```mlir
    %x = qnn.dequantize %acc, %scale zero_point 0 : i32, f32 -> f32
    %y = arith.divf %x, %three {qnn.in_range} : f32
    ```
  }];
  let statistics = [Statistic<"numProved", "proved", "operations whose operands are in range">];
}

def DecomposeDataMovementPass : Pass<"qnn-decompose-data-movement"> {
  let summary = "pad and concat become insertions into one destination";
  let description = [{
    Expects tensors, leaves tensors without `tensor.concat` and without `tensor.pad` of a constant. Each becomes `tensor.insert_slice`
    into the destination, so that `--eliminate-empty-tensors` lets producers write their slice in place. The fill of a pad carries
    `qnn.overwritten`, the box that the insertion writes. A pad whose value is not constant stays for bufferization.

    ```mlir
    %p = tensor.pad %x low[1] high[1] { tensor.yield %zero } : tensor<4xf32> to tensor<6xf32>
    ```
    becomes
    ```mlir
    %e = tensor.empty() : tensor<6xf32>
    %f = linalg.fill {qnn.overwritten = array<i64: 1, 4>} ins(%zero) outs(%e)
    %p = tensor.insert_slice %x into %f[1] [4] [1]
    ```
  }];
  let dependentDialects = ["linalg::LinalgDialect", "tensor::TensorDialect"];
}

def BindBuffersPass : Pass<"qnn-bind-buffers", "ModuleOp"> {
  let summary = "arguments, results and constants become named buffers; a qnn.program states the signature";
  let description = [{
    Expects one public function on static tensors with a body; leaves a function without arguments and results: arguments are read from
    `qnn.buffer input`, results are materialized in `qnn.buffer output`, constants are collected in the program's weights, each at a
    64-byte aligned offset, equal ones shared. Observed edges get their numbers. Refuses, with an error on the operation: more than one
    public function, dynamic shapes, constants whose bytes cannot be read.

    ```mlir
    func.func @net(%x: tensor<4xi8> {qnn.name = "image", qnn.type = "uint8"}) -> tensor<4xi8> { return %x }
    ```
    becomes
    ```mlir
    qnn.program "net" inputs [{name = "image", tensor = tensor<4xi8>, type = "uint8"} ] outputs …
    func.func @net() {
      %b = qnn.buffer input [0] : memref<4xi8>
      %y = qnn.buffer output [0] : memref<4xi8>
      %x = bufferization.to_tensor %b restrict
      bufferization.materialize_in_destination %x in restrict writable %y
    }
    ```
  }];
  let dependentDialects = ["bufferization::BufferizationDialect", "memref::MemRefDialect", "QnnDialect"];
}

def BufferizePass : Pass<"qnn-bufferize", "ModuleOp"> {
  let summary = "tensors become memrefs, written in place where their values allow it";
  let description = [{
    Expects what `--qnn-bind-buffers` leaves, leaves no tensors: `tensor.empty` operations that end in an insertion or in an output are
    replaced by their destination, then upstream's one-shot bufferization runs. Errors are upstream's.

    ```mlir
    %n = linalg.generic … ins(%x) outs(%empty : tensor<4xf32>) { negf }
    %p = tensor.insert_slice %n into %f[1] [4] [1]              // %f fills tensor<6xf32>
    bufferization.materialize_in_destination %p in restrict writable %out
    ```
    becomes
    ```mlir
    linalg.fill ins(%zero) outs(%out : memref<6xf32>)
    %view = memref.subview %out[1] [4] [1]
    linalg.generic … ins(%x) outs(%view) { negf }
    ```
  }];
  let dependentDialects = ["bufferization::BufferizationDialect", "memref::MemRefDialect", "linalg::LinalgDialect",
                           "QnnDialect"];
}

def PlanArenaPass : Pass<"qnn-plan-arena", "ModuleOp"> {
  let summary = "allocations become ranges of one workspace";
  let description = [{
    Expects what `--qnn-bufferize` leaves, leaves no allocation: each becomes `qnn.buffer workspace` at a 64-byte aligned offset,
    where ranges that are never alive together share bytes, and the program's `workspace_bytes` is their extent. An elementwise
    operation takes over the bytes of an operand that dies in it; one that is the first to write an output has that operand lie there from
    the beginning. Reshapes of buffers become buffers of the other type. Refuses an
    allocation inside a loop, with an error on it.

    ```mlir
    %a = memref.alloc() : memref<16xf32>                        // read for the last time where %b is written
    %b = memref.alloc() : memref<16xf32>                        // likewise %c
    %c = memref.alloc() : memref<16xf32>
    ```
    becomes
    ```mlir
    %a = qnn.buffer workspace [0] : memref<16xf32>
    %b = qnn.buffer workspace [64] : memref<16xf32>
    %c = qnn.buffer workspace [0] : memref<16xf32>
    ```
  }];
  let statistics = [Statistic<"numInPlace", "in-place", "results that take over an operand's bytes">];
  let dependentDialects = ["memref::MemRefDialect", "QnnDialect"];
}

def CollapseLoopsPass : Pass<"qnn-collapse-loops", "func::FuncOp"> {
  let summary = "neighbouring loops over contiguous memory become one";
  let description = [{
    Expects linalg operations on memrefs, leaves them as generics with fewer loops: two neighbouring loops of the same kind join where
    every operand either ignores both or has them as neighbouring dimensions without a gap. Short inner dimensions such as a
    7 x 7 map then no longer stop vectorization. Windows, and bodies that ask for a loop's index, stay.

    ```mlir
    linalg.generic {iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
        ins(%x : memref<1x3x5x8xf32>) outs(%y : memref<1x3x5x8xf32>) { negf }
    ```
    becomes
    ```mlir
    linalg.generic {iterator_types = ["parallel"]} ins(%x1 : memref<120xf32>) outs(%y1 : memref<120xf32>) { negf }
    ```
  }];
  let statistics = [Statistic<"numCollapsed", "collapsed", "operations with fewer loops">];
  let dependentDialects = ["linalg::LinalgDialect", "memref::MemRefDialect"];
}

def LowerToLoopsPass : Pass<"qnn-lower-to-loops", "func::FuncOp"> {
  let summary = "linalg operations become loops whose innermost dimension is contiguous";
  let description = [{
    Expects linalg operations and copies on memrefs, leaves `scf.forall` of one dimension over the outer parallel loops (where
    there is enough work to share) with `scf.for` inside. The innermost loop is the one along which most operands are contiguous,
    a parallel one where possible; reductions that end up innermost keep their accumulator in a value. Sums, maxima and minima of at
    least 32 contiguous elements proceed in 16 lanes, element i in lane i % 16, which are combined pairwise at the end. A fill of
    the accumulator just before a reduction becomes part of its loops, one with `qnn.overwritten` stores around that box only.
    Operations of no iterations vanish. With `flat` every parallel loop is shared out, one point an iteration, as a GPU's threads want it;
    reductions keep the order that they have without it, and so their bits.

    ```mlir
    linalg.generic … ins(%x : memref<4x24xf32>) outs(%y : memref<4xf32>) { addf }    // sums rows
    ```
    becomes
    ```mlir
    scf.forall (%t) in (1) {
      scf.for %i = 0 to 4 {
        %start = memref.load %y[%i]
        %sum = scf.for %j = 0 to 24 iter_args(%s = %start) { yield (addf %s, %x[%i, %j]) }
        memref.store %sum, %y[%i]
      }
    }
    ```
  }];
  let options = [Option<"flat", "flat", "bool", "false", "one iteration of the shared-out loop for each point of the parallel loops">];
  let dependentDialects = ["arith::ArithDialect", "memref::MemRefDialect", "scf::SCFDialect", "vector::VectorDialect"];
}

def JoinStepsPass : Pass<"qnn-join-steps", "func::FuncOp"> {
  let summary = "neighbouring loops over the same rows become one loop";
  let description = [{
    Expects `scf.forall` loops on `qnn.buffer`s, leaves fewer of them. Two become one if they have equally many iterations and
    every buffer that both touch and one writes (there must be one) is made of as many rows, of which iteration n touches the n-th alone.
    Rows are then in the first cache when the second loop reads them, and no thread waits in between; as many as fit there are taken at
    once. Loops that state a plan of their own stay.

    ```mlir
    scf.forall (%i) in (128) { %x[%i, ...] -> %max[%i] }
    scf.forall (%i) in (128) { %x[%i, ...], %max[%i] -> %y[%i, ...] }
    ```
    becomes
    ```mlir
    scf.forall (%block) in (32) {
      scf.for %r = 0 to 4 { %i = 4 * %block + %r; %x[%i, ...] -> %max[%i] }
      scf.for %r = 0 to 4 { %i = 4 * %block + %r; %x[%i, ...], %max[%i] -> %y[%i, ...] }
    }
    ```
  }];
  let statistics = [Statistic<"numJoined", "joined", "loops that became part of the one before">];
}

def OutlineStepsPass : Pass<"qnn-outline-steps", "ModuleOp"> {
  let summary = "each top-level loop nest becomes a step of the program";
  let description = [{
    Expects loops on buffers in the model's function, leaves `qnn.step` entries in the program and, for each, a function
    `step(frame, begin, end)` that calls a private kernel with the buffers it touches; kernels that are equal but for their buffers are
    shared. The model's function is gone. A buffer that overlaps no other of its kernel is `llvm.noalias`. Discardable
    attributes of a loop that becomes a step pass to its kernel, but for what it says about itself (`qnn.plan`, `qnn.macs`, `qnn.shared`), which the
    `qnn.step` shows; one that says nothing is described by its extents and the types of its buffers. Refuses, with an error, an operation with effects that reads a value which is not a buffer or computed from buffers.

    ```mlir
    qnn.program "net" … { }
    func.func @net() {
      scf.forall (%i) in (28) { … %a[%i] … %b[%i] … } loc("conv1")    // %a, %b: qnn.buffer
    }
    ```
    becomes
    ```mlir
    qnn.program "net" … { qnn.step @step_0 count 28 layer "conv1" plan "loops 28 on f32" }
    func.func @step_0(%frame: !llvm.ptr, %begin: index, %end: index) { call @kernel_0(%a, %b, %begin, %end) }
    func.func private @kernel_0(%a: memref<28xf32> {llvm.noalias}, %b: …, %begin: index, %end: index) {
      scf.for %i = %begin to %end { … }
    }
    ```
  }];
  let options = [Option<"prefix", "prefix", "std::string", "\"\"", "put before the name of each function made">];
  let statistics = [Statistic<"numSteps", "steps", "steps made">, Statistic<"numShared", "shared", "steps that share a kernel">];
  let dependentDialects = ["func::FuncDialect", "scf::SCFDialect", "LLVM::LLVMDialect", "QnnDialect"];
}

def MergeKernelsPass : Pass<"qnn-merge-kernels", "ModuleOp"> {
  let summary = "kernels that differ in nothing but numbers become one";
  let description = [{
    Expects outlined steps, leaves fewer kernels. Private functions are merged that are equal but for constants of f32, i8, i16 and i32
    that code could as well read as know: scales, zero points, bounds. A number that differs becomes an
    argument, which a kernel of vectors broadcasts at its entry, and each step calls the kernel with its own; numbers that are equal to each other in every
    kernel share an argument, and what is equal in all of them stays a constant. Divisors, shifts, factors of integers and everything
    that indexes are never arguments: kernels that differ in one stay apart. Nothing is refused; a remark counts kernels.

    ```mlir
    func.func @step_0(…) { call @kernel_0(%a, %begin, %end) }
    func.func @step_1(…) { call @kernel_1(%b, %begin, %end) }
    func.func private @kernel_0(…) { … arith.mulf %x, %half : vector<16xf32> … }       // %half: dense<0.5>
    func.func private @kernel_1(…) { … arith.mulf %x, %third : vector<16xf32> … }
    ```
    becomes
    ```mlir
    func.func @step_0(…) { call @kernel_0(%a, %begin, %end, %0.5) }
    func.func @step_1(…) { call @kernel_0(%b, %begin, %end, %0.333) }
    func.func private @kernel_0(…, %scale: f32) { … arith.mulf %x, (vector.broadcast %scale) : vector<16xf32> … }
    ```
  }];
  let statistics = [Statistic<"numMerged", "merged", "kernels that another one does the work of">,
                    Statistic<"numArguments", "arguments", "numbers that became arguments">];
  let dependentDialects = ["arith::ArithDialect", "func::FuncDialect", "vector::VectorDialect"];
}

def ExpandMathPass : Pass<"qnn-expand-math"> {
  let summary = "elementary functions of f32 become arithmetic that vectorizes";
  let description = [{
    Expects math operations on scalars or vectors, leaves exp, expm1, log, log1p, tanh, erf of f32 (and of f16 and bf16, through f32) as
    f32 arithmetic with errors below 2 units in the last place, the same bits on every CPU path (`--qnn-expand-fma` sees to those
    without fused multiply-adds); x to the power of 2 becomes x * x, and the reciprocal square root of any float 1 / sqrt(x). Other functions, and f64, stay for the C library.

    ```mlir
    %y = math.exp %x : f32
    ```
    becomes
    ```mlir
    %n = arith.subf (arith.addf (arith.mulf %x, 1.442695), 1.258291e+07), 1.258291e+07        // rne(x / ln 2)
    %r = %x - %n * ln 2, in two parts
    %y = (1 + (%r + %r * %r * polynomial(%r))) * 2^n, in two factors or, with `scaling`, by llvm.ldexp
    ```
  }];
  let options = [Option<"scaling", "scaling", "bool", "false",
                        "leave products with powers of two, which round once, to llvm.ldexp">];
  let dependentDialects = ["arith::ArithDialect", "math::MathDialect", "LLVM::LLVMDialect"];
}

def VerifyLoweredPass : Pass<"qnn-verify-lowered", "ModuleOp"> {
  let summary = "check the Lowered form";
  let description = [{
    Expects one `qnn.program`; changes nothing. Refuses, with an error on the operation that says which pass should have removed it: tensors,
    allocations, linalg operations, steps without a function of the right type, buffers outside the workspace or the weights.

    ```mlir
    %b = memref.alloc() : memref<16xf32>
    ```
    is refused with
    ```
    error: 'memref.alloc' op allocation in the Lowered form; --qnn-plan-arena should have removed it
    ```
  }];
}

#endif // QUANT_OPT_LOWER_COMMON_PASSES_TD
