// Passes of the stage Calibrate.
#ifndef QUANT_OPT_CALIBRATE_PASSES_TD
#define QUANT_OPT_CALIBRATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def InsertObserversPass : Pass<"qnn-insert-observers"> {
  let summary = "put a qnn.observe on every quantized edge";
  let description = [{
    Expects the Normalized form, or any float form with the interface's models; leaves a calibration build: the same model with a
    `qnn.observe` on each edge that `Analysis/QuantizedEdges` names. Ranges already there are taken out. Nothing is refused.

    Before and after (test/Calibrate/insert-observers.mlir):
    ```mlir
    %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
    ```
    ```mlir
    %o = qnn.observe %x as "x" : tensor<1x4xf32>
    %y = linalg.matmul ins(%o, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
    %p = qnn.observe %y as "fc" : tensor<1x2xf32>
    ```
  }];
  let statistics = [Statistic<"numEdges", "edges", "edges observed">];
  let dependentDialects = ["::mlir::qnn::QnnDialect"];
}

def AnnotateRangesPass : Pass<"qnn-annotate-ranges", "::mlir::ModuleOp"> {
  let summary = "state the ranges of a table on the quantized edges";
  let description = [{
    Expects the Normalized form and a range table (docs/range-table.md); leaves the Calibrated form: a `qnn.range` on each edge that
    `Analysis/QuantizedEdges` names. Ranges already there are replaced.

    A table that cannot be read, an edge in the table that the model lacks (with the nearest name), edges of the model that the table lacks
    (all listed), and a number of ranges other than the axis' size are errors.

    Before and after (test/Calibrate/annotate-ranges.mlir, with lo -1 and hi 3 for the edge "x" in the table):
    ```mlir
    %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
    ```
    ```mlir
    %r = qnn.range %x [-1.000000e+00], [3.000000e+00] method "min-max" : tensor<1x4xf32>
    ```
  }];
  let options = [Option<"ranges", "ranges", "std::string", "\"\"", "the range table, a JSON file">];
  let statistics = [Statistic<"numEdges", "edges", "edges annotated">];
  let dependentDialects = ["::mlir::qnn::QnnDialect"];
}

def CalibratePass : Pass<"qnn-calibrate", "::mlir::ModuleOp"> {
  let summary = "measure the ranges of the quantized edges on data and state them";
  let description = [{
    Expects the Normalized form, leaves the Calibrated form. A copy of the model with observers is compiled by the project's own code
    generator and run on the data; the ranges follow from what the observers saw, by the method asked for. The table is written to
    `ranges-out`, if that is given. Any order or split of the samples gives the same ranges.

    Data that cannot be read, an input without an array or with one of another type or shape, an edge that sees no finite value, and a table
    of another model are errors. NaNs and values beyond the largest bfloat16 are set aside with a warning. An interrupt (SIGINT) writes
    the table of what was measured and ends in an error that says how to go on.

    Before and after (test/Calibrate/calibrate.mlir, with one sample [-1, 0, 0.5, 3] and method min-max):
    ```mlir
    %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
    ```
    ```mlir
    %r = qnn.range %x [-1.000000e+00], [3.000000e+00] method "min-max" : tensor<1x4xf32>
    ```
  }];
  let constructor = "::mlir::qnn::createCalibratePass()";
  let options = [
    Option<"data", "calibration-data", "std::string", "\"\"", ".npz with an array for each input, or .npy for the only one">,
    Option<"method", "method", "std::string", "\"mse\"", "min-max, moving-average, percentile, entropy or mse">,
    Option<"percentile", "percentile", "double", "99.99", "share of the values within a range by percentile, in percent">,
    Option<"symmetric", "symmetric", "bool", "false", "ranges will be quantized symmetrically (matters to entropy and mse)">,
    Option<"perChannel", "per-channel", "bool", "false", "a range for each index of the innermost dimension (min-max only)">,
    Option<"maxSamples", "max-samples", "int64_t", "0", "samples to use; 0 takes all">,
    Option<"seed", "seed", "uint64_t", "0", "chooses which samples if there are more; 0 takes the first">,
    Option<"holdOut", "hold-out", "bool", "true", "leave every eighth of 16 samples or more for judging the result">,
    Option<"rangesOut", "ranges-out", "std::string", "\"\"", "file for the range table; - is standard output">,
    Option<"sketches", "sketches", "bool", "true", "write the sketches too, so that the table can be merged and resumed">,
    Option<"resume", "resume", "std::string", "\"\"", "range table of this model whose measurement is continued">,
    ListOption<"merge", "merge", "std::string", "range tables of this model, measured on other data, that are added">,
  ];
  let statistics = [
    Statistic<"numEdges", "edges", "edges measured">,
    Statistic<"numSamples", "samples", "samples used">,
  ];
  let dependentDialects = ["::mlir::qnn::QnnDialect"];
}

def RoundFunctionsPass : Pass<"qnn-round-functions"> {
  let summary = "state that what functions such as GELU read is quantized";
  let description = [{
    Expects the Normalized form and leaves it, before ranges are measured, with a wish on each function of the IR that Calibrate and
    InsertQdq follow: the chain of elementwise operations that a contraction owns ends where a function of its value alone begins that takes
    elementary functions or divisions (a sigmoid, GELU, SiLU). So the function's argument has a range and is rounded to 8 bits, and between
    two quantizations `--qnn-form-lookups` makes it a table. Without this pass such functions are computed in f32, on values that were not
    rounded: more accurate and slower.

    Before and after (test/Calibrate/round-functions.mlir):
    ```mlir
    func.func @model(…
    ```
    ```mlir
    func.func @model(…) attributes {qnn.round_functions} …
    ```
  }];
}

#endif // QUANT_OPT_CALIBRATE_PASSES_TD
