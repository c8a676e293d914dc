//===- Compare.h - How far outputs are from expected ones --------------------------------------------------------===//
#ifndef QUANT_OPT_TOOLS_QUANTRUN_COMPARE_H
#define QUANT_OPT_TOOLS_QUANTRUN_COMPARE_H

#include "quant-opt/Data/ArrayFile.h"

#include <cmath>

namespace mlir::qnn {

/// What a comparison must reach; all of it is checked for every output.
struct CompareGates {
  double minSqnr = -HUGE_VAL;
  double maxError = HUGE_VAL;
  bool bitExact = false;
};

/// Prints a line per output: signal-to-noise ratio, largest error, share of equal bytes. Errors have exit code 3 if a
/// gate is missed, 1 if the files do not fit.
llvm::Error compareOutputs(ArrayRef<NamedArray> outputs, StringRef expectedPath, const CompareGates &gates);

} // namespace mlir::qnn

#endif // QUANT_OPT_TOOLS_QUANTRUN_COMPARE_H
