// Passes of the stage InsertQdq.
#ifndef QUANT_OPT_INSERTQDQ_PASSES_TD
#define QUANT_OPT_INSERTQDQ_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // QUANT_OPT_INSERTQDQ_PASSES_TD
