//===- Homogeneity.h - What a positive factor does to the body of an elementwise operation ------------------------===//
#ifndef QUANT_OPT_LIB_INTERFACES_EXTERNALMODELS_HOMOGENEITY_H
#define QUANT_OPT_LIB_INTERFACES_EXTERNALMODELS_HOMOGENEITY_H

#include "quant-opt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qnn {

/// The interface's methods of the same names, for linalg; `rule` is the operation's.
Homogeneity getHomogeneity(linalg::LinalgOp op, const QuantRule &rule);
Operation *cloneWithFactors(linalg::LinalgOp op, const QuantRule &rule, OpBuilder &builder, ArrayRef<float> factors,
                            ArrayRef<int64_t> dims);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_INTERFACES_EXTERNALMODELS_HOMOGENEITY_H
