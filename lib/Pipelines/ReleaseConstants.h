//===- ReleaseConstants.h - Frees what a stage of a pipeline leaves behind ----------------------------------------===//
#ifndef QUANT_OPT_LIB_PIPELINES_RELEASECONSTANTS_H
#define QUANT_OPT_LIB_PIPELINES_RELEASECONSTANTS_H

#include "mlir/Pass/Pass.h"

namespace mlir::qnn {

/// Frees the constants of the context that the module does not hold any more. Only for pipelines that know that nothing
/// else holds them: no copy of the module may be used after it.
std::unique_ptr<Pass> createReleaseConstantsPass();

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_PIPELINES_RELEASECONSTANTS_H
