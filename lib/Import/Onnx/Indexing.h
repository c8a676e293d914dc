//===- Indexing.h - Copies that pick elements of a tensor by position ---------------------------------------------===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_INDEXING_H
#define QUANT_OPT_LIB_IMPORT_ONNX_INDEXING_H

#include "NodeImporter.h"

namespace mlir::qnn::onnx_import {

/// The value mirrored along the axes.
Value reverse(NodeImporter &n, Value value, ArrayRef<int64_t> axes);

/// Positions along one axis, in [0, size of the axis).
struct AxisPositions {
  int64_t axis;
  SmallVector<int64_t> positions;
};

/// The value whose element i along each given axis is the operand's element `positions[i]`. Even steps become slices,
/// whole repeats become broadcasts, and only what is left reads elements through tables of positions.
Value takeAlong(NodeImporter &n, Value value, ArrayRef<AxisPositions> axes);

} // namespace mlir::qnn::onnx_import

#endif // QUANT_OPT_LIB_IMPORT_ONNX_INDEXING_H
