//===- PrintQuantizedEdges.cpp - Print which values would be quantized, and what stays float ----------------------===//
#include "quant-opt/Analysis/Passes.h"
#include "quant-opt/Analysis/QuantizedEdges.h"
#include "quant-opt/Analysis/StatedRanges.h"
#include "quant-opt/Support/Locations.h"

#include "mlir/IR/OwningOpRef.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_PRINTQUANTIZEDEDGESPASS
#include "quant-opt/Analysis/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

class PrintQuantizedEdgesPass : public qnn::impl::PrintQuantizedEdgesPassBase<PrintQuantizedEdgesPass> {
public:
  void runOnOperation() override {
    getOperation()->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      if (!function.isExternal())
        print(function, llvm::errs());
      return WalkResult::skip();
    });
    markAllAnalysesPreserved();
  }

private:
  void print(FunctionOpInterface function, raw_ostream &os) {
    OwningOpRef<FunctionOpInterface> copy(cast<FunctionOpInterface>(function->clone()));
    stripRanges(*copy);
    QuantizedEdges edges = getQuantizedEdges(*copy);
    os << "func @" << function.getName() << "\n";
    for (const QuantizedEdge &edge : edges.edges)
      os << "  edge '" << edge.name << "' group " << edge.group << "\n";
    for (const QuantizedEdge &edge : edges.constants)
      os << "  constant '" << edge.name << "' group " << edge.group << "\n";
    for (auto [group, value] : edges.padding)
      os << "  padding " << value << " group " << group << "\n";
    for (const QuantizedChain &chain : edges.chains) {
      os << "  chain " << getRoleName(chain.role) << " '" << getNodeName(chain.root->getLoc()) << "'";
      if (!chain.epilogue.empty())
        os << " epilogue";
      for (Operation *op : chain.epilogue)
        os << " '" << getNodeName(op->getLoc()) << "'";
      os << "\n";
    }
    for (const FloatOp &floatOp : edges.floatOps)
      os << "  float '" << getNodeName(floatOp.op->getLoc()) << "': " << floatOp.reason << "\n";
  }
};

} // namespace
