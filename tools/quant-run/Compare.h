//===- Compare.h - How far outputs are from expected ones --------------------------------------------------------===//
#ifndef QUANT_OPT_TOOLS_QUANTRUN_COMPARE_H
#define QUANT_OPT_TOOLS_QUANTRUN_COMPARE_H

#include "CompiledModel.h"
#include "Difference.h"

#include "quant-opt/Data/ArrayFile.h"

#include <cmath>

namespace mlir::qnn {

/// What a comparison must reach; all of it is checked for every output.
struct CompareGates {
  double minSqnr = -HUGE_VAL;
  double maxError = HUGE_VAL;
  bool bitExact = false;

  bool areMet(const Difference &difference) const {
    return difference.getSqnr() >= minSqnr && difference.worst <= maxError &&
           (!bitExact || difference.equal == difference.count);
  }
};

/// Prints a line per output: signal-to-noise ratio, largest error, share of equal bytes. Errors have exit code 3 if a
/// gate is missed, 1 if the files do not fit.
llvm::Error compareOutputs(ArrayRef<NamedArray> outputs, StringRef expectedPath, const CompareGates &gates);

/// Whether `path` is to be compared with as another build, and not as a file of arrays: the content decides.
bool isLibrary(StringRef path);

struct BuildsToCompare {
  CompiledModel &model, &expected;
  StringRef path, expectedPath; ///< for messages
};

/// Runs two builds of one model on the samples in `inputs` and prints a line per layer, if both were built with
/// `--observe-layers`, and per output. Gates are those of outputs.
llvm::Error compareBuilds(const BuildsToCompare &builds, StringRef inputs, int threads, const CompareGates &gates);

} // namespace mlir::qnn

#endif // QUANT_OPT_TOOLS_QUANTRUN_COMPARE_H
