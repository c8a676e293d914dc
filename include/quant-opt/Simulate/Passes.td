// Passes that run a model with its quantization simulated, and change nothing.
#ifndef QUANT_OPT_SIMULATE_PASSES_TD
#define QUANT_OPT_SIMULATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def AnalyzeSensitivityPass : Pass<"qnn-analyze-sensitivity", "::mlir::ModuleOp"> {
  let summary = "measure what quantizing each layer costs at the model's output";
  let description = [{
    Expects the Calibrated form and changes nothing. One float build of the model, whose quantization is switched at run time, is run on
    the data: with each contraction quantized alone, with each left out alone, and with all of them. What each does to the model's
    outputs, against the float model's, is said in an analysis remark (category `qnn`) and written to `out` as JSON: signal-to-noise
    ratio in dB, agreement of the largest element along the last axis in percent, and cross-entropy against the float model's
    distribution in nats, with layers in program order. An edge that several layers read is quantized when one of them is.

    Data that cannot be read or does not fit the model's inputs, an edge without a range, and a model without an output of floats are
    errors.

    Example (test/Simulate/analyze-sensitivity.mlir): the layer whose operand has a wide range, alone, costs nearly all of the loss.
    ```
    remark: [Analysis] Sensitivity | Category:qnn | Remark="'wide': alone 19.4 dB, all but it 45.3 dB, all 19.4 dB"
    ```
  }];
  let constructor = "::mlir::qnn::createAnalyzeSensitivityPass()";
  let options = [
    Option<"data", "calibration-data", "std::string", "\"\"", ".npz with an array for each input, or .npy for the only one">,
    Option<"maxSamples", "max-samples", "int64_t", "0", "samples to use; 0 takes all">,
    Option<"out", "out", "std::string", "\"\"", "file for the result as JSON; - is standard output">,
  ];
  let statistics = [Statistic<"numLayers", "layers", "layers measured">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::qnn::QnnDialect", "::mlir::tensor::TensorDialect"
  ];
}

#endif // QUANT_OPT_SIMULATE_PASSES_TD
