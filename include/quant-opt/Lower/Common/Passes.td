// Passes of the stage Lower/Common.
#ifndef QUANT_OPT_LOWER_COMMON_PASSES_TD
#define QUANT_OPT_LOWER_COMMON_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // QUANT_OPT_LOWER_COMMON_PASSES_TD
