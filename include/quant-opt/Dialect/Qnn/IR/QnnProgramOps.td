// Operations of the Lowered form: named memory, the program and its steps.
#ifndef QUANT_OPT_DIALECT_QNN_IR_QNNPROGRAMOPS_TD
#define QUANT_OPT_DIALECT_QNN_IR_QNNPROGRAMOPS_TD

include "quant-opt/Dialect/Qnn/IR/QnnDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Qnn_BufferKind : I32EnumAttr<"BufferKind", "which memory of one call a buffer lies in", [
    I32EnumAttrCase<"Input", 0, "input">, I32EnumAttrCase<"Output", 1, "output">,
    I32EnumAttrCase<"Workspace", 2, "workspace">, I32EnumAttrCase<"Weights", 3, "weights">]> {
  let cppNamespace = "::mlir::qnn";
}

def Qnn_BufferOp : Qnn_Op<"buffer", [Pure]> {
  let summary = "a range of the memory that one call of the model sees";
  let description = [{
    Formula: `input [i]` and `output [i]` are the model's i-th input and output; `workspace [o]` and `weights [o]` start o bytes
    into the arena and into the weights blob. The type says how many elements are seen and in which shape; it may differ from
    that of other buffers at the same place. The operation has no operands, so that code which uses it can be outlined by
    cloning it.

    Example: `qnn.buffer workspace [128] : memref<4x8xi8>` is the bytes 128 to 159 of the arena.

    Made by `--qnn-bind-buffers` and `--qnn-plan-arena`, lowered to a load from the step's frame and a constant offset. None may
    remain in LLVM dialect.
  }];
  let arguments = (ins Qnn_BufferKind:$kind, I64Attr:$position);
  let results = (outs AnyStaticShapeMemRef:$result);
  let assemblyFormat = "$kind ` ` `[` $position `]` attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// How many bytes a dense memref of `type` takes.
    static int64_t getBytesOf(::mlir::MemRefType type);
    int64_t getByteSize() { return getBytesOf(getType()); }
    ::mlir::MemRefType getType() { return ::llvm::cast<::mlir::MemRefType>(getResult().getType()); }
    /// Whether the bytes of both may be the same.
    bool overlaps(BufferOp other);
  }];
}

def Qnn_ObserveBufferOp : Qnn_Op<"observe_buffer", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "gives a buffer's elements to the calling program's observer";
  let description = [{
    Formula: calls the frame's observe function with the edge's number and the dense elements of `buffer`, in row-major order.

    Example: `qnn.observe_buffer %b as 3 : memref<1x4xf32>` tells the observer of 4 floats on edge 3.

    Made from `qnn.observe` by bufferization, lowered to an indirect call. Only calibration builds have it.
  }];
  let arguments = (ins AnyStaticShapeMemRef:$buffer, I32Attr:$edge);
  let assemblyFormat = "$buffer `as` $edge attr-dict `:` type($buffer)";
}

def Qnn_ProgramOp : Qnn_Op<"program", [NoRegionArguments, NoTerminator]> {
  let summary = "a lowered model: its signature, its memory, its steps in order";
  let description = [{
    Formula: running the model is running its steps one after the other, each as all iterations [0, count) of its function in any
    order and split. `inputs` and `outputs` are dictionaries of `name`, `type` (the ONNX element type) and `tensor` (the IR's type),
    for a packed parameter also `packing` (see `--qnn-pack-weights`).
    `observed_steps` are the scales of the observed edges, 0 where an edge is not quantized.

    Example: a model of one step:
    ```mlir
    qnn.program "net" inputs [{name = "x", tensor = tensor<4xf32>, type = "float"} ]
                outputs [{name = "y", tensor = tensor<4xf32>, type = "float"} ] workspace_bytes 0 {
      qnn.step @step_0 count 1 layer "relu"
    }
    ```

    Made by `--qnn-bind-buffers`, filled by `--qnn-outline-steps`, consumed by the emitter.
  }];
  let arguments = (ins StrAttr:$program_name, ArrayAttr:$inputs, ArrayAttr:$outputs, I64Attr:$workspace_bytes,
                       OptionalAttr<StrArrayAttr>:$observed_edges, OptionalAttr<ElementsAttr>:$weights,
                       OptionalAttr<DenseF32ArrayAttr>:$observed_steps);
  let regions = (region AnyRegion:$steps);
  let assemblyFormat = [{
    $program_name `inputs` $inputs `outputs` $outputs `workspace_bytes` $workspace_bytes (`observed` $observed_edges^)?
    (`weights` $weights^)? $steps attr-dict
  }];
  let hasRegionVerifier = 1;
}

def Qnn_StepOp : Qnn_Op<"step", [HasParent<"ProgramOp">]> {
  let summary = "one fused layer of a program";
  let description = [{
    Formula: `function` is `func(frame: !llvm.ptr, begin: index, end: index)` and does the iterations [begin, end) of `count`
    independent ones; `layer` is the source node's name. Threads share out the `shared` fastest iterations, and each does its part of
    them for all the slower ones: all if nothing is said, and at 0 one thread does the step. For who measures steps, `plan` says how the step computes, in one line, and
    `macs` how many multiply-adds all its iterations do.

    Example: `qnn.step @step_3 count 56 shared 28 layer "conv1" plan "i8: outer [28], 28 rows of stride 8, 16 channels, run 8" macs 100352`.

    Made by `--qnn-outline-steps`, consumed by the emitter.
  }];
  let arguments = (ins FlatSymbolRefAttr:$function, I64Attr:$count, StrAttr:$layer, OptionalAttr<I64Attr>:$shared,
                       OptionalAttr<StrAttr>:$plan, OptionalAttr<I64Attr>:$macs);
  let assemblyFormat = "$function `count` $count (`shared` $shared^)? `layer` $layer (`plan` $plan^)? (`macs` $macs^)? attr-dict";
  let hasVerifier = 1;
}

def Qnn_LaunchOp : Qnn_Op<"launch", [HasParent<"ProgramOp">]> {
  let summary = "one fused layer of a program on a GPU";
  let description = [{
    Formula: `kernel` is a function of one pointer per buffer and a count (i32); it is executed by `grid` blocks of `block` threads
    each, which see their places by `gpu.block_id` and `gpu.thread_id`. Buffer i is named by `kinds[i]` (a BufferKind) and
    `positions[i]`, as in `qnn.buffer`. `layer` is the source node's name.

    Example: `qnn.launch @kernel_0 grid 4 block 128 kinds [2, 2] positions [0, 512] count 500 layer "conv1"` is 512 threads on two
    ranges of the arena, of which the last 12 have nothing to do.

    Made by `--qnn-make-launches` from `qnn.step`, consumed by the emitter.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, I64Attr:$grid, I64Attr:$block, DenseI32ArrayAttr:$kinds,
                       DenseI64ArrayAttr:$positions, I64Attr:$count, StrAttr:$layer);
  let assemblyFormat = [{
    $kernel `grid` $grid `block` $block `kinds` $kinds `positions` $positions `count` $count `layer` $layer attr-dict
  }];
  let hasVerifier = 1;
}

#endif // QUANT_OPT_DIALECT_QNN_IR_QNNPROGRAMOPS_TD
