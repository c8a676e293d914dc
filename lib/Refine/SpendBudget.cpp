//===- SpendBudget.cpp - Which layers to widen so that an accuracy goal holds, at the least estimated time --------===//
#include "quant-opt/Refine/SpendBudget.h"

#include "quant-opt/Analysis/PrecisionCost.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// The state of one search.
class Search {
public:
  Search(ArrayRef<BudgetLayer> layers, MeasureBudgetFn measure) : layers(layers), measureState(measure) {
    for (const BudgetLayer &layer : layers)
      current.push_back(layer.choices.front());
  }
  BudgetResult run();

private:
  BudgetScore measure(ArrayRef<Precision> precisions);
  std::vector<unsigned> rank() const;
  bool widen();
  void narrow();
  void attempt();
  std::vector<Precision> widenFirst(size_t count) const;
  /// The number of the choice to which a layer is widened.
  size_t getTarget(unsigned layer) const { return toWidest ? layers[layer].choices.size() - 1 : 1; }
  double getTime(ArrayRef<Precision> precisions) const;
  void accept(ArrayRef<Precision> next, const BudgetScore &score);

  ArrayRef<BudgetLayer> layers;
  MeasureBudgetFn measureState;
  bool toWidest = true;
  std::vector<unsigned> order; ///< the layers that can be widened, best first
  std::vector<Precision> current;
  BudgetScore score;
  BudgetResult result;
};

} // namespace

BudgetScore Search::measure(ArrayRef<Precision> precisions) {
  ++result.measurements;
  return measureState(precisions);
}

/// By noise for time: widening a layer takes out about the noise it makes alone.
std::vector<unsigned> Search::rank() const {
  std::vector<unsigned> order;
  std::vector<double> value(layers.size());
  for (unsigned i = 0; i != layers.size(); ++i) {
    if (layers[i].choices.size() < 2)
      continue;
    order.push_back(i);
    const double price = std::max(layers[i].times[getTarget(i)] - layers[i].times.front(), 1.0);
    value[i] = layers[i].noise / price;
  }
  llvm::sort(order, [&](unsigned a, unsigned b) { return value[a] != value[b] ? value[a] > value[b] : a < b; });
  return order;
}

std::vector<Precision> Search::widenFirst(size_t count) const {
  std::vector<Precision> next(current.size());
  for (auto [precision, layer] : llvm::zip_equal(next, layers))
    precision = layer.choices.front();
  for (unsigned layer : ArrayRef<unsigned>(order).take_front(count))
    next[layer] = layers[layer].choices[getTarget(layer)];
  return next;
}

void Search::accept(ArrayRef<Precision> next, const BudgetScore &nextScore) {
  // A step names the layers that become wider; bisection may also take some back, which the steps before it named.
  BudgetStep step{{}, Precision::F32, score, nextScore};
  for (unsigned i = 0; i != layers.size(); ++i)
    if (next[i] != current[i]) {
      step.layers.push_back(i);
      step.precision = next[i];
    }
  result.steps.push_back(std::move(step));
  current.assign(next.begin(), next.end());
  score = nextScore;
}

/// Widens as few of the first layers in the order as the goal needs. False if it does not hold with all of them.
bool Search::widen() {
  size_t failing = 0, holding = 0;
  BudgetScore best = score;
  std::vector<Precision> bestState = current;
  while (failing < order.size()) {
    // One by one at first; where many layers are needed, by half as many again.
    const size_t count = std::min(order.size(), failing + std::max<size_t>(1, failing / 2));
    const std::vector<Precision> next = widenFirst(count);
    const BudgetScore found = measure(next);
    if (found.shortfall < best.shortfall) {
      best = found;
      bestState = next;
    }
    if (found.holds()) {
      holding = count;
      break;
    }
    failing = count;
  }
  if (!holding) {
    if (best.shortfall < score.shortfall)
      accept(bestState, best);
    return false;
  }
  while (holding - failing > 1) {
    const size_t count = (holding + failing) / 2;
    const std::vector<Precision> next = widenFirst(count);
    const BudgetScore found = measure(next);
    if (found.holds()) {
      holding = count;
      best = found;
      bestState = next;
    } else {
      failing = count;
    }
  }
  accept(bestState, best);
  return true;
}

/// Takes back what the goal holds without: the layers that save most time for their noise first.
void Search::narrow() {
  for (unsigned layer : llvm::reverse(order)) {
    if (current[layer] == layers[layer].choices.front())
      continue;
    for (Precision choice : layers[layer].choices) {
      if (choice == current[layer])
        break;
      std::vector<Precision> next = current;
      next[layer] = choice;
      const BudgetScore found = measure(next);
      if (!found.holds())
        continue;
      accept(next, found);
      break;
    }
  }
}

double Search::getTime(ArrayRef<Precision> precisions) const {
  double time = 0;
  for (auto [layer, precision] : llvm::zip_equal(layers, precisions))
    time += layer.times[llvm::find(layer.choices, precision) - layer.choices.begin()];
  return time;
}

void Search::attempt() {
  order = rank();
  if (widen())
    narrow();
}

BudgetResult Search::run() {
  result.first = score = measure(current);
  const std::vector<Precision> start = current;
  // Many layers a little wider may cost less than few that are float, and may not be enough.
  toWidest = false;
  const bool hasMiddle = llvm::any_of(layers, [](const BudgetLayer &layer) { return layer.choices.size() > 2; });
  if (!score.holds() && hasMiddle)
    attempt();
  const std::vector<Precision> middle = current;
  const BudgetScore middleScore = score;
  std::vector<BudgetStep> middleSteps = std::move(result.steps);
  if (!result.first.holds()) {
    result.steps.clear();
    current = start;
    score = result.first;
    toWidest = true;
    attempt();
  }
  const bool isMiddleBetter = middleScore.holds() && (!score.holds() || getTime(middle) < getTime(current));
  if (isMiddleBetter)
    result.steps = std::move(middleSteps);
  result.precisions = isMiddleBetter ? middle : current;
  result.last = isMiddleBetter ? middleScore : score;
  return std::move(result);
}

BudgetResult qnn::spendBudget(ArrayRef<BudgetLayer> layers, MeasureBudgetFn measure) {
  return Search(layers, measure).run();
}

double qnn::estimateTime(ArrayRef<StringRef> kinds, int64_t operations, Precision precision) {
  LayerWork work;
  work.macs = operations;
  work.isDepthwise = llvm::is_contained(kinds, "depthwise");
  return estimateCycles(work, precision) / estimateCycles({1, 0, 0, false}, Precision::I8);
}
