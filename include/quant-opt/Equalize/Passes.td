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

def SmoothPass : Pass<"qnn-smooth", "::mlir::ModuleOp"> {
  let summary = "move outliers of activations into weights, by factors found on data";
  let description = [{
    Expects the Normalized form, leaves it, with the same function up to rounding: SmoothQuant (Xiao et al. 2022) over the regions of
    `--qnn-equalize`. A channel whose largest magnitude on the data is a, read by weights of which the largest is w, is multiplied by
    w^(1 - strength) / a^strength, and those weights divided. Where the factor costs nothing it goes into constants that make the channel: the
    weight and bias of the layer before, also through the product of attention and the division by its sum, or a factor of normalization. Else
    one multiplication is added to what makes the channel (unless `multiply` is off), where only weights read it and it is no clip, whose bounds
    are the clamp of a requantization. Queries and keys take
    factors against each other.

    The strength of each region is searched: the model is compiled with observers and run on at most 32 samples of the calibration data, and
    the noise at the outputs of the region's layers estimated from the values seen, each rounded in the range of least squared error, and
    from the rounded weights. A region whose noise falls by less than 15 % keeps its scale. Each constant is checked as by `--qnn-equalize`.

    Missing or unfit data, a strength above 1 and a `qnn.range`, which would no longer hold, are errors.

    Before and after (test/Equalize/smooth.mlir, where the data's first channel is 64 times the second):
    ```mlir
    %y = linalg.matmul ins(%exp, %w : tensor<4x2xf32>, tensor<2x2xf32>) …
    ```
    ```mlir
    %s = linalg.generic … ins(%exp, %factors : tensor<4x2xf32>, tensor<2xf32>) { mulf }
    %y = linalg.matmul ins(%s, %w_divided : tensor<4x2xf32>, tensor<2x2xf32>) …
    ```
  }];
  let constructor = "::mlir::qnn::createSmoothPass()";
  let options = [
    Option<"data", "calibration-data", "std::string", "\"\"", ".npz with an array for each input, or .npy for the only one">,
    Option<"maxSamples", "max-samples", "int64_t", "0", "samples of which those used are taken; 0 takes all">,
    Option<"seed", "seed", "uint64_t", "0", "chooses which samples if there are more; 0 takes the first">,
    Option<"strength", "strength", "double", "-1.0", "share of the activations' difficulty that moves, from 0 to 1; negative searches">,
    Option<"multiply", "multiply", "bool", "true", "add a multiplication where no constant can take a factor">,
  ];
  let statistics = [
    Statistic<"numRegions", "regions", "regions whose channels took factors">,
    Statistic<"numChannels", "channels", "channels that took a factor other than one">,
    Statistic<"numMultiplications", "multiplications", "multiplications added">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::qnn::QnnDialect"];
}

def AbsorbBiasPass : Pass<"qnn-absorb-bias", "::mlir::ModuleOp"> {
  let summary = "move what all values of a channel exceed from its bias into the next layer's";
  let description = [{
    Expects the Normalized form, leaves it. Where the sum of a contraction with a constant weight takes one bias for each channel and an
    activation that is the identity above zero (relu, leaky relu), and nothing but contractions with constant weight and bias read the result,
    each channel's bias gives c = max(0, mean - 3 sigma) to them (Nagel et al. 2019), with mean and deviation as observed on at most 32
    samples of the calibration data, and c at most the least value observed: above c the activation only adds, so that every value on these
    samples is what it was, up to rounding. The range of the edge falls by what its channels had in common.

    What padding, a residual add or anything else stands behind keeps its bias: there not all terms of the sums would have the shift. An edge
    whose largest value falls by less than 5 % is left alone. Missing or unfit data and a `qnn.range`, which would no longer hold, are errors.

    Before and after (test/Equalize/absorb-bias.mlir; the biases of two layers with weights of one):
    ```mlir
    %b0 = arith.constant dense<8.0> : tensor<2xf32>
    %b1 = arith.constant dense<0.5> : tensor<2xf32>
    ```
    ```mlir
    %b0 = arith.constant dense<[2.07, 1.53]> : tensor<2xf32>  // less 5.93 and 6.47
    %b1 = arith.constant dense<12.9> : tensor<2xf32>          // 12.4 more
    ```
  }];
  let constructor = "::mlir::qnn::createAbsorbBiasPass()";
  let options = [
    Option<"data", "calibration-data", "std::string", "\"\"", ".npz with an array for each input, or .npy for the only one">,
    Option<"maxSamples", "max-samples", "int64_t", "0", "samples of which those used are taken; 0 takes all">,
    Option<"seed", "seed", "uint64_t", "0", "chooses which samples if there are more; 0 takes the first">,
  ];
  let statistics = [
    Statistic<"numLayers", "layers", "layers whose bias moved on">,
    Statistic<"numChannels", "channels", "channels whose bias moved on">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::qnn::QnnDialect"];
}

#endif // QUANT_OPT_EQUALIZE_PASSES_TD
