//===- QuantizeWeights.h - Constant operands become stored integers -----------------------------------------------===//
#ifndef QUANT_OPT_LIB_INSERTQDQ_QUANTIZEWEIGHTS_H
#define QUANT_OPT_LIB_INSERTQDQ_QUANTIZEWEIGHTS_H

#include "quant-opt/InsertQdq/ChooseParams.h"

namespace mlir::qnn {

/// Replaces the constant weight of a contraction by `constant i8 -> quant.scast -> quant.dcast`. Weights with several
/// leading channel dimensions (groups) are stored with these merged, and expanded after the dcast.
void quantizeWeight(OpBuilder &builder, Operation *contraction, const ChosenWeight &weight);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_INSERTQDQ_QUANTIZEWEIGHTS_H
