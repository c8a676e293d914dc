//===- AssignPrecision.cpp - State the precision of the layers that patterns name ---------------------------------===//
#include "LayerPatterns.h"

#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Refine/Passes.h"
#include "quant-opt/Support/Diagnostics.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_ASSIGNPRECISIONPASS
#include "quant-opt/Refine/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

class AssignPrecisionPass : public qnn::impl::AssignPrecisionPassBase<AssignPrecisionPass> {
public:
  using AssignPrecisionPassBase::AssignPrecisionPassBase;

  void runOnOperation() override {
    if (exclude.empty() && layers.empty())
      return markAllAnalysesPreserved();
    std::vector<Layer> all;
    getOperation()->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      if (!function.isExternal())
        llvm::append_range(all, getLayers(function));
      return WalkResult::skip();
    });
    bool isValid = true;
    for (const std::string &pattern : exclude)
      isValid &= succeeded(assign(all, pattern, Precision::F32));
    for (const std::string &entry : layers)
      isValid &= succeeded(assign(all, entry));
    if (!isValid)
      signalPassFailure();
  }

private:
  LogicalResult assign(ArrayRef<Layer> all, StringRef entry) {
    // Names of nodes may hold an equals sign, precisions do not.
    auto [pattern, word] = entry.rsplit('=');
    if (std::optional<Precision> precision = parsePrecision(word))
      return assign(all, pattern, *precision);
    if (!entry.contains('='))
      return getOperation()->emitError("expected PATTERN=PRECISION for a layer, found \"") << entry << "\"";
    return getOperation()->emitError("there is no precision \"")
           << word << "\"" << suggestNearest(word, getPrecisionNames());
  }

  LogicalResult assign(ArrayRef<Layer> all, StringRef pattern, Precision precision) {
    llvm::Expected<SmallVector<unsigned>> found = findLayers(all, pattern);
    if (!found)
      return getOperation()->emitError(llvm::toString(found.takeError()));
    for (unsigned number : *found) {
      const Layer &layer = all[number];
      if (layer.role != QuantRole::Contraction && precision != Precision::I8 && !isFloat(precision))
        return layer.root->emitError("layer \"")
               << layer.name << "\" is no contraction, so that it cannot have precision " << getPrecisionName(precision)
               << "; expected i8 or a float precision";
      if (!getStatedPrecision(layer.root))
        ++numLayers;
      setPrecision(layer.root, precision);
    }
    return success();
  }
};

} // namespace
