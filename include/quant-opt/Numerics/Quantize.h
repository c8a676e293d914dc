//===- Quantize.h - The scalar reference of the numeric contract: quantize, dequantize, requantize, bias, lookup --===//
//
// Each function is one rule of docs/numerics.md, named by its tag. They are the oracle that every folder, vector path
// and simulator is tested against, so they are written for reading, on IEEE binary32 in the default rounding mode.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_NUMERICS_QUANTIZE_H
#define QUANT_OPT_NUMERICS_QUANTIZE_H

#include "quant-opt/Numerics/Params.h"

#include <array>
#include <cmath>

namespace mlir::qnn::numerics {

/// rne: the nearest integer, ties to even.
inline float roundNearestEven(float x) { return std::nearbyint(x); }

/// clamp(r + z, lo, hi) for a rounded value r of any size. NaN counts as 0, so it becomes z (within lo and hi).
inline int32_t addZeroPointAndClamp(float rounded, int32_t zeroPoint, int32_t lo, int32_t hi) {
  if (std::isnan(rounded))
    rounded = 0.0f;
  // The bounds of r are small integers, exact in f32, so r is clamped before it becomes an integer.
  const float least = static_cast<float>(lo - zeroPoint), most = static_cast<float>(hi - zeroPoint);
  if (rounded <= least)
    return lo;
  if (rounded >= most)
    return hi;
  return static_cast<int32_t>(rounded) + zeroPoint;
}

/// quantize_c1: q = clamp(rne(x / s) + z, lo, hi). Rounding comes before the zero point; NaN gives z; infinities
/// saturate.
inline int32_t quantize(float x, float scale, int32_t zeroPoint, int32_t lo, int32_t hi) {
  return addZeroPointAndClamp(roundNearestEven(x / scale), zeroPoint, lo, hi);
}
inline int32_t quantize(float x, const Params &params, StorageBounds bounds) {
  return quantize(x, params.scale, params.zeroPoint, bounds.qmin, bounds.qmax);
}

/// dequantize_c1: x = f32(q - z) * s, the difference exact in integers.
inline float dequantize(int32_t q, float scale, int32_t zeroPoint) {
  return static_cast<float>(static_cast<int64_t>(q) - zeroPoint) * scale;
}

/// fake_c1: dequantize(quantize(x)).
inline float fakeQuantize(float x, const Params &params, StorageBounds bounds) {
  return dequantize(quantize(x, params, bounds), params.scale, params.zeroPoint);
}

/// The multiplier of requantize_c1: M = f32(f32(sA * sW) / sY).
inline float requantizeMultiplier(float scaleA, float scaleW, float scaleY) {
  const float product = scaleA * scaleW;
  return product / scaleY;
}

/// requantize_c1: q = clamp(rne(f32(acc) * M) + z, lo, hi).
inline int32_t requantize(int32_t acc, float multiplier, int32_t zeroPoint, int32_t lo, int32_t hi) {
  const float scaled = static_cast<float>(acc) * multiplier;
  return addZeroPointAndClamp(roundNearestEven(scaled), zeroPoint, lo, hi);
}

/// requantize_c2: x = f32(acc) * scale, with scale = f32(sA * sW[c]).
inline float requantizeToFloat(int32_t acc, float scale) { return static_cast<float>(acc) * scale; }

/// The planes of a 16-bit value and of its zero point: q - z = 256 * (high - highZero) + (low - lowZero). The high byte
/// has the signedness of the value, the low one is unsigned.
inline int32_t highPlane(int32_t q) { return q >> 8; }
inline int32_t lowPlane(int32_t q) { return q & 255; }

/// planes_c1: x = f32(f32(f32(high) * 256) + f32(low)) * scale, of the exact sums of two planes and scale = f32(sA *
/// sW[c]).
inline float requantizePlanesToFloat(int32_t high, int32_t low, float scale) {
  const float shifted = static_cast<float>(high) * 256.0f;
  const float sum = shifted + static_cast<float>(low);
  return sum * scale;
}

/// planes_c1 of a product of two 16-bit values: by Horner's rule, the two sums of equal weight added in the order
/// given.
inline float requantizePlanesToFloat(int32_t highHigh, int32_t highLow, int32_t lowHigh, int32_t lowLow, float scale) {
  const float first = static_cast<float>(highHigh) * 256.0f;
  const float second = first + static_cast<float>(highLow);
  const float third = second + static_cast<float>(lowHigh);
  const float shifted = third * 256.0f;
  const float sum = shifted + static_cast<float>(lowLow);
  return sum * scale;
}

/// A bias as i32 and whether it fits. One that does not fit must not be used: it is never wrapped or saturated
/// silently.
struct QuantizedBias {
  int32_t value;
  bool fits;
};

/// bias_c1: rne(b / (sA * sW[c])), with the product rounded to f32. A zero bias is zero whatever the scales.
inline QuantizedBias quantizeBias(float bias, float scaleA, float scaleW) {
  if (bias == 0.0f)
    return {0, true};
  const float product = scaleA * scaleW;
  const float rounded = roundNearestEven(bias / product);
  // Both limits are exact in f32; a NaN fails the comparison.
  if (!(rounded >= -2147483648.0f && rounded < 2147483648.0f))
    return {0, false};
  return {static_cast<int32_t>(rounded), true};
}

/// A value of a quantized tensor with its parameters, for `quantizeElementwise`.
struct QuantizedValue {
  int32_t q;
  float scale;
  int32_t zeroPoint;
};

/// elementwise_c1: dequantize each input, apply `function` to the floats, quantize the result.
template <typename Function, typename... Values>
int32_t quantizeElementwise(Function &&function, const Params &result, StorageBounds bounds, const Values &...values) {
  return quantize(function(dequantize(values.q, values.scale, values.zeroPoint)...), result, bounds);
}

/// The 256 results of a unary function of a byte, indexed by the byte's bit pattern (a signed -1 is entry 255).
using LookupTable = std::array<uint8_t, 256>;

/// lookup_c1: table[q] = quantize(f(dequantize(q))). `isUnsigned` and `isResultUnsigned` say how the bytes are read;
/// the result is clamped to `bounds`, which an activation may have narrowed.
template <typename Function>
LookupTable buildLookupTable(Function &&function, const Params &input, bool isUnsigned, const Params &result,
                             StorageBounds bounds) {
  LookupTable table;
  for (int32_t byte = 0; byte < 256; ++byte) {
    const int32_t q = isUnsigned ? byte : static_cast<int8_t>(byte);
    const float y = function(dequantize(q, input.scale, input.zeroPoint));
    table[byte] = static_cast<uint8_t>(quantize(y, result, bounds));
  }
  return table;
}

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_QUANTIZE_H
