// Passes of the stage Import.
#ifndef QUANT_OPT_IMPORT_PASSES_TD
#define QUANT_OPT_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // QUANT_OPT_IMPORT_PASSES_TD
