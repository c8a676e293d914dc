//===- ResizePlan.h - Which elements of an axis a resized element is made of, with what weights -------------------===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_RESIZEPLAN_H
#define QUANT_OPT_LIB_IMPORT_ONNX_RESIZEPLAN_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace mlir::qnn::onnx_import {

/// Resize's attributes that hold for all axes.
struct ResizeOptions {
  std::string mode = "nearest";           // nearest, linear, cubic
  std::string coordinates = "asymmetric"; // coordinate_transformation_mode
  std::string nearest = "floor";          // nearest_mode
  double cubicCoefficient = -0.75;
  bool excludeOutside = false;
  bool antialias = false;
};

/// How one axis is resized.
struct ResizeAxis {
  int64_t inputSize, outputSize;
  double scale;                    // as given, or outputSize / inputSize
  double roiStart = 0, roiEnd = 1; // of tf_crop_and_resize
};

/// For each resized element the elements that it is made of: `taps` of them, with weights that sum to 1. An element
/// that tf_crop_and_resize finds outside has no weights, and `outside` is set.
struct ResizePlan {
  int64_t taps = 1;
  llvm::SmallVector<int64_t> positions; // outputSize x taps
  std::vector<double> weights;          // outputSize x taps
  std::vector<bool> outside;            // outputSize
  bool hasOutside = false;
};

ResizePlan planResize(const ResizeOptions &options, const ResizeAxis &axis);

} // namespace mlir::qnn::onnx_import

#endif // QUANT_OPT_LIB_IMPORT_ONNX_RESIZEPLAN_H
