//===- Balance.cpp - The factors that make the channels of each tensor alike --------------------------------------===//
#include "Balance.h"

#include <cmath>

using namespace mlir;
using namespace mlir::qnn;

/// A sweep that moves no factor by more than this, in octaves, is the last.
static constexpr double kTolerance = 1.0 / 1024;

namespace {

class Balancer {
public:
  Balancer(const ScaleClasses &classes) : classes(classes), made(classes.numRegions), used(classes.numRegions) {
    for (const ScaledWeight &weight : classes.weights) {
      llvm::SmallDenseSet<uint32_t> in, out;
      for (ScaleClass i : weight.in.getClasses())
        in.insert(classes.regionOf[i]);
      for (ScaleClass o : weight.out.getClasses())
        out.insert(classes.regionOf[o]);
      for (uint32_t region : in)
        used[region].push_back(&weight);
      for (uint32_t region : out)
        made[region].push_back(&weight);
    }
    members.resize(classes.numRegions);
    for (ScaleClass i = 0; i < classes.getNumClasses(); ++i) {
      places.push_back(members[classes.regionOf[i]].size());
      members[classes.regionOf[i]].push_back(i);
    }
    balance.logFactors.assign(classes.getNumClasses(), 0.0);
    factors.assign(classes.getNumClasses(), 1.0);
    inverses.assign(classes.getNumClasses(), 1.0);
  }

  Balance run(const BalanceOptions &options) {
    double moved = HUGE_VAL;
    while (balance.iterations < options.maxIterations && moved > kTolerance) {
      moved = 0.0;
      for (uint32_t region = 1; region < classes.numRegions; ++region)
        moved = std::max(moved, balanceRegion(region));
      ++balance.iterations;
    }
    for (uint32_t region = 1; region < classes.numRegions; ++region)
      if (getImbalance(region) < options.minImbalance)
        for (ScaleClass member : members[region])
          balance.logFactors[member] = 0.0;
    return std::move(balance);
  }

private:
  double getImbalance(uint32_t region) {
    double squares = 0.0;
    for (ScaleClass member : members[region])
      squares += balance.logFactors[member] * balance.logFactors[member];
    return std::sqrt(squares / members[region].size());
  }

  /// How large each class is in the region's weights, on the side that makes it or the one that uses it: of each weight
  /// the norm of the class's slice against the largest slice's; of several weights the largest. By the place among the
  /// region's members.
  std::vector<double> measure(ArrayRef<const ScaledWeight *> weights, uint32_t region, bool isMade) {
    std::vector<double> sizes(members[region].size(), 0.0), slices(sizes.size());
    // An element is multiplied by out's factor and divided by in's: that of its own class is common to its slice.
    const std::vector<double> &ofOthers = isMade ? inverses : factors, &ofOwn = isMade ? factors : inverses;
    for (const ScaledWeight *weight : weights) {
      std::fill(slices.begin(), slices.end(), 0.0);
      const ClassMap &owns = isMade ? weight->out : weight->in, &others = isMade ? weight->in : weight->out;
      ClassMap::forEach(owns, others, [&](int64_t i, ScaleClass own, ScaleClass other) {
        if (classes.regionOf[own] != region || own == other)
          return;
        const double value = weight->values[i] * ofOthers[other];
        slices[places[own]] += value * value;
      });
      for (auto [member, slice] : llvm::zip_equal(members[region], slices))
        slice *= ofOwn[member] * ofOwn[member];
      const double largest = *llvm::max_element(slices);
      for (auto [size, slice] : llvm::zip_equal(sizes, slices))
        if (slice > 0.0)
          size = std::max(size, slice / largest);
    }
    return sizes;
  }

  double balanceRegion(uint32_t region) {
    if (made[region].empty() || members[region].size() < 2)
      return 0.0;
    std::vector<double> madeSizes = measure(made[region], region, true),
                        usedSizes = measure(used[region], region, false);
    // Sizes are squares, and a factor moves both sides at once.
    auto getStep = [&](ScaleClass member) {
      const double madeSize = madeSizes[places[member]], usedSize = usedSizes[places[member]];
      return madeSize > 0.0 && usedSize > 0.0 ? 0.25 * std::log2(usedSize / madeSize) : NAN;
    };
    std::vector<double> steps;
    double sum = 0.0;
    int64_t count = 0;
    for (ScaleClass member : members[region]) {
      double step = getStep(member);
      if (ScaleClass inverse = classes.inverseOf[member]) {
        // A factor here is its inverse there: neither has a weight that uses it, and both are made alike.
        const double own = madeSizes[places[member]], other = madeSizes[places[inverse]];
        step = own > 0.0 && other > 0.0 ? 0.25 * std::log2(other / own) : NAN;
      } else if (!std::isnan(step)) {
        sum += step;
        ++count;
      }
      steps.push_back(step);
    }
    double mean = count ? sum / count : 0.0, moved = 0.0;
    for (auto [member, step] : llvm::zip_equal(members[region], steps))
      if (!std::isnan(step)) {
        double own = step - (classes.inverseOf[member] ? 0.0 : mean);
        balance.logFactors[member] += own;
        factors[member] = std::exp2(balance.logFactors[member]);
        inverses[member] = std::exp2(-balance.logFactors[member]);
        moved = std::max(moved, std::fabs(own));
      }
    return moved;
  }

  const ScaleClasses &classes;
  std::vector<SmallVector<const ScaledWeight *, 2>> made, used; // by region
  std::vector<std::vector<ScaleClass>> members;
  std::vector<uint32_t> places;          // of each class among its region's members
  std::vector<double> factors, inverses; // of each class
  Balance balance;
};

} // namespace

Balance qnn::balanceScales(const ScaleClasses &classes, const BalanceOptions &options) {
  return Balancer(classes).run(options);
}
