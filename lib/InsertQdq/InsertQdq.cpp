//===- InsertQdq.cpp - Put quantize/dequantize pairs on the calibrated edges and quantize the weights -------------===//
#include "QuantizeWeights.h"

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/InsertQdq/Passes.h"
#include "quant-opt/Support/Decisions.h"
#include "quant-opt/Support/Locations.h"

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

class InsertQdqPass : public qnn::impl::InsertQdqPassBase<InsertQdqPass> {
public:
  using InsertQdqPassBase::InsertQdqPassBase;

  void runOnOperation() override {
    if (weightBits != 4 && weightBits != 8) {
      emitError(getOperation()->getLoc(), "expected a weight-bits of 4 or 8, found ") << weightBits.getValue();
      return signalPassFailure();
    }
    WalkResult result = getOperation()->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      if (!function.isExternal() && failed(runOnFunction(function)))
        return WalkResult::interrupt();
      return WalkResult::skip();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    if (auto module = dyn_cast<ModuleOp>(getOperation()))
      dropDecisions(module);
  }

private:
  LogicalResult runOnFunction(FunctionOpInterface function);
  Type getQuantizedType(const EdgeParams &edge);
  void insertPair(const QuantizedEdge &edge, Type quantizedType, float step);
};

Type InsertQdqPass::getQuantizedType(const EdgeParams &edge) {
  MLIRContext *context = &getContext();
  bool isUnsigned = activationType == ActivationType::U8;
  unsigned bits = edge.bounds.qmax - edge.bounds.qmin > 255 ? 16 : 8;
  return quant::UniformQuantizedType::get(isUnsigned ? 0 : quant::QuantizationFlags::Signed,
                                          IntegerType::get(context, bits), Float32Type::get(context), edge.params.scale,
                                          edge.params.zeroPoint, edge.bounds.qmin, edge.bounds.qmax);
}

void InsertQdqPass::insertPair(const QuantizedEdge &edge, Type quantizedType, float step) {
  OpBuilder builder(&getContext());
  builder.setInsertionPointAfterValue(edge.value);
  auto type = cast<RankedTensorType>(edge.value.getType());
  Location loc = edge.value.getLoc();
  auto quantize = quant::QuantizeCastOp::create(builder, loc, type.clone(quantizedType), edge.value);
  auto dequantize = quant::DequantizeCastOp::create(builder, loc, type, quantize);
  Value value = edge.value;
  value.replaceAllUsesExcept(dequantize, quantize);
  // Nothing reads the observed value, so that the integers are those of the build without.
  if (observe && step != 0.0f)
    ObserveOp::create(builder, loc, type, dequantize, builder.getStringAttr(edge.name), builder.getF32FloatAttr(step));
}

LogicalResult InsertQdqPass::runOnFunction(FunctionOpInterface function) {
  QuantizationScheme scheme{activationType, activationScheme, weightScheme, weightBits};
  FailureOr<ChosenParams> chosen = chooseParams(function, scheme);
  if (failed(chosen))
    return failure();
  const QuantizedEdges &edges = chosen->edges;

  // Weights first: the analysis' chains refer to the operations, and a pair on an edge changes only their operands.
  OpBuilder builder(&getContext());
  auto leftFloat = [&](Operation *op, const std::string &reason) {
    ++numFloat;
    remark::missed(op->getLoc(), remark::RemarkOpts::name("StaysFloat").category("qnn"))
        << remark::reason("{0}", reason);
  };
  for (auto [chain, choice] : llvm::zip_equal(edges.chains, chosen->chains)) {
    if (choice.weight) {
      quantizeWeight(builder, chain.root, *choice.weight);
      ++numWeights;
    } else if (!choice.reason.empty()) {
      leftFloat(chain.root, choice.reason);
    }
  }
  for (const FloatOp &floatOp : edges.floatOps)
    leftFloat(floatOp.op, floatOp.reason);

  SmallVector<Type> types =
      llvm::map_to_vector(chosen->groups, [&](const EdgeParams &group) { return getQuantizedType(group); });
  for (const QuantizedEdge &edge : edges.edges) {
    insertPair(edge, types[edge.group], chosen->groups[edge.group].params.scale);
    ++numEdges;
    const numerics::Params &param = chosen->groups[edge.group].params;
    std::string scale = llvm::formatv("{0:e8}", static_cast<double>(param.scale)).str();
    remark::analysis(edge.value.getLoc(), remark::RemarkOpts::name("Edge").category("qnn"))
        << remark::add("edge '{0}' quantized with scale {1}, zero point {2}{3}", edge.name, scale, param.zeroPoint,
                       param.degenerate ? "; its range is empty, so the scale is 1" : "");
  }
  for (const QuantizedEdge &edge : edges.constants)
    insertPair(edge, types[edge.group], /*step=*/0.0f);
  // Of one scale all the same: an 8-bit reader rounds the 16-bit values once more.
  for (auto [operand, group] : edges.narrowReads) {
    builder.setInsertionPoint(operand->getOwner());
    Location loc = operand->get().getLoc();
    auto type = cast<RankedTensorType>(operand->get().getType());
    Type narrow = getQuantizedType(getEdgeParams(chosen->groupRanges[group], scheme));
    Value quantized = quant::QuantizeCastOp::create(builder, loc, type.clone(narrow), operand->get());
    operand->set(quant::DequantizeCastOp::create(builder, loc, type, quantized));
  }
  return success();
}

} // namespace
