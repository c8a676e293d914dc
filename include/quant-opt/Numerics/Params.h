//===- Params.h - Scale and zero point from a range: params_c1, params_c2, params_c3 of docs/numerics.md ----------===//
//
// Plain C++ on IEEE binary32; nothing of MLIR or LLVM is used here, so that any other program can check our numbers.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_NUMERICS_PARAMS_H
#define QUANT_OPT_NUMERICS_PARAMS_H

#include <cstdint>

namespace mlir::qnn::numerics {

/// The smallest and largest value of a quantized type.
struct StorageBounds {
  int32_t qmin;
  int32_t qmax;
};

constexpr StorageBounds kU8{0, 255};
constexpr StorageBounds kS8{-128, 127};
constexpr StorageBounds kU16{0, 65535};
constexpr StorageBounds kS16{-32768, 32767};
/// Weights leave out -128, so that every value has its negative.
constexpr StorageBounds kS8Narrow{-127, 127};
/// Weights of 4 bits.
constexpr StorageBounds kS4Narrow{-7, 7};

/// Scale and zero point of an affine quantization: x = (q - zeroPoint) * scale.
struct Params {
  float scale;
  int32_t zeroPoint;
  /// params_c3 applied: the range was empty or too small for a normal scale, and scale is 1.
  bool degenerate;
};

/// params_c1: asymmetric parameters of the range [lo, hi], which is first widened to hold zero.
///   s = (hi - lo) / (qmax - qmin), z = clamp(rne(qmin - lo / s), qmin, qmax)
/// An infinite bound counts as the largest finite float of its sign, a NaN as 0. Where hi - lo is not finite the
/// quotient is formed as hi / (qmax - qmin) - lo / (qmax - qmin).
Params asymmetricParams(float lo, float hi, StorageBounds bounds);

/// params_c2: symmetric parameters. a = max(|lo|, |hi|), z = 0 in a signed range and the middle (128 of [0, 255]) in an
/// unsigned one, s = a / (qmax - z). Bounds as in `asymmetricParams`.
Params symmetricParams(float lo, float hi, StorageBounds bounds);

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_PARAMS_H
