// Passes that print analyses.
#ifndef QUANT_OPT_ANALYSIS_PASSES_TD
#define QUANT_OPT_ANALYSIS_PASSES_TD

include "mlir/Pass/PassBase.td"

def PrintQuantizedEdgesPass : Pass<"qnn-print-quantized-edges"> {
  let summary = "print which values would be quantized, and what stays float";
  let description = [{
    Expects any form before Qdq (best the Normalized form); changes nothing. Prints to standard error, for each function, the edges with
    their scale groups, the constants that join a group, the chains that become integer, and the operations that stay float with the reason.
    Ranges already stated are ignored. Nothing is refused.

    Example (test/Analysis/quantized-edges.mlir):
    ```
    func @a_convolution_owns_its_epilogue
      edge 'x' group 0
      chain contraction 'conv' epilogue 'bias' 'relu'
    ```
  }];
}

#endif // QUANT_OPT_ANALYSIS_PASSES_TD
