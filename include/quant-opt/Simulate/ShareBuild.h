//===- ShareBuild.h - One compilation for all passes that run the same trial build --------------------------------===//
#ifndef QUANT_OPT_SIMULATE_SHAREBUILD_H
#define QUANT_OPT_SIMULATE_SHAREBUILD_H

#include "quant-opt/Calibrate/MeasureRanges.h"

namespace mlir::qnn {

/// `compile`, except that it hands out the last model that it compiled for as long as it is asked for an equal module,
/// locations aside. Weights, biases and ranges are arguments of a trial build, so that passes that change nothing else
/// run the same code, if they ask for the same taps. Models that are handed out share outputs and workspaces: one runs
/// at a time. The last one is kept as long as any copy of what this returns.
CompileObservedFn shareBuild(CompileObservedFn compile);

} // namespace mlir::qnn

#endif // QUANT_OPT_SIMULATE_SHAREBUILD_H
