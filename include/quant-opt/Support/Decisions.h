//===- Decisions.h - What passes decided for accuracy, and what they measured: kept on the module for the report -===//
#ifndef QUANT_OPT_SUPPORT_DECISIONS_H
#define QUANT_OPT_SUPPORT_DECISIONS_H

#include "mlir/IR/BuiltinOps.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::qnn {

/// One decision, in the words that the user reads. SQNRs are of the model's output on held-out samples, in dB.
struct Decision {
  std::string pass;  ///< the pass that decided, such as "qnn-meet-budget"
  std::string layer; ///< the node it is about; empty if it is about the whole model
  std::string text;  ///< what was done and why, one sentence
  std::optional<double> sqnrBefore = std::nullopt, sqnrAfter = std::nullopt;
};

/// Appends to the module's attribute `qnn.decisions`, which belongs to the Normalized and the Calibrated form:
/// `--qnn-insert-qdq` drops it.
void recordDecision(ModuleOp module, const Decision &decision);

/// In the order in which they were recorded.
std::vector<Decision> getDecisions(ModuleOp module);

void dropDecisions(ModuleOp module);

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_DECISIONS_H
