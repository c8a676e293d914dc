//===- Balance.h - The factors that make the channels of each tensor alike ----------------------------------------===//
#ifndef QUANT_OPT_LIB_EQUALIZE_BALANCE_H
#define QUANT_OPT_LIB_EQUALIZE_BALANCE_H

#include "ScaleClasses.h"

namespace mlir::qnn {

struct BalanceOptions {
  int64_t maxIterations = 100;
  /// Regions whose factors, as octaves, have a smaller root mean square keep their scale: what rounding to 8 bits makes
  /// of a model that is balanced anyway is a matter of luck.
  double minImbalance = 1.0;
};

struct Balance {
  /// The binary logarithm of each class's factor.
  std::vector<double> logFactors;
  int64_t iterations = 0;
};

/// The factors with which, in each region, every channel is as large where it is made as where it is used.
Balance balanceScales(const ScaleClasses &classes, const BalanceOptions &options);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_EQUALIZE_BALANCE_H
