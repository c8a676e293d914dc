// Passes of the stage Integerize.
#ifndef QUANT_OPT_INTEGERIZE_PASSES_TD
#define QUANT_OPT_INTEGERIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def IntegerizePass : Pass<"qnn-integerize"> {
  let summary = "turn float operations between quantize/dequantize casts into integer ones";
  let description = [{
    Expects the Qdq form, made by `--qnn-insert-qdq` or imported from a quantized model; leaves the Integer form, without any operation of
    the `quant` dialect. Value-preserving operations move onto the stored bytes. A contraction whose operands are all dequantized becomes
    i8 x i8 -> i32 with its zero point folded into the initial accumulator (`contract_c1`), with a certificate that the sum cannot overflow
    (`contract_c2`), its bias added in integers (`bias_c1`), and everything up to the next quantize in one region (`requantize_c1`,
    `elementwise_c1`) or up to a float result (`requantize_c2`). Casts left over become elementwise operations.

    A 16-bit factor is split into its high and low bytes; each has an i8 contraction of its own, and the epilogue puts the sums together
    (`planes_c1`).

    A contraction whose accumulator cannot be proved to fit in i32, or whose weight is quantized along its reduction, stays float with a
    missed remark of category `qnn`. Storage of other widths than 8 and 16 bits (32 for constants) and values quantized per axis with zero points
    that differ are errors.

    Before and after (test/Integerize/integerize.mlir), a matmul between casts:
    ```mlir
    %y = linalg.generic … ins(%x_dequantized, %w_dequantized : tensor<1x4xf32>, tensor<2x4xf32>) …
    %q = quant.qcast %y : tensor<1x2xf32> to tensor<1x2x!quant.uniform<u8:f32, 0.5:3>>
    ```
    ```mlir
    %acc = linalg.generic {qnn.certificate = array<i64: …>} ins(%x, %w : tensor<1x4xi8>, tensor<2x4xi8>) outs(%init : tensor<1x2xi32>) …
    %q = linalg.generic … { qnn.requantize %c, %m zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8 }
    ```
  }];
  let statistics = [
    Statistic<"numContractions", "contractions", "contractions and sums made integer">,
    Statistic<"numEpilogues", "epilogues", "regions that quantize or dequantize">,
    Statistic<"numMoved", "moved", "value-preserving operations moved onto bytes">,
    Statistic<"numFloat", "float", "contractions left in float">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::quant::QuantDialect", "::mlir::qnn::QnnDialect"];
}

def FormLookupsPass : Pass<"qnn-form-lookups", "ModuleOp"> {
  let summary = "elementwise arithmetic from one 8-bit value to another becomes a table";
  let description = [{
    Expects the Integer form and leaves it. Elementwise operations, any number of them in any graph, that compute 8-bit elements from the
    elements at the same place of one 8-bit tensor and from nothing else but constants are a function of 256 values: they become one
    `qnn.lookup` (`lookup_c1`). The tables are computed by compiling these very operations and running them on all 256 bytes, so that nothing
    else of the model changes. What other operations read too stays beside the lookup; otherwise the function reaches as far back as
    it can.

    Left alone, silently, is arithmetic that costs less than a lookup on a CPU without byte permutes, such as a maximum of bytes. A
    requantization costs as much there, and five times as much where bytes are permuted.

    Before and after (test/Integerize/form-lookups.mlir), a logistic function between two grids:
    ```mlir
    %y = linalg.generic … ins(%x : tensor<4xi8>) outs(%e : tensor<4xi8>) {
      %f = qnn.dequantize %a, %s zero_point 128 unsigned : i8, f32 -> f32
      …                                                        // 1 / (1 + exp(-f))
      %q = qnn.quantize %h, %t zero_point 0 clamp [0, 255] unsigned : f32, f32 -> i8 }
    ```
    ```mlir
    %y = linalg.generic … ins(%x : tensor<4xi8>) outs(%e : tensor<4xi8>) {
      %q = qnn.lookup %a in dense<…> : tensor<256xi8> : i8 }
    ```
  }];
  let constructor = "mlir::qnn::createFormLookupsPass()";
  let statistics = [
    Statistic<"numLookups", "lookups", "lookups formed">,
    Statistic<"numTaken", "taken", "elementwise operations that lookups took the place of">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::qnn::QnnDialect"];
}

def NarrowFloatsPass : Pass<"qnn-narrow-floats"> {
  let summary = "give the contractions that asked for bf16 or f16 operands of these types";
  let description = [{
    Expects a form from Normalized on; in the flow it stands after `--qnn-integerize`, because the types in which a contraction reads its
    operands belong to the Integer form. A float contraction with `qnn.precision = "bf16"` reads both operands rounded to bf16 (nearest even)
    and sums in f32; what rounds an activation moves before the value-preserving operations that only this contraction reads.
    One with "f16" reads its constant weight as f16, which halves its bytes, and computes in f32. The attribute is gone afterwards, from
    every operation.

    What cannot be narrowed stays f32, with a missed remark of category `qnn`: for f16 a contraction of two activations, or weights
    beyond 65504.

    Before and after (test/Integerize/narrow-floats.mlir):
    ```mlir
    %y = linalg.generic {qnn.precision = "bf16", …} ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%zero : tensor<1x2xf32>) …
    ```
    ```mlir
    %r = linalg.generic … ins(%x : tensor<1x4xf32>) outs(%e : tensor<1x4xbf16>) { arith.truncf %a : f32 to bf16 … }
    %y = linalg.generic … ins(%r, %w16 : tensor<1x4xbf16>, tensor<2x4xbf16>) outs(%zero : tensor<1x2xf32>) { arith.extf … }
    ```
  }];
  let statistics = [
    Statistic<"numBf16", "bf16", "contractions of bf16">,
    Statistic<"numF16", "f16", "contractions with f16 weights">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def VerifyIntegerPass : Pass<"qnn-verify-integer"> {
  let summary = "check the Integer form and list what stayed float";
  let description = [{
    Changes nothing. An operation or type of the `quant` dialect, and an i8 contraction without a certificate below 2^31, are errors. Every
    operation on f32 tensors that a quantized model could have avoided is listed with its location and reason, as a missed remark of
    category `qnn` and, with `list`, as a plain remark. With `require-integer`, a contraction left in float is an error.

    Example (test/Integerize/verify-integer.mlir): `remark: contraction stays float: its operands are not quantized`.
  }];
  let options = [
    Option<"list", "list", "bool", "false", "print a remark for every operation that stays float">,
    Option<"requireInteger", "require-integer", "bool", "false", "make a contraction in float an error">,
  ];
}

#endif // QUANT_OPT_INTEGERIZE_PASSES_TD
