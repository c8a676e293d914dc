//===- Equalize.cpp - Channels of one tensor get alike ranges by moving factors between layers --------------------===//
#include "Balance.h"
#include "ScaleRewrite.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Equalize/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Remarks.h"
#include <cmath>

namespace mlir::qnn {
#define GEN_PASS_DEF_EQUALIZEPASS
#include "quant-opt/Equalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

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

    ScaleRewrite rewrite(classes, std::move(balance.logFactors), powersOfTwo);
    for (uint32_t region : rewrite.refuseInexact())
      remark::missed(classes.locations[region], remark::RemarkOpts::name("NotEqualized").category("qnn"))
          << remark::reason("a factor would take a constant out of the range of f32");
    report(classes, rewrite);
    rewrite.apply();
  }

  void report(const ScaleClasses &classes, const ScaleRewrite &rewrite) {
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
