// Passes of the stage Report.
#ifndef QUANT_OPT_REPORT_PASSES_TD
#define QUANT_OPT_REPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

class ReportingPass<string name> : Pass<name, "::mlir::ModuleOp"> {
  list<Option> reportOptions = [
    Option<"data", "calibration-data", "std::string", "\"\"", ".npz of samples on which the model is run; without it only what the IR says">,
    Option<"ranges", "ranges", "std::string", "\"\"", "range table with sketches, for statistics of edges without data">,
    Option<"maxSamples", "max-samples", "int64_t", "0", "samples to use; 0 takes all">,
    Option<"seed", "seed", "uint64_t", "0", "chooses which samples if there are more; 0 takes the first">,
    Option<"holdOut", "hold-out", "bool", "true", "calibration left every eighth of 16 samples or more for judging the result">,
    Option<"errorSamples", "error-samples", "int64_t", "64", "samples on which the quantized model is compared with the float one">,
    Option<"sensitivity", "sensitivity", "bool", "true", "quantize each layer alone and leave each out">,
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
    Option<"weightBits", "weight-bits", "int64_t", "8", "8, or 4: weights in [-7, 7]">];
  let dependentDialects = ["::mlir::qnn::QnnDialect"];
}

def ReportPass : ReportingPass<"qnn-report"> {
  let summary = "write a page and JSON that say what quantization does to each layer";
  let description = [{
    Expects the Calibrated form with one public function, changes nothing. Writes the page `out` and, beside it with the extension
    `json`, the same numbers by docs/report.schema.json. Without `calibration-data` there are parameters and the errors of weights; with it the model is run, float and
    quantized, and histograms, clipping, convergence of ranges, errors of layers and sensitivities join them. docs/report.md says what each number means.

    An edge without a range, and data that does not fit the model, are errors.

    Before and after are the same (test/Report/report.mlir): of
    ```mlir
    %r = qnn.range %x [-1.0], [3.0] method "min-max" : tensor<1x4xf32>
    ```
    the page says that `x` is stored as u8 with scale 0.0156863 and zero point 64.
  }];
  let constructor = "::mlir::qnn::createReportPass()";
  let options = [Option<"out", "out", "std::string", "\"report.html\"", "the page; its JSON goes beside it">] # reportOptions;
}

def ExplainPass : ReportingPass<"qnn-explain"> {
  let summary = "print what quantization does to one layer";
  let description = [{
    Expects the Calibrated form with one public function, changes nothing. Prints to standard error what `--qnn-report` would say of the
    layer that the node `node` is part of: weight, edges that it reads and makes, and, with `calibration-data`, errors and sensitivity. Of an
    operation that stays float it prints the reason.

    A name that no layer bears is an error with the nearest match.

    Example (test/Report/explain.mlir): `--qnn-explain=node=fc` prints `layer "fc": contraction in i8`.
  }];
  let constructor = "::mlir::qnn::createExplainPass()";
  let options = [Option<"node", "node", "std::string", "\"\"", "name of a node of the layer">] # reportOptions;
}

#endif // QUANT_OPT_REPORT_PASSES_TD
