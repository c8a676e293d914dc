// Passes of the stage Integerize.
#ifndef QUANT_OPT_INTEGERIZE_PASSES_TD
#define QUANT_OPT_INTEGERIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // QUANT_OPT_INTEGERIZE_PASSES_TD
