//===- ResizePlan.cpp - Which elements of an axis a resized element is made of, with what weights -----------------===//
#include "ResizePlan.h"

#include <algorithm>
#include <cmath>

using namespace mlir::qnn::onnx_import;

/// The coordinate in the input of element `x` of the output. In f32 and in this order of operations, as the runtimes
/// that models are exported for compute it: where a coordinate is halfway between elements, another precision would
/// choose another one.
static float getCoordinate(llvm::StringRef mode, const ResizeAxis &axis, float x) {
  // A scale that is given need not give a whole size; the formulas take the size before rounding.
  float scale = axis.scale, exactSize = axis.scale * axis.inputSize, last = axis.inputSize - 1, size = axis.outputSize;
  float start = axis.roiStart, end = axis.roiEnd;
  if (mode == "align_corners")
    return exactSize == 1 ? 0 : x * last / (exactSize - 1);
  if (mode == "asymmetric")
    return x / scale;
  if (mode == "tf_crop_and_resize")
    return size > 1 ? start * last + (x * (end - start) * last) / (size - 1) : 0.5f * (start + end) * last;
  if (mode == "tf_half_pixel_for_nn")
    return (x + 0.5f) / scale;
  if (mode == "pytorch_half_pixel" && size == 1)
    return 0;
  float centered = (x + 0.5f) / scale - 0.5f;
  if (mode == "half_pixel_symmetric")
    return axis.inputSize / 2.0f * (1 - size / exactSize) + centered;
  return centered;
}

static double getNearest(llvm::StringRef mode, double coordinate) {
  if (mode == "floor")
    return std::floor(coordinate);
  if (mode == "ceil")
    return std::ceil(coordinate);
  if (mode == "round_prefer_ceil")
    return std::floor(coordinate + 0.5);
  return std::ceil(coordinate - 0.5);
}

/// The value at distance `x` of the filter: a tent, or the cubic convolution with coefficient `a`.
static double getFilter(const ResizeOptions &options, double x) {
  x = std::abs(x);
  if (options.mode == "linear")
    return std::max(0.0, 1 - x);
  double a = options.cubicCoefficient;
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

ResizePlan mlir::qnn::onnx_import::planResize(const ResizeOptions &options, const ResizeAxis &axis) {
  ResizePlan plan;
  bool isNearest = options.mode == "nearest";
  // The filter covers `radius` elements on both sides; antialiasing stretches it when there are fewer elements than
  // before.
  double stretch = options.antialias ? std::min(axis.scale, 1.0) : 1;
  int64_t radius = std::ceil((options.mode == "cubic" ? 2 : 1) / stretch);
  plan.taps = isNearest ? 1 : 2 * radius;
  for (int64_t x = 0; x < axis.outputSize; ++x) {
    double coordinate = getCoordinate(options.coordinates, axis, x);
    bool isOutside = options.coordinates == "tf_crop_and_resize" && (coordinate < 0 || coordinate > axis.inputSize - 1);
    plan.outside.push_back(isOutside);
    plan.hasOutside |= isOutside;
    // Far outside the axis everything is its edge; clamping keeps the conversions below defined.
    coordinate = std::clamp(coordinate, -1.0 - radius, double(axis.inputSize) + radius);
    int64_t first = isNearest ? getNearest(options.nearest, coordinate) : std::floor(coordinate) - radius + 1;
    double sum = 0;
    size_t begin = plan.weights.size();
    for (int64_t position = first; position < first + plan.taps; ++position) {
      bool isExcluded = options.excludeOutside && !isNearest && (position < 0 || position >= axis.inputSize);
      double weight = isNearest ? 1 : isExcluded ? 0 : getFilter(options, (position - coordinate) * stretch);
      plan.positions.push_back(std::clamp<int64_t>(position, 0, axis.inputSize - 1));
      plan.weights.push_back(weight);
      sum += weight;
    }
    for (size_t i = begin; i < plan.weights.size(); ++i)
      plan.weights[i] = isOutside || sum == 0 ? 0 : plan.weights[i] / sum;
  }
  return plan;
}
