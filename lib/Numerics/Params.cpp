//===- Params.cpp - Scale and zero point from a range -------------------------------------------------------------===//
#include "quant-opt/Numerics/Params.h"

#include "quant-opt/Numerics/Quantize.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

using namespace mlir::qnn::numerics;

/// A range bound as a finite number: NaN is 0, an infinity the largest finite float.
static float makeFinite(float x) {
  if (std::isnan(x))
    return 0.0f;
  return std::min(std::max(x, -FLT_MAX), FLT_MAX);
}

/// Subnormal scales are refused because their reciprocals overflow and hardware may flush them; zero and NaN with them.
static bool isUsableScale(float scale) { return scale >= FLT_MIN; }

Params mlir::qnn::numerics::asymmetricParams(float lo, float hi, StorageBounds bounds) {
  lo = std::min(makeFinite(lo), 0.0f);
  hi = std::max(makeFinite(hi), 0.0f);
  const float steps = static_cast<float>(bounds.qmax - bounds.qmin);
  const float width = hi - lo;
  float scale = width / steps;
  if (std::isinf(width))
    scale = hi / steps - lo / steps;
  const bool degenerate = !isUsableScale(scale);
  if (degenerate)
    scale = 1.0f;
  const float exact = static_cast<float>(bounds.qmin) - lo / scale;
  const float rounded = roundNearestEven(exact);
  const float clamped = std::min(std::max(rounded, static_cast<float>(bounds.qmin)), static_cast<float>(bounds.qmax));
  return {scale, static_cast<int32_t>(clamped), degenerate};
}

Params mlir::qnn::numerics::symmetricParams(float lo, float hi, StorageBounds bounds) {
  const int32_t zeroPoint = bounds.qmin < 0 ? 0 : (bounds.qmin + bounds.qmax + 1) / 2;
  const float magnitude = std::max(std::fabs(makeFinite(lo)), std::fabs(makeFinite(hi)));
  float scale = magnitude / static_cast<float>(bounds.qmax - zeroPoint);
  const bool degenerate = !isUsableScale(scale);
  if (degenerate)
    scale = 1.0f;
  return {scale, zeroPoint, degenerate};
}
