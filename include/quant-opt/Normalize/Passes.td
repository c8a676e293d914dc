// Passes of the stage Normalize.
#ifndef QUANT_OPT_NORMALIZE_PASSES_TD
#define QUANT_OPT_NORMALIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // QUANT_OPT_NORMALIZE_PASSES_TD
