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

#endif // QUANT_OPT_REFINE_PASSES_TD
