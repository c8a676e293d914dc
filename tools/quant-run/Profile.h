//===- Profile.h - Measures each step of a model -----------------------------------------------------------------===//
#ifndef QUANT_OPT_TOOLS_QUANTRUN_PROFILE_H
#define QUANT_OPT_TOOLS_QUANTRUN_PROFILE_H

#include "CompiledModel.h"

namespace mlir::qnn {

/// Runs the model on what its input buffers hold for about `seconds`, alternately as ever and with each step timed, and
/// prints a table of the steps, the longest first. Writes `jsonPath`, by docs/profile.schema.json, unless it is empty.
llvm::Error profileModel(CompiledModel &model, int threads, double seconds, StringRef jsonPath);

} // namespace mlir::qnn

#endif // QUANT_OPT_TOOLS_QUANTRUN_PROFILE_H
