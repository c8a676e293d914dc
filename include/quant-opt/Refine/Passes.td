// Passes of the stage Refine: from the Calibrated form to the Calibrated form, each for the sake of accuracy.
#ifndef QUANT_OPT_REFINE_PASSES_TD
#define QUANT_OPT_REFINE_PASSES_TD

include "mlir/Pass/PassBase.td"

def AssignPrecisionPass : Pass<"qnn-assign-precision"> {
  let summary = "state the precision of the layers that patterns name";
  let description = [{
    Expects the Calibrated form (or the Normalized one) and leaves it, with the attribute `qnn.precision` on the root of each layer that
    one of the options names. A later option wins over an earlier one, and `layer` over `exclude`. Nothing else changes; what the attribute
    means is in docs/dialect.md. A layer is a contraction, or another sum, with the elementwise operations that belong to it.

    A pattern is, in this order of preference:
    - the name of a node that is part of the layer;
    - `first` or `last`, the first or last contraction;
    - `kind:WORD`, the contractions of a kind that their loops imply: conv, depthwise, pointwise, matmul, linear (a matmul with a constant
      weight), batch-matmul; or reduction and elementwise, the layers that are no contraction;
    - `/EXPRESSION/`, the contractions with a node of which the regular expression matches a part;
    - with one of `*`, `?`, `[`, `{`, the contractions with a node that the glob matches as a whole.

    A pattern that matches nothing (the message has the nearest name), one that is malformed, a precision that does not exist, and any but
    a float one for a layer that is no contraction, are errors.

    Before and after `layer=fc=f32` (test/Refine/assign-precision.mlir):
    ```mlir
    %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
    ```
    ```mlir
    %y = linalg.matmul {qnn.precision = "f32"} ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
    ```
  }];
  let options = [
    ListOption<"exclude", "exclude", "std::string", "patterns of layers that stay in f32">,
    ListOption<"layers", "layer", "std::string", "PATTERN=PRECISION with i4, i8, i16, bf16, f16 or f32">,
  ];
  let statistics = [Statistic<"numLayers", "layers", "layers whose precision was stated">];
}

// The scheme that a pass measures by; it must be that of --qnn-insert-qdq afterwards.
defvar schemeOptions = [
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
];

// The samples that a pass measures on.
defvar sampleOptions = [
  Option<"data", "calibration-data", "std::string", [{""}], ".npz with an array for each input, or .npy for the only one">,
  Option<"maxSamples", "max-samples", "int64_t", "0", "samples to use; 0 takes all">,
  Option<"seed", "seed", "uint64_t", "0", "chooses which samples if there are more; 0 takes the first">,
];

def ChooseRangesPass : Pass<"qnn-choose-ranges", "::mlir::ModuleOp"> {
  let summary = "choose ranges of edges by what they do to layers or to the model's output";
  let description = [{
    Expects the Calibrated form, leaves it, and needs samples. From the stated ranges on, group after group of edges, each bound and both
    together are moved by steps of 10 and then 4 %, and to the extrema, for as long as a criterion improves with everything else quantized
    as it is then: the squared error of the results of the layers that read the group (`layer-output`), the squared error of the model's outputs
    (`model-output`), or the cross-entropy of the model's output distribution against the float model's (`cross-entropy`). One float
    build whose quantization is switched at run time computes all of it, on at most `search-samples` of the calibration samples.

    Ranges are kept only if the model's output improves on the samples that calibration held out (`splitSamples`): its cross-entropy by
    that criterion, its squared error by the others; a missed remark says so if it does not. An unknown criterion, samples that cannot be read,
    and edges without a range are errors.

    Before and after (test/Refine/choose-ranges.mlir, where one range holds 400 and values are at most 13):
    ```mlir
    %h = qnn.range %a [-4.000000e+02], [4.000000e+02] method "min-max" : tensor<1x2xf32>
    ```
    ```mlir
    %h = qnn.range %a [-1.100000e+00], [1.306800e+01] method "layer-output" : tensor<1x2xf32>
    ```
  }];
  let constructor = "::mlir::qnn::createChooseRangesPass()";
  let options = sampleOptions # schemeOptions # [
    Option<"criterion", "criterion", "std::string", [{"layer-output"}], "layer-output, model-output or cross-entropy">,
    Option<"searchSamples", "search-samples", "int64_t", "64", "samples to choose by, spread over those of calibration">,
    Option<"rounds", "rounds", "int64_t", "2", "passes over all groups at most">,
  ];
  let statistics = [Statistic<"numChanged", "changed", "edges whose range was changed">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::qnn::QnnDialect", "::mlir::tensor::TensorDialect"
  ];
}

