//===- ExplainPass.cpp - Print what quantization does to one layer ------------------------------------------------===//
#include "ReportingPass.h"

#include "quant-opt/Support/Diagnostics.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_EXPLAINPASS
#include "quant-opt/Report/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

class ExplainPass : public ReportingPass<qnn::impl::ExplainPassBase<ExplainPass>> {
public:
  using ReportingPass::ReportingPass;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    markAllAnalysesPreserved();
    // The name is looked up before the model is run for anything.
    ReportOptions options = getReportOptions(), quick = options;
    quick.data.clear();
    quick.ranges.clear();
    FailureOr<Report> report = collectReport(module, quick, compile);
    if (failed(report))
      return signalPassFailure();
    const LayerReport *layer = find(*report);
    if (!layer) {
      if (!explainFloat(*report))
        refuse(*report);
      return;
    }
    const std::string name = layer->name;
    if (!options.data.empty() || !options.ranges.empty())
      report = collectReport(module, options, compile);
    if (failed(report))
      return signalPassFailure();
    explainLayer(*report, *report->findLayer(name), llvm::errs());
  }

private:
  /// The layer of that name, else the first that holds the node or makes the edge.
  const LayerReport *find(const Report &report) {
    if (const LayerReport *layer = report.findLayer(node))
      return layer;
    for (const LayerReport &layer : report.layers)
      if (llvm::is_contained(layer.nodes, node.getValue()) || layer.output == node.getValue())
        return &layer;
    return nullptr;
  }

  bool explainFloat(const Report &report) {
    bool found = false;
    for (const FloatReport &op : report.floats)
      if (op.name == node) {
        llvm::errs() << "\"" << escapeText(op.name) << "\" stays float: " << op.reason << "\n";
        found = true;
      }
    return found;
  }

  void refuse(const Report &report) {
    std::vector<StringRef> names;
    for (const LayerReport &layer : report.layers)
      names.insert(names.end(), layer.nodes.begin(), layer.nodes.end());
    for (const FloatReport &op : report.floats)
      names.push_back(op.name);
    llvm::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    getOperation().emitError("no layer holds a node \"") << node << "\"" << suggestNearest(node, names);
    signalPassFailure();
  }
};

} // namespace

std::unique_ptr<Pass> mlir::qnn::createExplainPass(ExplainPassOptions options, CompileObservedFn compile) {
  return std::make_unique<ExplainPass>(std::move(options), std::move(compile));
}
