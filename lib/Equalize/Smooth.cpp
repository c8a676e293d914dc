//===- Smooth.cpp - Outliers of activations move into weights, by factors found on data ---------------------------===//
#include "ScaleRewrite.h"
#include "SmoothFactors.h"
#include "quant-opt/Analysis/QuantizedEdges.h"
#include "quant-opt/Equalize/Passes.h"
#include "quant-opt/Support/Decisions.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_SMOOTHPASS
#include "quant-opt/Equalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// The innermost dimension of `value` along which the weights of all that reads it may differ, if nothing else reads
/// it.
static std::optional<int64_t> getSharedChannelDim(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isF32() || !type.hasStaticShape() || value.use_empty())
    return std::nullopt;
  for (int64_t dim = type.getRank() - 1; dim >= 0; --dim)
    if (type.getDimSize(dim) > 1 && llvm::all_of(value.getUses(), [&](OpOperand &use) {
          QuantRule rule = getQuantRule(use.getOwner());
          if (rule.role != QuantRole::Contraction || !rule.weight || rule.activations.front() != &use)
            return false;
          auto loop = dyn_cast<AffineDimExpr>(rule.maps[0].getResult(dim));
          return loop && rule.maps[1].isFunctionOfDim(loop.getPosition());
        }))
      return dim;
  return std::nullopt;
}

/// Whether `value` comes from a clip, which costs nothing as the bounds of a clamp only if nothing stands between.
static bool isClipped(Value value) {
  Operation *op = value.getDefiningOp();
  QuantRule rule = op ? getQuantRule(op) : QuantRule();
  if (rule.role == QuantRole::ValuePreserving)
    return llvm::any_of(rule.activations, [](OpOperand *operand) { return isClipped(operand->get()); });
  if (rule.role != QuantRole::Elementwise)
    return false;
  Homogeneity homogeneity = cast<QuantizableOpInterface>(op).getHomogeneity();
  return homogeneity.holds() && homogeneity.scalesBody;
}

/// Multiplies `value` by a constant of ones along `dim`, for whoever reads it.
static linalg::GenericOp insertMultiplier(Value value, int64_t dim) {
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  Location loc = value.getLoc();
  auto type = cast<RankedTensorType>(value.getType());
  std::vector<float> ones(type.getDimSize(dim), 1.0f);
  Value factors = createConstant<float>(
      builder, loc, RankedTensorType::get({type.getDimSize(dim)}, builder.getF32Type()), ones, "smoothing");
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  AffineMap channel = identity.getSubMap({static_cast<unsigned>(dim)});
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  auto product = linalg::GenericOp::create(builder, loc, TypeRange(type), ValueRange{value, factors}, ValueRange{empty},
                                           {identity, channel, identity}, iterators,
                                           [](OpBuilder &b, Location loc, ValueRange args) {
                                             Value result = arith::MulFOp::create(b, loc, args[0], args[1]);
                                             linalg::YieldOp::create(b, loc, result);
                                           });
  value.replaceAllUsesExcept(product.getResult(0), product);
  return product;
}

namespace {

class SmoothPass : public qnn::impl::SmoothPassBase<SmoothPass> {
public:
  SmoothPass(SmoothPassOptions options, CompileObservedFn compile)
      : SmoothPassBase(std::move(options)), compile(std::move(compile)) {}

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(checkOptions(module)))
      return signalPassFailure();
    for (auto function : module.getOps<FunctionOpInterface>())
      if (function.isPublic() && !function.isExternal())
        return smooth(module, function);
  }