def CorrectBiasPass : Pass<"qnn-correct-bias", "::mlir::ModuleOp"> {
  let summary = "let biases take up what quantization changes in the mean of each channel";
  let description = [{
    Expects the Calibrated form, leaves it, and needs samples. The bias of each quantized layer with a constant weight becomes what gives each
    output channel the mean that it has in float; a layer without a bias gets one.
    - `empirical`: layer after layer in program order, from what the quantized layer reads, with the layers before it corrected already. Takes
      a run of each sample for each layer.
    - `analytic`: for all layers from one run of the float model. Weights are rounded as they will be, and what each element that a layer
      reads loses in the mean by being clipped to the range of its edge is what a normal distribution of the same moments would, or a
      rectified one where no value is negative (Nagel et al., 2019).

    The biases are kept only if the model's output improves on samples held out (`splitSamples`: every eighth); a missed remark says so if
    it does not. A layer whose loops are no matrix product of patches keeps its bias, with a missed remark. An unknown method is an error.

    Before and after (test/Refine/correct-bias.mlir, with weights of 4 bits):
    ```mlir
    %b = arith.constant dense<[0.1, -0.2, 0.3, 0.0]> : tensor<4xf32>
    ```
    ```mlir
    %b = arith.constant dense<[0.101, -0.210, 0.298, -0.003]> : tensor<4xf32>
    ```
  }];
  let constructor = "::mlir::qnn::createCorrectBiasPass()";
  let options = sampleOptions # schemeOptions # [
    Option<"method", "method", "std::string", [{"analytic"}], "analytic or empirical">,
    Option<"searchSamples", "search-samples", "int64_t", "64", "samples to take means of, spread over those of calibration">,
  ];
  let statistics = [Statistic<"numCorrected", "corrected", "layers whose bias was corrected">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def RestoreFloatsPass : Pass<"qnn-restore-floats"> {
  let summary = "give layers that stay float their own weights and biases back";
  let description = [{
    Expects the Calibrated form and leaves it. Passes that choose weights or biases for quantization keep those of the float model in the attributes
    `qnn.float_weight` and `qnn.float_bias` of the layer's root. A layer whose `qnn.precision` is a float one by now gets them back, without a
    `qnn.range` on its weight; then all these attributes are dropped.

    Before and after (test/Refine/restore-floats.mlir):
    ```mlir
    %w = arith.constant dense<[[0.5, 1.0]]> : tensor<1x2xf32>
    %y = linalg.matmul_transpose_b {qnn.float_weight = dense<[[0.4, 1.1]]> : tensor<1x2xf32>, qnn.precision = "f32"} ins(%x, %w : …
    ```
    ```mlir
    %w = arith.constant dense<[[0.4, 1.1]]> : tensor<1x2xf32>
    %y = linalg.matmul_transpose_b {qnn.precision = "f32"} ins(%x, %w : …
    ```
  }];
  let statistics = [Statistic<"numRestored", "restored", "layers that got their weights or biases back">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::qnn::QnnDialect"];
}

def RoundWeightsPass : Pass<"qnn-round-weights", "::mlir::ModuleOp"> {
  let summary = "choose integer weights and biases by which each layer gives most nearly what it gave in float";
  let description = [{
    Expects the Calibrated form, leaves it, and needs samples. Layer after layer in program order, the float layer's results are fitted by what
    the quantized layer reads by then: for each output channel the scale, the integer weights and the bias of least squared error, so that
    each layer takes up what those before it, its own weights' rounding and the grid of its inputs changed. `LeastSquares.h` and
    `RoundWeights.h` of Numerics say how. Afterwards each weight is a constant whose values are integers times a scale, with a `qnn.range`
    from which `--qnn-insert-qdq` chooses exactly these integers, and each such layer has a bias.

    Few samples say little about some weights, so leaving the float weights is penalized; of several penalties, and of the nearest integers
    with the bias as it was or corrected, each layer takes what is best on samples held out (`splitSamples`: every eighth). If the
    model's output on these is no better in the end, the model is left as it was, with a missed remark. A layer whose loops are no
    matrix product of patches, or with more than 4608 inputs, keeps its weights, with a missed remark. Time is bounded by `positions`, and by
    `max-samples` for models that run long.

    Before and after (test/Refine/round-weights.mlir):
    ```mlir
    %y = linalg.matmul_transpose_b ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
    ```
    ```mlir
    %r = qnn.range %integers_times_scale [-0.5, -0.25], [0.5, 0.25] axis 0 method "least-squares" : tensor<2x2xf32>
    %y = linalg.matmul_transpose_b ins(%x, %r : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
    ```
  }];
  let constructor = "::mlir::qnn::createRoundWeightsPass()";
  let options = sampleOptions # schemeOptions # [
    Option<"positions", "positions", "int64_t", "16384", "places of each layer's result to fit to, over all samples">,
  ];
  let statistics = [
    Statistic<"numRounded", "rounded", "layers whose weights were chosen by least squares">,
    Statistic<"numNearest", "nearest", "layers whose weights stay the nearest ones">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def MeetBudgetPass : Pass<"qnn-meet-budget", "::mlir::ModuleOp"> {
  let summary = "widen the layers that cost most until an accuracy goal holds on held-out samples";
  let description = [{
    Expects the Calibrated form and leaves it, with `qnn.precision` on the layers that have to be wider. The model is run on the samples that
    calibration held out (`splitSamples`, at most `max-held-out` of them, fewer of large models), as it would be once quantized, by a
    simulation that is compiled once. If the signal-to-noise ratio of its outputs is below `min-sqnr`, or its metric falls by more
    than `max-metric-drop` points, each layer's noise is measured alone; the layers that make most noise for their estimated time are
    widened until the goal holds; and whatever it holds without is taken back. Every step is measured. A layer whose precision is
    stated already keeps it. With several outputs the worst ratio counts.

    The metric is the share of samples in percent whose largest output is at the place that `labels` gives for it (one integer for each sample of the
    data), or what `metric-command` prints last when it is run with the name of an .npz file with the outputs for the held-out samples;
    more is better.

    What was done is said in a warning and recorded for reports. A goal out of reach is a warning too, with the best state that was found.
    Data or labels that cannot be read, an explicit goal without data, and a metric's command that fails or prints no number are errors.

    Before and after (test/Refine/meet-budget.mlir, where the first layer's input has values from 0.001 to 1000):
    ```mlir
    %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<1x4xf32>) -> tensor<1x4xf32> loc("front")
    ```
    ```mlir
    %y = linalg.matmul {qnn.precision = "f32"} ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<1x4xf32>) -> tensor<1x4xf32> loc("front")
    ```
  }];
  let constructor = "::mlir::qnn::createMeetBudgetPass()";
  let options = sampleOptions # schemeOptions # [
    Option<"maxHeldOut", "max-held-out", "int64_t", "64", "held-out samples to use at most">,
    Option<"minSqnr", "min-sqnr", "std::string", "\"20\"", "floor of the outputs' signal-to-noise ratio in dB, or off">,
    Option<"maxMetricDrop", "max-metric-drop", "std::string", "\"\"", "points that the metric may lose">,
    Option<"labels", "labels", "std::string", "\"\"", ".npz or .npy with an integer for each sample: the metric is top-1">,
    Option<"metricCommand", "metric-command", "std::string", "\"\"", "program that prints the metric of an .npz file with outputs">,
  ];
  let statistics = [
    Statistic<"numWidened", "widened", "layers widened">,
    Statistic<"numMeasurements", "measurements", "states of the model measured">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::qnn::QnnDialect", "::mlir::tensor::TensorDialect"
  ];
}

#endif // QUANT_OPT_REFINE_PASSES_TD
