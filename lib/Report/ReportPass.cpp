//===- ReportPass.cpp - Write a page and JSON that say what quantization does to each layer -----------------------===//
#include "ReportingPass.h"

#include "quant-opt/Support/AtomicFile.h"

#include "llvm/Support/Path.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_REPORTPASS
#include "quant-opt/Report/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

class ReportPass : public ReportingPass<qnn::impl::ReportPassBase<ReportPass>> {
public:
  ReportPass(ReportPassOptions options, CompileObservedFn compile, std::shared_ptr<FloatReference> reference)
      : ReportingPass(std::move(options), std::move(compile)), reference(std::move(reference)) {}

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallString<128> jsonPath(StringRef{out});
    llvm::sys::path::replace_extension(jsonPath, "json");
    if (StringRef(out) == jsonPath) {
      module.emitError("the page cannot be named ") << out << ": its JSON goes there; name it .html";
      return signalPassFailure();
    }
    ReportOptions options = getReportOptions();
    if (reference && reference->module)
      options.reference = *reference->module;
    FailureOr<Report> report = collectReport(module, options, compile);
    if (failed(report))
      return signalPassFailure();
    std::string json, page;
    llvm::raw_string_ostream jsonStream(json), pageStream(page);
    writeReportJson(*report, jsonStream);
    writeReportHtml(*report, pageStream);
    for (auto [path, text] : {std::make_pair(StringRef(jsonPath), &json), std::make_pair(StringRef(out), &page)})
      if (llvm::Error error = writeFileAtomically(path, *text)) {
        module.emitError(llvm::toString(std::move(error)));
        return signalPassFailure();
      }
    markAllAnalysesPreserved();
  }

private:
  std::shared_ptr<FloatReference> reference;
};

} // namespace

std::unique_ptr<Pass> mlir::qnn::createReportPass(ReportPassOptions options, CompileObservedFn compile,
                                                  std::shared_ptr<FloatReference> reference) {
  return std::make_unique<ReportPass>(std::move(options), std::move(compile), std::move(reference));
}
