// Operations of the qnn dialect.
#ifndef QUANT_OPT_DIALECT_QNN_IR_QNNOPS_TD
#define QUANT_OPT_DIALECT_QNN_IR_QNNOPS_TD

include "quant-opt/Dialect/Qnn/IR/QnnContractOps.td"
include "quant-opt/Dialect/Qnn/IR/QnnDialect.td"
include "quant-opt/Dialect/Qnn/IR/QnnProgramOps.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/VectorInterfaces.td"

def FloatTensor : RankedTensorOf<[F32]>;
def F32Like : AnyTypeOf<[F32, VectorOfAnyRankOf<[F32]>]>;
def I8Like : AnyTypeOf<[I8, VectorOfAnyRankOf<[I8]>]>;
def I16Like : AnyTypeOf<[I16, VectorOfAnyRankOf<[I16]>]>;
def I32Like : AnyTypeOf<[I32, VectorOfAnyRankOf<[I32]>]>;

//===--- Ranges on edges ------------------------------------------------------------------------------------------------===//

def Qnn_ObserveOp : Qnn_Op<"observe", [SameOperandsAndResultType]> {
  let summary = "identity that feeds a named sketch when the calibration build runs";
  let description = [{
    Formula: result = input. When the calibration build runs, every element of `input` is given to the sketch named `edge`. In a build whose
    layers are observed (`quant-compile --observe-layers`), it is given to the calling program, with `step`, the scale of the edge's grid.

    Example: with input [-1.0, 0.5, 3.0], the sketch `relu_1` has afterwards seen min -1.0, max 3.0, count 3.

    Made by `--qnn-insert-observers`, consumed by the calibration build. None may remain in the Calibrated form or after it, but for those that
    `--qnn-insert-qdq` makes when it is asked to observe.
  }];
  let arguments = (ins FloatTensor:$input, StrAttr:$edge, OptionalAttr<F32Attr>:$step);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$input `as` $edge (`step` $step^)? attr-dict `:` type($input)";
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "::llvm::StringRef":$edge), [{
    build($_builder, $_state, input.getType(), input, $_builder.getStringAttr(edge), ::mlir::FloatAttr());
  }]>];
  let hasVerifier = 1;
}

def Qnn_RangeOp : Qnn_Op<"range", [Pure, SameOperandsAndResultType]> {
  let summary = "identity that states the measured range of a value";
  let description = [{
    Formula: result = input, and in calibration every element lay within [lo, hi], or was set aside as clipped by `method`.
    One pair holds for the whole tensor; with `axis`, pair i holds for the slice i along that dimension, or, if there are as many pairs, for
    the i-th of the slices along that dimension and the next. On a constant weight it states what is clipped.

    Example: `qnn.range %x [-1.0], [3.0] method "minmax"` leads, for u8, to scale 4/255 and zero point 64 (`params_c1`).

    Made by `--qnn-annotate-ranges`, consumed by `--qnn-insert-qdq`. None may remain in the Qdq form or after it.
  }];
  let arguments = (ins FloatTensor:$input, DenseF32ArrayAttr:$lo, DenseF32ArrayAttr:$hi, OptionalAttr<I64Attr>:$axis,
                       StrAttr:$method);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$input custom<Bounds>($lo) `,` custom<Bounds>($hi) (`axis` $axis^)? `method` $method attr-dict `:` type($input)";
  let hasVerifier = 1;
}

//===--- Between quantize and dequantize ----------------------------------------------------------------------------------===//

