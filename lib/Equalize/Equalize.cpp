//===- Equalize.cpp - Channels of one tensor get alike ranges by moving factors between layers --------------------===//
#include "Balance.h"
#include "ScaleClasses.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Equalize/Passes.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <cmath>

namespace mlir::qnn {
#define GEN_PASS_DEF_EQUALIZEPASS
#include "quant-opt/Equalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Factors stay far from where f32 ends, so that no activation leaves it either.
static constexpr double kMaxLogFactor = 40.0;

/// What a denormal weight may lose; trained models have such weights in channels that died.
static constexpr float kNegligible = 0x1p-120f;

namespace {

/// The new constants of one function, computed and checked before anything is changed.
class Rewrite {
public:
  Rewrite(const ScaleClasses &classes, std::vector<double> logs, bool isExact)
      : classes(classes), logs(std::move(logs)), isExact(isExact) {
    for (double &log : this->logs)
      log = std::clamp(isExact ? std::nearbyint(log) : log, -kMaxLogFactor, kMaxLogFactor);
  }

  double getLog(ScaleClass member) const { return logs[member]; }
  float getFactor(ScaleClass member) const { return static_cast<float>(std::exp2(logs[member])); }

  /// Takes the factors of each region back to one in which a constant would not keep its value.
  std::vector<uint32_t> refuseInexact() {
    llvm::SmallDenseSet<uint32_t> refused;
    for (size_t known = ~size_t(0); known != refused.size();) {
      known = refused.size();
      auto check = [&](float value, ScaleClass out, ScaleClass in) {
        if (!keepsValue(value, logs[out] - logs[in]))
          for (ScaleClass side : {out, in})
            refused.insert(classes.regionOf[side]);
      };
      for (const ScaledWeight &weight : classes.weights)
        for (size_t i = 0; i < weight.values.size(); ++i)
          check(weight.values[i], weight.out[i], weight.in[i]);
      for (const ScaledOffset &offset : classes.offsets)
        for (size_t i = 0; i < offset.values.size(); ++i)
          check(offset.values[i], offset.classes[i], kFixed);
      for (ScaleClass i = 0; i < classes.getNumClasses(); ++i)
        if (refused.contains(classes.regionOf[i]))
          logs[i] = 0.0;
    }
    std::vector<uint32_t> regions(refused.begin(), refused.end());
    llvm::erase(regions, 0u);
    llvm::sort(regions);
    return regions;
  }

  void apply() {
    for (const ScaledWeight &weight : classes.weights)
      replace(*weight.operand, weight.values, [&](size_t i) { return logs[weight.out[i]] - logs[weight.in[i]]; });
    for (const ScaledOffset &offset : classes.offsets)
      replace(*offset.operand, offset.values, [&](size_t i) { return logs[offset.classes[i]]; });
    for (const ScaledBody &body : classes.bodies)
      liftBounds(body);
  }

private:
  static float scale(float value, double log) { return static_cast<float>(value * std::exp2(log)); }

  /// The float-equivalence check of one number: back by the same factor it is what it was, exactly or to one rounding.
  bool keepsValue(float value, double log) const {
    if (log == 0.0 || std::isinf(value))
      return true;
    float error = std::fabs(scale(scale(value, log), -log) - value);
    return error <= std::max(kNegligible, isExact ? 0.0f : std::fabs(value) * 0x1p-22f);
  }

  static std::string getName(Value constant) {
    if (auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(getConstantElements(constant)))
      return resource.getRawHandle().getKey().str();
    return "weights";
  }

  void replace(OpOperand &operand, ArrayRef<float> values, llvm::function_ref<double(size_t)> getLogOf) {
    std::vector<float> scaled;
    for (auto [i, value] : llvm::enumerate(values))
      scaled.push_back(scale(value, getLogOf(i)));
    if (ArrayRef<float>(scaled) == values)
      return;
    OpBuilder builder(operand.getOwner());
    Value old = operand.get();
    operand.set(
        createConstant<float>(builder, old.getLoc(), cast<RankedTensorType>(old.getType()), scaled, getName(old)));
    if (isOpTriviallyDead(old.getDefiningOp()))
      old.getDefiningOp()->erase();
  }

