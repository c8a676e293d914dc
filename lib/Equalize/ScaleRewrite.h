//===- ScaleRewrite.h - Constants multiplied and divided by the factors of their classes --------------------------===//
#ifndef QUANT_OPT_LIB_EQUALIZE_SCALEREWRITE_H
#define QUANT_OPT_LIB_EQUALIZE_SCALEREWRITE_H

#include "ScaleClasses.h"

#include <cmath>

namespace mlir::qnn {

/// The new constants of one function, computed and checked before anything is changed.
class ScaleRewrite {
public:
  /// `logs` are the binary logarithms of the classes' factors. With `isExact` they are rounded to powers of two.
  ScaleRewrite(const ScaleClasses &classes, std::vector<double> logs, bool isExact);

  double getLog(ScaleClass member) const { return logs[member]; }
  float getFactor(ScaleClass member) const { return static_cast<float>(std::exp2(logs[member])); }

  /// Takes the factors of each region back to one in which a constant would not keep its value: the check that the
  /// rewritten function computes the same floats up to rounding. Returns those regions.
  std::vector<uint32_t> refuseInexact();

  void apply();

private:
  bool keepsValue(float value, double log) const;
  void replace(OpOperand &operand, ArrayRef<float> values, ArrayRef<float> scaled);
  void liftBounds(const ScaledBody &body);

  const ScaleClasses &classes;
  std::vector<double> logs;
  bool isExact;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_EQUALIZE_SCALEREWRITE_H
