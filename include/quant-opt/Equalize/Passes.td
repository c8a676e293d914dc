// Passes of the stage Equalize.
#ifndef QUANT_OPT_EQUALIZE_PASSES_TD
#define QUANT_OPT_EQUALIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def EqualizePass : Pass<"qnn-equalize"> {
  let summary = "give the channels of each tensor alike ranges by moving factors between layers";
  let description = [{
    Expects the Normalized form and leaves it, with the same function: between two contractions each channel is multiplied by a positive
    factor where it is made (weights, bias, bounds of a clip) and divided by it where it is used (weights). The factors make each channel as
    large, in norm against the largest channel, in the weights that make it as in those that use it; regions are balanced in turn until no
    factor moves.

    Which elements must share a factor follows from the interface alone: through positively homogeneous elementwise operations (relu, leaky
    relu, residual add, factors), reductions, poolings, zero pads, reshapes, transposes, slices and concats; every user of a tensor takes
    part. A contraction ends a region on both sides, as does a constant tensor that multiplies. Of a product of two activations one gives its
    factors to the result, or both cancel each other's along the sum, whichever are free to. What enters or leaves the model, and what meets any other operation, keeps its scale, with a
    missed remark. A clip keeps it too, unless its bounds may become one for each channel: code for such bounds is slower, and on a MobileNet
    nothing was gained.

    A region whose channels are alike already is left alone. Each constant is multiplied once, in double, and checked: multiplied back it must be
    what it was, to one rounding; a region in which one is not is left as it is, with a missed remark. With powers of two every float result
    keeps its bits, at a cost of up to 2 dB after quantization. A `qnn.range` is an error: it would no longer hold.

    Before and after (test/Equalize/equalize.mlir; each line is a contraction with its weight, rows are output channels):
    ```mlir
    dense<[[1.600000e+01, 0.000000e+00], [0.000000e+00, 1.000000e+00]]>   // makes channels 0 and 1
    dense<[[1.000000e+00, 0.000000e+00], [0.000000e+00, 1.600000e+01]]>   // uses them
    ```
    ```mlir
    dense<4.000000e+00>
    ```
  }];
  let options = [
    Option<"powersOfTwo", "powers-of-two", "bool", "false", "round factors to powers of two, with which every float result keeps its bits">,
    Option<"perChannelBounds", "per-channel-bounds", "bool", "false", "let the bounds of a clip become one for each channel">,
    Option<"minImbalance", "min-imbalance", "double", "1.0",
           "leave a region alone if the root mean square of its factors' binary logarithms is below this">,
    Option<"maxIterations", "max-iterations", "int64_t", "100", "sweeps over the regions at most">,
  ];
  let statistics = [
    Statistic<"numRegions", "regions", "regions whose channels took factors">,
    Statistic<"numChannels", "channels", "channels that took a factor other than one">,
    Statistic<"numIterations", "iterations", "sweeps until no factor moved">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
}

#endif // QUANT_OPT_EQUALIZE_PASSES_TD
