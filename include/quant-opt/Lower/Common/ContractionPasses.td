// Passes that read contractions and pack their weights.
#ifndef QUANT_OPT_LOWER_COMMON_CONTRACTIONPASSES_TD
#define QUANT_OPT_LOWER_COMMON_CONTRACTIONPASSES_TD

include "mlir/Pass/PassBase.td"

def FormContractionsPass : Pass<"qnn-form-contractions"> {
  let summary = "contractions and their elementwise consumers become qnn.contract";
  let description = [{
    Expects the Integer form, or the Normalized form for a float model. A `linalg.generic` whose body adds the product of two
    operands (i8 extended to i32, possibly less a zero point, or f32) becomes a `qnn.contract` if a plan fits it (see ContractionPlan.h).
    Its initial value, unless zero, and the terms of zero points that stayed in the body are added in the epilogue; sums of a
    constant operand are computed here, sums of an activation by a `linalg.generic`. Then elementwise `linalg.generic`s that are
    the only user of a contraction join its epilogue, one after the other. What fits no plan stays, with a missed remark
    that says why.

    Example:
    ```mlir
    %acc = linalg.generic … ins(%a, %w : tensor<6x8xi8>, tensor<16x8xi8>) outs(%bias : tensor<6x16xi32>) {mul-add} -> tensor<6x16xi32>
    %y = linalg.generic … ins(%acc, %m : tensor<6x16xi32>, tensor<16xf32>) {qnn.requantize} -> tensor<6x16xi8>
    ```
    becomes
    ```mlir
    %y = qnn.contract ins(%a, %w : …) epilogue(%bias, %m : …) outs(%empty : tensor<6x16xi8>) … {
    ^bb0(%acc: i32, %b: i32, %mult: f32):
      %0 = arith.addi %acc, %b : i32
      %1 = qnn.requantize %0, %mult …
      qnn.yield %1 : i8
    }
    ```
  }];
  let statistics = [Statistic<"numFormed", "formed", "contractions formed">,
                    Statistic<"numFused", "fused", "elementwise operations that joined an epilogue">,
                    Statistic<"numDeclined", "declined", "contractions that fit no plan">];
  let dependentDialects = ["arith::ArithDialect", "linalg::LinalgDialect", "tensor::TensorDialect", "QnnDialect"];
}

def FoldConversionsPass : Pass<"qnn-fold-conversions"> {
  let summary = "requantizing the sums of a contraction takes one fused multiply-add";
  let description = [{
    Expects `qnn.contract` on tensors before `--qnn-pack-weights`, leaves the same. Where the epilogue requantizes the sum to bytes
    and does nothing else with it, the sum is not converted to f32 and multiplied, but started so that its bits are those of a float, for which
    the multiplier and a second number for each channel round every possible sum to the same byte (`getFoldedConversion`, which proves
    it for each channel). The sums that are possible follow from the constant weight, as lhs may be any byte. What has no
    constant weight, adds anything else, or may sum to 2^23 different values stays as it is; nothing is refused.

    ```mlir
    ^bb0(%acc: i32, %bias: i32, %mult: f32):
      %s = arith.addi %acc, %bias : i32
      %q = qnn.requantize %s, %mult zero_point 3 clamp [3, 255] unsigned : i32, f32 -> i8
    ```
    becomes
    ```mlir
    ^bb0(%acc: i32, %mult: f32, %start: i32, %offset: f32):
      %s = arith.addi %acc, %start : i32
      %f = arith.bitcast %s : i32 to f32
      %x = math.fma %f, %mult, %offset {qnn.exact_sum} : f32
      %q = qnn.quantize %x, %one zero_point 3 clamp [3, 255] unsigned {qnn.in_range} : f32, f32 -> i8   // %one is 1.0
    ```
  }];
  let statistics = [Statistic<"numFolded", "folded", "contractions whose sums are not converted">];
  let dependentDialects = ["arith::ArithDialect", "math::MathDialect", "QnnDialect"];
}

def PackWeightsPass : Pass<"qnn-pack-weights"> {
  let summary = "the right side of every qnn.contract is laid out as kernels read it";
  let description = [{
    Expects `qnn.contract` on tensors, leaves them packed, as that operation's description says. A constant right side is packed here,
    once for all targets and on all threads of the context; another one is packed by tensor operations before the contraction. Constants that only a reshape
    separates from a contraction's epilogue take the new shape here.

    An argument of the model marked `qnn.parameter` that only one contraction reads is packed by who gives it: it takes the packed type, and
    `qnn.packing` tells where its elements go (`Packing` in Support/Packing.h).

    Example, of 2 channels with 3 values to sum each:
    ```mlir
    %y = qnn.contract ins(%a, %w : tensor<4x3xi8>, tensor<2x3xi8>) outs(%empty : tensor<4x2xi32>) …
    ```
    becomes
    ```mlir
    %y = qnn.contract ins(%a, %p : tensor<4x3xi8>, tensor<1x1x16x4xi8>) outs(%empty : tensor<4x2xi32>)
      attributes {packed_k = array<i64: 2>, run_dims = 1 : i64, …} …
    ```
  }];
  let statistics = [Statistic<"numPacked", "packed", "constants and parameters packed">,
                    Statistic<"numDynamic", "packed-at-run-time", "right sides packed when the model runs">];
  let dependentDialects = ["arith::ArithDialect", "linalg::LinalgDialect", "tensor::TensorDialect", "QnnDialect"];
}

#endif // QUANT_OPT_LOWER_COMMON_CONTRACTIONPASSES_TD
