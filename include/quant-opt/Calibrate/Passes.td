// Passes of the stage Calibrate.
#ifndef QUANT_OPT_CALIBRATE_PASSES_TD
#define QUANT_OPT_CALIBRATE_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // QUANT_OPT_CALIBRATE_PASSES_TD
