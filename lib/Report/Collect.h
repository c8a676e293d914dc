//===- Collect.h - The two halves of a report: what the IR says, and what running the model says ------------------===//
#ifndef QUANT_OPT_LIB_REPORT_COLLECT_H
#define QUANT_OPT_LIB_REPORT_COLLECT_H

#include "quant-opt/Report/Report.h"

namespace mlir::qnn {

/// Adds what running the model on `options.data` shows: statistics of edges, errors, sensitivities, calibration. Emits
/// errors.
LogicalResult measureReport(ModuleOp module, const ReportOptions &options, const CompileObservedFn &compile,
                            Report &report);

/// The statistics of what a sketch saw on an edge.
EdgeStatistics getStatistics(const numerics::Sketch &sketch, const EdgeReport &edge, numerics::StorageBounds bounds);

/// The bounds of an edge's storage type.
numerics::StorageBounds getBounds(const EdgeReport &edge);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REPORT_COLLECT_H
