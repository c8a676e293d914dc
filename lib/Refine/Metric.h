//===- Metric.h - What a model is worth: top-1 by labels, or what a program says ----------------------------------===//
#ifndef QUANT_OPT_LIB_REFINE_METRIC_H
#define QUANT_OPT_LIB_REFINE_METRIC_H

#include "quant-opt/Simulate/Evaluate.h"

namespace mlir::qnn {

/// The labels of the samples with the given numbers, row by row: of the array "labels" in an .npz or .npy file, or of
/// its only one, whose leading axis is samples. Fails if there is none, if its elements are no integers, or if it has
/// too few samples.
llvm::Expected<std::vector<int64_t>> readLabels(StringRef path, ArrayRef<int64_t> samples);

/// The share of rows along the output's last axis whose largest element is where the label says, in percent. Fails if
/// there are not as many labels as rows; `path` is for the message.
llvm::Expected<double> computeTop1(const TensorInfo &output, const RunOutputs &outputs, ArrayRef<int64_t> labels,
                                   StringRef path);

/// Writes the outputs to an .npz file, an array for each with samples along the leading axis, runs `command` with the
/// file's name as its last argument by the shell, and returns the last number that it prints to standard output.
llvm::Expected<double> runMetricCommand(StringRef command, ArrayRef<TensorInfo> infos, const RunOutputs &outputs);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REFINE_METRIC_H
