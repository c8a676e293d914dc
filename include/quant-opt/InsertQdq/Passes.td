// Passes of the stage InsertQdq.
#ifndef QUANT_OPT_INSERTQDQ_PASSES_TD
#define QUANT_OPT_INSERTQDQ_PASSES_TD

include "mlir/Pass/PassBase.td"

def InsertQdqPass : Pass<"qnn-insert-qdq"> {
  let summary = "put quantize/dequantize pairs on the calibrated edges and quantize the weights";
  let description = [{
    Expects the Calibrated form, leaves the Qdq form. Every edge that `Analysis/QuantizedEdges` names gets a `quant.qcast` and
    `quant.dcast` pair, whose scale and zero point follow from its `qnn.range` (`params_c1` or `params_c2`; edges that share a scale take
    the hull of their ranges). The weight of every quantized contraction becomes `constant i8 -> quant.scast -> quant.dcast`, symmetric
    in [-127, 127]; a `qnn.range` on the weight states what is clipped. With `weight-bits=4`, or `qnn.precision = "i4"` on a contraction, the
    integers are in [-7, 7]; they are stored as bytes all the same, and computed with as bytes. All ranges are gone afterwards.

    Contractions of `qnn.precision` i16 read 16-bit edges (u16, or i16 if `activation-type` is signed); a contraction of 8 bits that reads such an
    edge gets a further pair in front of its operand, with 8-bit parameters from the same range.

    An edge without a range is an error. What stays float, by its nature or by a float `qnn.precision`, is said in a missed remark
    (category `qnn`), and the parameters of each edge in an analysis remark.

    Before and after (test/InsertQdq/insert-qdq.mlir):
    ```mlir
    %r = qnn.range %x [-1.0], [3.0] method "minmax" : tensor<1x4xf32>
    ```
    ```mlir
    %q = quant.qcast %x : tensor<1x4xf32> to tensor<1x4x!quant.uniform<u8:f32, 0.015686275437474251:64>>
    %d = quant.dcast %q : tensor<1x4x!quant.uniform<u8:f32, 0.015686275437474251:64>> to tensor<1x4xf32>
    ```
  }];
  let options = [
    Option<"activationType", "activation-type", "::mlir::qnn::ActivationType", "::mlir::qnn::ActivationType::U8",
           "storage of activations", [{::llvm::cl::values(
             clEnumValN(::mlir::qnn::ActivationType::U8, "u8", "unsigned bytes"),
             clEnumValN(::mlir::qnn::ActivationType::I8, "i8", "signed bytes"))}]>,
    Option<"activationScheme", "activation-scheme", "::mlir::qnn::ActivationScheme",
           "::mlir::qnn::ActivationScheme::Asymmetric", "how a range becomes scale and zero point", [{::llvm::cl::values(
             clEnumValN(::mlir::qnn::ActivationScheme::Asymmetric, "asymmetric", "params_c1: the whole range is used"),
             clEnumValN(::mlir::qnn::ActivationScheme::Symmetric, "symmetric", "params_c2: the zero point is the middle"))}]>,
    Option<"weightScheme", "weight-scheme", "::mlir::qnn::WeightScheme", "::mlir::qnn::WeightScheme::PerChannel",
           "the scales of a weight", [{::llvm::cl::values(
             clEnumValN(::mlir::qnn::WeightScheme::PerChannel, "per-channel", "one for each output channel"),
             clEnumValN(::mlir::qnn::WeightScheme::PerTensor, "per-tensor", "one for the whole tensor"))}]>,
    Option<"weightBits", "weight-bits", "int64_t", "8", "8, or 4: weights in [-7, 7], stored as bytes">,
    Option<"observe", "observe", "bool", "false", "keep the values of each edge visible to the calling program, by qnn.observe">,
  ];
  let statistics = [
    Statistic<"numEdges", "edges", "edges quantized">,
    Statistic<"numWeights", "weights", "weights quantized">,
    Statistic<"numFloat", "float", "operations left in float">,
  ];
  let dependentDialects = ["::mlir::quant::QuantDialect", "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::qnn::QnnDialect"];
}

def VerifyCalibratedPass : Pass<"qnn-verify-calibrated"> {
  let summary = "check the Calibrated form: a qnn.range on every quantized edge";
  let description = [{
    Changes nothing. Each edge of `Analysis/QuantizedEdges` without a range, and each `qnn.observe` left over, is an error at its
    location; a note names the pass that should have seen to it.

    Example (test/InsertQdq/verify-calibrated-invalid.mlir): a contraction that reads an argument without a range is refused with
    `edge 'x' has no range`.
  }];
}

def VerifyQdqPass : Pass<"qnn-verify-qdq"> {
  let summary = "check the Qdq form: no ranges, quantized values between casts only";
  let description = [{
    Changes nothing. Each `qnn.range` or `qnn.observe` left over, and each operation other than the casts of `quant` that reads or makes a
    quantized tensor, is an error at its location.

    Example (test/InsertQdq/verify-qdq-invalid.mlir): a `qnn.range` is refused with `is left over`.
  }];
}

#endif // QUANT_OPT_INSERTQDQ_PASSES_TD