private:
  LogicalResult checkOptions(ModuleOp module) {
    if (data.empty())
      return module.emitError("smoothing needs data: give calibration-data=FILE.npz");
    if (strength > 1.0)
      return module.emitError("expected a strength of at most 1, or a negative one to search, found ")
             << strength.getValue();
    WalkResult calibrated = module.walk([](RangeOp range) {
      range.emitOpError("states a range that smoothing would change; smooth before calibration");
      return WalkResult::interrupt();
    });
    return failure(calibrated.wasInterrupted());
  }

  void smooth(ModuleOp module, FunctionOpInterface function) {
    SmallVector<linalg::GenericOp> multipliers;
    if (multiply)
      multipliers = insertMultipliers(function);

    QuantizedEdges edges = getQuantizedEdges(function);
    SmallVector<Value> values;
    for (const QuantizedEdge &edge : edges.edges)
      values.push_back(edge.value);
    ScaleClassesOptions classesOptions;
    classesOptions.values = values;
    ScaleClasses classes = getScaleClasses(function, classesOptions);

    if (classes.numRegions > 1) {
      ActivationSamplesOptions sampling{data, maxSamples, seed};
      FailureOr<std::vector<EdgeSamples>> samples = sampleActivations(module, sampling, compile);
      if (failed(samples))
        return signalPassFailure();
      std::vector<SampledEdge> sampled;
      for (auto [value, edge] : llvm::zip_equal(values, *samples))
        sampled.push_back({classes.elements[value], &edge});
      SmoothOptions options;
      if (strength >= 0.0)
        options.strength = strength;
      SmoothFactors factors = chooseSmoothFactors(classes, sampled, options);
      ScaleRewrite rewrite(classes, factors.logFactors, /*isExact=*/false);
      std::vector<uint32_t> refused = rewrite.refuseInexact();
      report(module, classes, factors, rewrite, refused);
      rewrite.apply();
    }
    removeOnes(multipliers);
  }

  /// Where an activation that takes no factor is read by weights alone.
  static SmallVector<linalg::GenericOp> insertMultipliers(FunctionOpInterface function) {
    SmallVector<Value> candidates;
    auto add = [&](Value value) {
      if (getSharedChannelDim(value) && !isConstantValue(value) && !isClipped(value))
        candidates.push_back(value);
    };
    llvm::for_each(function.getArguments(), add);
    function->walk([&](Operation *op) { llvm::for_each(op->getResults(), add); });
    ScaleClassesOptions options;
    options.values = candidates;
    ScaleClasses classes = getScaleClasses(function, options);
    SmallVector<linalg::GenericOp> multipliers;
    for (Value value : candidates)
      if (llvm::all_of(classes.elements[value], [](ScaleClass member) { return member == kFixed; }))
        multipliers.push_back(insertMultiplier(value, *getSharedChannelDim(value)));
    return multipliers;
  }

  void removeOnes(ArrayRef<linalg::GenericOp> multipliers) {
    for (linalg::GenericOp op : multipliers) {
      std::optional<std::vector<float>> factors = readConstant<float>(op.getDpsInputs()[1]);
      if (!factors || !llvm::all_of(*factors, [](float factor) { return factor == 1.0f; })) {
        ++numMultiplications;
        continue;
      }
      op.getResult(0).replaceAllUsesWith(op.getDpsInputs()[0]);
      op.erase();
    }
  }

  void report(ModuleOp module, const ScaleClasses &classes, const SmoothFactors &factors, const ScaleRewrite &rewrite,
              ArrayRef<uint32_t> refused) {
    for (const SmoothedRegion &region : factors.regions) {
      Location loc = classes.locations[region.region];
      if (llvm::is_contained(refused, region.region)) {
        remark::missed(loc, remark::RemarkOpts::name("NotSmoothed").category("qnn"))
            << remark::reason("a factor would take a constant out of the range of f32");
        continue;
      }
      int64_t channels = 0;
      for (ScaleClass member = 1; member < classes.getNumClasses(); ++member)
        channels += classes.regionOf[member] == region.region && rewrite.getLog(member) != 0.0;
      ++numRegions;
      numChannels += channels;
      std::string text =
          llvm::formatv("{0} factors of strength {1:f2}; the layers' estimated SQNR goes from {2:f1} to "
                        "{3:f1} dB",
                        channels == 1 ? "one channel takes" : std::to_string(channels) + " channels take",
                        region.strength, -10.0 * std::log10(region.errorBefore), -10.0 * std::log10(region.errorAfter))
              .str();
      remark::passed(loc, remark::RemarkOpts::name("Smoothed").category("qnn")) << remark::add("{0}", text);
      recordDecision(module, {"qnn-smooth", getNodeName(loc), text});
    }
  }

  CompileObservedFn compile;
};

} // namespace

std::unique_ptr<Pass> qnn::createSmoothPass(SmoothPassOptions options, CompileObservedFn compile) {
  return std::make_unique<SmoothPass>(std::move(options), std::move(compile));
}
