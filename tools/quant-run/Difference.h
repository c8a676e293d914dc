//===- Difference.h - How far arrays are from expected ones ------------------------------------------------------===//
#ifndef QUANT_OPT_TOOLS_QUANTRUN_DIFFERENCE_H
#define QUANT_OPT_TOOLS_QUANTRUN_DIFFERENCE_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace mlir::qnn {

/// Sums over values and expected ones.
struct Difference {
  double signal = 0, noise = 0; ///< squares of the finite expected values, and of the errors
  double worst = 0;             ///< the largest error; infinite for NaN or infinity beside anything else
  int64_t equal = 0, count = 0; ///< equal bit by bit

  /// Adds arrays of elements of `type` (ONNX's name, one that arrays have), of equal size.
  void add(StringRef type, ArrayRef<char> values, ArrayRef<char> expected);

  /// 10 * log10(signal / noise); infinite without noise.
  double getSqnr() const;
  /// "SQNR 41.30 dB, max error 1.2000e-02, 5 of 6 values bit-equal"; with a `step` that is not 0 the error in steps,
  /// too.
  std::string describe(double step = 0) const;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_TOOLS_QUANTRUN_DIFFERENCE_H
