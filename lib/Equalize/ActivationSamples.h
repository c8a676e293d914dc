//===- ActivationSamples.h - Values that a float model computes on its quantized edges ----------------------------===//
#ifndef QUANT_OPT_LIB_EQUALIZE_ACTIVATIONSAMPLES_H
#define QUANT_OPT_LIB_EQUALIZE_ACTIVATIONSAMPLES_H

#include "quant-opt/Calibrate/MeasureRanges.h"

namespace mlir::qnn {

/// Some of the values of one edge, in whole rows of its innermost dimension.
struct EdgeSamples {
  std::vector<float> values;
  /// For each value the row-major position of its element in the edge's tensor.
  std::vector<uint32_t> positions;
};

struct ActivationSamplesOptions {
  std::string data;       ///< .npz with an array for each input, or .npy for a model's only input
  int64_t maxSamples = 0; ///< samples that calibration takes; 0 takes all
  uint64_t seed = 0;      ///< see `splitSamples`
};

/// Runs a copy of `module` (Normalized form) on at most 32 of the samples that calibration does not hold out, and keeps
/// at most about 131,072 finite values of each edge of `getQuantizedEdges`, in that order. Emits errors.
FailureOr<std::vector<EdgeSamples>> sampleActivations(ModuleOp module, const ActivationSamplesOptions &options,
                                                      const CompileObservedFn &compile);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_EQUALIZE_ACTIVATIONSAMPLES_H