def Qnn_BarrierOp : Qnn_Op<"barrier", [Pure, SameOperandsAndResultType]> {
  let summary = "identity that keeps a quantize and the dequantize behind it apart";
  let description = [{
    Formula: result = input. Upstream folds `quant.dcast (quant.qcast x)` to `x`, which drops the rounding: any canonicalization
    of an imported quantized model would make its layers float again. With this operation between the two nothing folds.

    Example: x = 0.3 with scale 0.25 is 0.25 behind the pair; folded, it would stay 0.3.

    Made by Import between the QuantizeLinear and DequantizeLinear of a quantized model, consumed by `--qnn-integerize`. None may
    remain in the Integer form or after it.
  }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

//===--- The scalar arithmetic of the numeric contract, on scalars or vectors of any shape -------------------------------===//

class Qnn_ElementwiseOp<string mnemonic, list<Trait> traits = []>
    : Qnn_Op<mnemonic, traits # [Pure, Elementwise, Scalarizable, Vectorizable, Tensorizable]>;

def Qnn_QuantizeOp : Qnn_ElementwiseOp<"quantize"> {
  let summary = "f32 to 8 or 16 bits by `quantize_c1`";
  let description = [{
    Formula: q = clamp(rne(x / scale) + zero_point, lo, hi); NaN gives the zero point, infinities saturate. lo and hi are
    values of the result's type, which is read as unsigned if `is_unsigned`; an activation such as ReLU6 may narrow them.
    `scale` is an operand, so that one region serves per-tensor (a constant) and per-channel (a block argument).

    Example: x = 0.5, scale = 1.0, zero_point = 1 gives rne(0.5) + 1 = 1, not 2: rounding comes before the zero point.

    Made by `--qnn-integerize` inside epilogue regions, expanded to arith by the lowering. None may remain in the Lowered form.
  }];
  let arguments = (ins F32Like:$input, F32Like:$scale, I32Attr:$zero_point, I32Attr:$lo, I32Attr:$hi, UnitAttr:$is_unsigned);
  let results = (outs AnyTypeOf<[I8Like, I16Like]>:$result);
  let assemblyFormat = [{
    $input `,` $scale `zero_point` $zero_point `clamp` ` ` `[` $lo `,` $hi `]` (`unsigned` $is_unsigned^)? attr-dict
    `:` type($input) `,` type($scale) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Qnn_DequantizeOp : Qnn_ElementwiseOp<"dequantize"> {
  let summary = "8-bit, 16-bit or i32 to f32 by `dequantize_c1`";
  let description = [{
    Formula: x = f32(q - zero_point) * scale, the difference exact in integers.

    Example: q = 255 (unsigned), zero_point = 64, scale = 4/255 gives f32(191) * 0.0156863 = 2.99608.

    Made by `--qnn-integerize` inside epilogue regions, expanded to arith by the lowering. None may remain in the Lowered form.
  }];
  let arguments = (ins AnyTypeOf<[I8Like, I16Like, I32Like]>:$input, F32Like:$scale, I32Attr:$zero_point,
                       UnitAttr:$is_unsigned);
  let results = (outs F32Like:$result);
  let assemblyFormat = [{
    $input `,` $scale `zero_point` $zero_point (`unsigned` $is_unsigned^)? attr-dict
    `:` type($input) `,` type($scale) `->` type($result)
  }];
}

def Qnn_RequantizeOp : Qnn_ElementwiseOp<"requantize"> {
  let summary = "i32 accumulator to 8 or 16 bits by `requantize_c1`";
  let description = [{
    Formula: q = clamp(rne(f32(acc) * multiplier) + zero_point, lo, hi), with multiplier = f32(f32(sA * sW[c]) / sY).
    ReLU, ReLU6 and Clip are lo and hi.

    Example: acc = 1000, multiplier = 0.0125, zero_point = 3: rne(12.5) + 3 = 12 + 3 = 15.

    Made by `--qnn-integerize` inside epilogue regions, expanded to arith by the lowering. None may remain in the Lowered form.
  }];
  let arguments = (ins I32Like:$input, F32Like:$multiplier, I32Attr:$zero_point, I32Attr:$lo, I32Attr:$hi,
                       UnitAttr:$is_unsigned);
  let results = (outs AnyTypeOf<[I8Like, I16Like]>:$result);
  let assemblyFormat = [{
    $input `,` $multiplier `zero_point` $zero_point `clamp` ` ` `[` $lo `,` $hi `]` (`unsigned` $is_unsigned^)? attr-dict
    `:` type($input) `,` type($multiplier) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Qnn_LookupOp : Qnn_ElementwiseOp<"lookup", [SameOperandsAndResultType]> {
  let summary = "a function of an 8-bit value by its table of 256 results";
  let description = [{
    Formula: y = table[x], x read as an unsigned byte whatever it stands for, so that a signed -1 finds entry 255 (`lookup_c1`). A lookup of
    a lookup folds to one, and a table that is the identity folds to its operand.

    Example: with the table of the logistic function from u8, scale 1/16, zero point 128, to u8, scale 1/256, zero point 0, x = 144 stands for 1.0
    and gives rne(0.731 * 256) = 187.

    Made by `--qnn-form-lookups` inside elementwise regions, lowered to byte permutes or loads by `--qnn-lower-lookups`. None may remain in LLVM
    dialect.
  }];
  let arguments = (ins I8Like:$input, ElementsAttr:$table);
  let results = (outs I8Like:$result);
  let assemblyFormat = "$input `in` $table attr-dict `:` type($input)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===--- The 4-way byte dot product ---------------------------------------------------------------------------------------===//

def Qnn_Dot4Op : Qnn_Op<"dot4", [Pure, AllTypesMatch<["acc", "result"]>, TypesMatchWith<
    "both byte vectors have the same type", "lhs", "rhs", "$_self">]> {
  let summary = "4-way byte dot product with i32 accumulate";
  let description = [{
    Formula: result[i] = acc[i] + sum over j in 0..3 of ext(lhs[4i + j]) * ext(rhs[4i + j]), exact in i32, wrapping on
    overflow (which `contract_c2` rules out). `lhs` is zero-extended if `lhs_unsigned`, else sign-extended; `rhs` is signed.

    Example: lhs = u8 [255, 1, 2, 3], rhs = s8 [-128, 1, 1, 1], acc = [10]: 10 - 32640 + 6 = -32624.

    Made by the contraction kernels of Lower, lowered to `vpdpbusd`, to widening multiply-adds, to `dp4a`, or to arith, with
    the same bits. None may remain in LLVM dialect.
  }];
  let arguments = (ins VectorOfRankAndType<[1], [I8]>:$lhs, VectorOfRankAndType<[1], [I8]>:$rhs,
                       VectorOfRankAndType<[1], [I32]>:$acc, UnitAttr:$lhs_unsigned);
  let results = (outs VectorOfRankAndType<[1], [I32]>:$result);
  let assemblyFormat = "$lhs (`unsigned` $lhs_unsigned^)? `,` $rhs `,` $acc attr-dict `:` type($lhs) `,` type($acc)";
  let hasVerifier = 1;
}

#endif // QUANT_OPT_DIALECT_QNN_IR_QNNOPS_TD
