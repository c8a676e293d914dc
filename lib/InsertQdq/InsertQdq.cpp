//===- InsertQdq.cpp - Put quantize/dequantize pairs on the calibrated edges and quantize the weights
//-----------------===//
#include "QuantizeWeights.h"

#include "quant-opt/Analysis/QuantizedEdges.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/InsertQdq/Passes.h"
#include "quant-opt/Numerics/Params.h"
#include "quant-opt/Support/Decisions.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_INSERTQDQPASS
#include "quant-opt/InsertQdq/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// The hull of the ranges of the edges that share a scale.
struct Range {
  float lo = std::numeric_limits<float>::infinity(), hi = -std::numeric_limits<float>::infinity();

  void include(float value) {
    lo = std::min(lo, value);
    hi = std::max(hi, value);
  }
};

class InsertQdqPass : public qnn::impl::InsertQdqPassBase<InsertQdqPass> {
public:
  using InsertQdqPassBase::InsertQdqPassBase;

  void runOnOperation() override {
    FailureOr<QuantizedEdgesOptions> options = getEdgesOptions();
    if (failed(options))
      return signalPassFailure();
    WalkResult result = getOperation()->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      if (!function.isExternal() && failed(runOnFunction(function, *options)))
        return WalkResult::interrupt();
      return WalkResult::skip();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    if (auto module = dyn_cast<ModuleOp>(getOperation()))
      dropDecisions(module);
  }

private:
  LogicalResult runOnFunction(FunctionOpInterface function, const QuantizedEdgesOptions &options);
  FailureOr<QuantizedEdgesOptions> getEdgesOptions();
  FailureOr<std::vector<Range>> getGroupRanges(const QuantizedEdges &edges,
                                               const llvm::DenseMap<Value, StatedRange> &ranges);
  Type getQuantizedType(const Range &range, numerics::Params &params);
  void insertPair(const QuantizedEdge &edge, Type quantizedType);
};

FailureOr<QuantizedEdgesOptions> InsertQdqPass::getEdgesOptions() {
  QuantizedEdgesOptions result;
  if (exclude.empty())
    return result;
  llvm::StringSet<> names;
  getOperation()->walk([&](Operation *op) { names.insert(getNodeName(op->getLoc())); });
  for (const std::string &name : exclude) {
    if (!names.contains(name)) {
      StringRef nearest;
      for (StringRef candidate : names.keys())
        if (!candidate.empty() && (nearest.empty() || std::make_pair(candidate.edit_distance(name), candidate) <
                                                          std::make_pair(nearest.edit_distance(name), nearest)))
          nearest = candidate;
      InFlightDiagnostic diag = getOperation()->emitError("no operation is named '")
                                << name << "', which is to be excluded";
      if (!nearest.empty())
        diag << "; did you mean '" << nearest << "'?";
      return failure();
    }
    result.exclude.insert(name);
  }
  return result;
}

FailureOr<std::vector<Range>> InsertQdqPass::getGroupRanges(const QuantizedEdges &edges,
                                                            const llvm::DenseMap<Value, StatedRange> &ranges) {
  std::vector<Range> groups(edges.numGroups);
  bool complete = true;
  for (const QuantizedEdge &edge : edges.edges) {
    auto it = ranges.find(edge.value);
    if (it == ranges.end()) {
      InFlightDiagnostic diag = emitError(edge.value.getLoc(), "edge '") << edge.name << "' has no range";
      diag.attachNote() << "ranges are stated by --qnn-annotate-ranges, from a table that --calibrate makes";
      complete = false;
      continue;
    }
    for (auto [lo, hi] : llvm::zip_equal(it->second.lo, it->second.hi)) {
      groups[edge.group].include(lo);
      groups[edge.group].include(hi);
    }
  }
  for (const QuantizedEdge &edge : edges.constants)
    if (std::optional<std::vector<float>> values = readConstant<float>(edge.value))
      for (float value : *values)
        if (std::isfinite(value))
          groups[edge.group].include(value);
  for (auto [group, value] : edges.padding)
    groups[group].include(value);
  if (!complete)
    return failure();
  return groups;
}

Type InsertQdqPass::getQuantizedType(const Range &range, numerics::Params &params) {
  bool isUnsigned = activationType == ActivationType::U8;
  numerics::StorageBounds bounds = isUnsigned ? numerics::kU8 : numerics::kS8;
  params = activationScheme == ActivationScheme::Asymmetric ? numerics::asymmetricParams(range.lo, range.hi, bounds)
                                                            : numerics::symmetricParams(range.lo, range.hi, bounds);
  MLIRContext *context = &getContext();
  return quant::UniformQuantizedType::get(isUnsigned ? 0 : quant::QuantizationFlags::Signed,
                                          IntegerType::get(context, 8), Float32Type::get(context), params.scale,
                                          params.zeroPoint, bounds.qmin, bounds.qmax);
}

void InsertQdqPass::insertPair(const QuantizedEdge &edge, Type quantizedType) {
  OpBuilder builder(&getContext());
  builder.setInsertionPointAfterValue(edge.value);
  auto type = cast<RankedTensorType>(edge.value.getType());
  Location loc = edge.value.getLoc();
  auto quantize = quant::QuantizeCastOp::create(builder, loc, type.clone(quantizedType), edge.value);
  auto dequantize = quant::DequantizeCastOp::create(builder, loc, type, quantize);
  Value value = edge.value;
  value.replaceAllUsesExcept(dequantize, quantize);
}

LogicalResult InsertQdqPass::runOnFunction(FunctionOpInterface function, const QuantizedEdgesOptions &options) {
  llvm::DenseMap<Value, StatedRange> ranges = stripRanges(function);
  QuantizedEdges edges = getQuantizedEdges(function, options);
  FailureOr<std::vector<Range>> groups = getGroupRanges(edges, ranges);
  if (failed(groups))
    return failure();

  // Weights first: the analysis' chains refer to the operations, and a pair on an edge changes only their operands.
  OpBuilder builder(&getContext());
  auto leftFloat = [&](Operation *op, const std::string &reason) {
    ++numFloat;
    remark::missed(op->getLoc(), remark::RemarkOpts::name("StaysFloat").category("qnn"))
        << remark::reason("{0}", reason);
  };
  for (const QuantizedChain &chain : edges.chains) {
    QuantRule rule = getQuantRule(chain.root);
    if (!rule.weight)
      continue;
    std::string reason;
    if (failed(quantizeWeight(builder, chain.root, rule, weightScheme, reason)))
      leftFloat(chain.root, reason);
    else
      ++numWeights;
  }
  for (const FloatOp &floatOp : edges.floatOps)
    leftFloat(floatOp.op, floatOp.reason);

  std::vector<Type> types(groups->size());
  std::vector<numerics::Params> params(groups->size());
  for (auto [range, type, param] : llvm::zip_equal(*groups, types, params))
    type = getQuantizedType(range, param);
  for (const QuantizedEdge &edge : edges.edges) {
    insertPair(edge, types[edge.group]);
    ++numEdges;
    const numerics::Params &param = params[edge.group];
    std::string scale = llvm::formatv("{0:e8}", static_cast<double>(param.scale)).str();
    remark::analysis(edge.value.getLoc(), remark::RemarkOpts::name("Edge").category("qnn"))
        << remark::add("edge '{0}' quantized with scale {1}, zero point {2}{3}", edge.name, scale, param.zeroPoint,
                       param.degenerate ? "; its range is empty, so the scale is 1" : "");
  }
  for (const QuantizedEdge &edge : edges.constants)
    insertPair(edge, types[edge.group]);
  return success();
}

} // namespace
