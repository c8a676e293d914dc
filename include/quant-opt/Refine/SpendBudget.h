//===- SpendBudget.h - Which layers to widen so that an accuracy goal holds, at the least estimated time ----------===//
#ifndef QUANT_OPT_REFINE_SPENDBUDGET_H
#define QUANT_OPT_REFINE_SPENDBUDGET_H

#include "quant-opt/Dialect/Qnn/IR/Precision.h"

#include "mlir/Support/LLVM.h"
#include <vector>

namespace mlir::qnn {

/// What the search knows of a layer. Times are in any one unit.
struct BudgetLayer {
  /// What the layer may have, narrowest first; the first one is where the search begins.
  SmallVector<Precision, 4> choices;
  /// The estimated time of one run with each of `choices`.
  SmallVector<double, 4> times;
  /// Noise power at the model's output if this layer alone has its first choice and all others are float.
  double noise = 0;
};

/// One measured state of the model.
struct BudgetScore {
  double sqnr = 0;      ///< of the model's output, in dB
  double shortfall = 0; ///< how much is missing to the goal; 0 if it holds
  bool holds() const { return shortfall <= 0; }
};

/// A change that was kept, or tried and undone.
struct BudgetStep {
  SmallVector<unsigned> layers;
  Precision precision;
  BudgetScore before, after;
  bool isKept = true;
};

struct BudgetResult {
  /// One for each layer: the narrowest state found in which the goal holds, or the state nearest to the goal.
  std::vector<Precision> precisions;
  BudgetScore first, last;
  std::vector<BudgetStep> steps;
  int64_t measurements = 0;
};

/// Measures the model with one precision for each layer.
using MeasureBudgetFn = llvm::function_ref<BudgetScore(ArrayRef<Precision>)>;

/// Widens the layers that cost most accuracy for their time in measured steps until the goal holds; then takes back
/// whatever it holds without, each layer to the narrowest choice that it bears. Does so once with the first wider
/// choice of each layer and once with the widest, and returns the cheaper result that holds. Each takes about 2 *
/// log2(layers) measurements and one more for each choice of a widened layer. Deterministic.
BudgetResult spendBudget(ArrayRef<BudgetLayer> layers, MeasureBudgetFn measure);

/// Estimated time of a layer in units of an 8-bit multiplication of a matrix product on a CPU with VNNI.
/// `kinds` are its `Layer::kinds`; `operations` is counted once for each run.
double estimateTime(ArrayRef<StringRef> kinds, int64_t operations, Precision precision);

} // namespace mlir::qnn

#endif // QUANT_OPT_REFINE_SPENDBUDGET_H