  /// Gives scalar constants the factors along the dimensions along which these differ.
  void liftBounds(const ScaledBody &body) {
    Value made = body.op->getResult(0);
    ArrayRef<int64_t> shape = cast<RankedTensorType>(made.getType()).getShape();
    SmallVector<int64_t> dims;
    std::vector<float> factors;
    int64_t stride = body.classes.size();
    for (auto [dim, extent] : llvm::enumerate(shape)) {
      int64_t inner = stride / extent;
      for (size_t i = 0; i < body.classes.size(); ++i)
        if (logs[body.classes[i]] != logs[body.classes[i - (i / inner) % extent * inner]]) {
          dims.push_back(dim);
          break;
        }
      stride = inner;
    }
    for (size_t i = 0; i < body.classes.size(); ++i) {
      bool isFirst = true;
      int64_t rest = i;
      for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
        isFirst &= rest % shape[dim] == 0 || llvm::is_contained(dims, dim);
        rest /= shape[dim];
      }
      if (isFirst)
        factors.push_back(getFactor(body.classes[i]));
    }
    if (llvm::all_of(factors, [](float factor) { return factor == 1.0f; }))
      return;
    OpBuilder builder(body.op);
    Operation *lifted = cast<QuantizableOpInterface>(body.op).cloneWithFactors(builder, factors, dims);
    body.op->replaceAllUsesWith(lifted);
    body.op->erase();
  }

  const ScaleClasses &classes;
  std::vector<double> logs;
  bool isExact;
};

class EqualizePass : public qnn::impl::EqualizePassBase<EqualizePass> {
public:
  using EqualizePassBase::EqualizePassBase;

  void runOnOperation() override {
    if (maxIterations < 1) {
      emitError(getOperation()->getLoc(), "expected max-iterations of at least 1, found ") << maxIterations.getValue();
      return signalPassFailure();
    }
    if (!(minImbalance >= 0)) {
      emitError(getOperation()->getLoc(), "expected a min-imbalance of at least 0, found ") << minImbalance.getValue();
      return signalPassFailure();
    }
    WalkResult calibrated = getOperation()->walk([](RangeOp range) {
      range.emitOpError("states a range that equalization would change; equalize before calibration");
      return WalkResult::interrupt();
    });
    if (calibrated.wasInterrupted())
      return signalPassFailure();
    getOperation()->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
      if (!function.isExternal())
        equalize(function);
      return WalkResult::skip();
    });
  }

private:
  void equalize(FunctionOpInterface function) {
    ScaleClassesOptions classesOptions;
    classesOptions.perChannelBounds = perChannelBounds;
    ScaleClasses classes = getScaleClasses(function, classesOptions);
    for (const ScaleBarrier &barrier : classes.barriers)
      remark::missed(barrier.op->getLoc(), remark::RemarkOpts::name("KeepsScale").category("qnn"))
          << remark::reason("{0}", barrier.reason);
    BalanceOptions balanceOptions;
    balanceOptions.maxIterations = maxIterations;
    balanceOptions.minImbalance = minImbalance;
    Balance balance = balanceScales(classes, balanceOptions);
    numIterations += balance.iterations;

    Rewrite rewrite(classes, std::move(balance.logFactors), powersOfTwo);
    for (uint32_t region : rewrite.refuseInexact())
      remark::missed(classes.locations[region], remark::RemarkOpts::name("NotEqualized").category("qnn"))
          << remark::reason("a factor would take a constant out of the range of f32");
    report(classes, rewrite);
    rewrite.apply();
  }

  void report(const ScaleClasses &classes, const Rewrite &rewrite) {
    struct Extent {
      int64_t channels = 0;
      double lowest = HUGE_VAL, highest = -HUGE_VAL;
    };
    std::vector<Extent> extents(classes.numRegions);
    for (ScaleClass i = 1; i < classes.getNumClasses(); ++i) {
      Extent &extent = extents[classes.regionOf[i]];
      extent.channels += rewrite.getLog(i) != 0.0;
      extent.lowest = std::min(extent.lowest, rewrite.getLog(i));
      extent.highest = std::max(extent.highest, rewrite.getLog(i));
    }
    for (auto [region, extent] : llvm::enumerate(extents)) {
      if (extent.channels == 0)
        continue;
      ++numRegions;
      numChannels += extent.channels;
      remark::passed(classes.locations[region], remark::RemarkOpts::name("Equalized").category("qnn"))
          << remark::add("{0} channels take factors from {1} to {2}", extent.channels, std::exp2(extent.lowest),
                         std::exp2(extent.highest));
    }
  }
};

} // namespace
