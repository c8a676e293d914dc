//===- QuantizeWeights.h - Constant operands become stored integers
//---------------------------------------------------===//
#ifndef QUANT_OPT_LIB_INSERTQDQ_QUANTIZEWEIGHTS_H
#define QUANT_OPT_LIB_INSERTQDQ_QUANTIZEWEIGHTS_H

#include "quant-opt/InsertQdq/Schemes.h"
#include "quant-opt/Interfaces/QuantizableOpInterface.h"

namespace mlir::qnn {

/// Replaces the constant weight of a contraction by `constant i8 -> quant.scast -> quant.dcast`, symmetric in [-127,
/// 127]. Weights with several leading channel dimensions (groups) are stored with these merged, and expanded after the
/// dcast. Fails, changing nothing, if the weight's contents cannot be read or are not finite; `reason` then says so.
LogicalResult quantizeWeight(OpBuilder &builder, Operation *contraction, const QuantRule &rule, WeightScheme scheme,
                             std::string &reason);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_INSERTQDQ_QUANTIZEWEIGHTS_H
