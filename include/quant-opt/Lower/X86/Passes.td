// Passes of the stage Lower/X86.
#ifndef QUANT_OPT_LOWER_X86_PASSES_TD
#define QUANT_OPT_LOWER_X86_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // QUANT_OPT_LOWER_X86_PASSES_TD
