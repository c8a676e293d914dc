//===- AnnotateRanges.cpp - State the ranges of a table on the quantized edges ------------------------------------===//
#include "quant-opt/Analysis/QuantizedEdges.h"
#include "quant-opt/Analysis/StatedRanges.h"
#include "quant-opt/Calibrate/Passes.h"
#include "quant-opt/Support/Diagnostics.h"

#include "llvm/ADT/StringMap.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_ANNOTATERANGESPASS
#include "quant-opt/Calibrate/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// More names than this only make a message longer.
static constexpr size_t kMaxListed = 10;

/// Checks that `range` fits the edge's type, and resolves an axis counted from the back.
static FailureOr<std::optional<int64_t>> resolveAxis(const QuantizedEdge &edge, const EdgeRange &range) {
  if (!range.axis)
    return std::optional<int64_t>();
  auto type = cast<RankedTensorType>(edge.value.getType());
  const int64_t axis = *range.axis < 0 ? *range.axis + type.getRank() : *range.axis;
  if (axis < 0 || axis >= type.getRank())
    return emitError(edge.value.getLoc(), "range of edge \"")
           << edge.name << "\": expected an axis of " << type << ", found " << *range.axis;
  if (static_cast<int64_t>(range.lo.size()) != type.getDimSize(axis))
    return emitError(edge.value.getLoc(), "ranges of edge \"")
           << edge.name << "\": expected " << type.getDimSize(axis) << " along axis " << axis << " of " << type
           << ", found " << range.lo.size();
  return std::optional<int64_t>(axis);
}

LogicalResult mlir::qnn::annotateRanges(ModuleOp module, const RangeTable &table, StringRef source) {
  llvm::StringMap<const EdgeRange *> unused;
  for (const EdgeRange &range : table.edges)
    unused[range.name] = &range;
  const llvm::StringMap<const EdgeRange *> byName = unused;

  std::vector<std::string> names, missing;
  std::vector<std::pair<Value, const EdgeRange *>> found;
  bool isValid = true;
  OpBuilder builder(module.getContext());
  module->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
    if (function.isExternal())
      return WalkResult::skip();
    stripRanges(function);
    for (const QuantizedEdge &edge : getQuantizedEdges(function).edges) {
      names.push_back(edge.name);
      const EdgeRange *range = byName.lookup(edge.name);
      if (!range) {
        missing.push_back("\"" + edge.name + "\"");
        continue;
      }
      unused.erase(edge.name);
      FailureOr<std::optional<int64_t>> axis = resolveAxis(edge, *range);
      if (failed(axis)) {
        isValid = false;
        continue;
      }
      builder.setInsertionPointAfterValue(edge.value);
      auto op = RangeOp::create(builder, edge.value.getLoc(), edge.value.getType(), edge.value,
                                builder.getDenseF32ArrayAttr(range->lo), builder.getDenseF32ArrayAttr(range->hi),
                                *axis ? builder.getI64IntegerAttr(**axis) : IntegerAttr(),
                                builder.getStringAttr(getMethodName(table.options.method)));
      Value value = edge.value;
      value.replaceAllUsesExcept(op.getResult(), op);
    }
    return WalkResult::skip();
  });

  const SmallVector<StringRef> candidates(names.begin(), names.end());
  size_t listed = 0;
  for (const EdgeRange &range : table.edges) {
    if (!unused.count(range.name) || ++listed > kMaxListed)
      continue;
    emitError(module.getLoc()) << source << " has a range for edge \"" << range.name << "\", which the model lacks"
                               << suggestNearest(range.name, candidates);
  }
  if (!missing.empty()) {
    const size_t shown = std::min(missing.size(), kMaxListed);
    InFlightDiagnostic diag = emitError(module.getLoc())
                              << source << " has no range for " << missing.size() << " of " << names.size()
                              << " edges: " << llvm::join(ArrayRef<std::string>(missing).take_front(shown), ", ");
    if (missing.size() > shown)
      diag << " and " << missing.size() - shown << " more";
  }
  return success(isValid && unused.empty() && missing.empty());
}

namespace {

class AnnotateRangesPass : public qnn::impl::AnnotateRangesPassBase<AnnotateRangesPass> {
public:
  using AnnotateRangesPassBase::AnnotateRangesPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto fail = [&](const Twine &message) {
      emitError(module.getLoc(), message);
      signalPassFailure();
    };
    if (ranges.empty())
      return fail("no range table: give ranges=FILE.json, as --qnn-calibrate writes it");
    llvm::Expected<RangeTable> table = RangeTable::read(ranges);
    if (!table)
      return fail(llvm::toString(table.takeError()));
    if (failed(annotateRanges(module, *table, ranges)))
      return signalPassFailure();
    numEdges += table->edges.size();
  }
};

} // namespace
