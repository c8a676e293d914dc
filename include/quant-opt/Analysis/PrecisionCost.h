//===- PrecisionCost.h - What a layer costs in each precision, estimated from a description of the target ---------===//
#ifndef QUANT_OPT_ANALYSIS_PRECISIONCOST_H
#define QUANT_OPT_ANALYSIS_PRECISIONCOST_H

#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Support/CpuPath.h"

namespace mlir::qnn {

/// What one run of a layer does. A depthwise layer's vector lanes hold one sum each.
struct LayerWork {
  int64_t macs = 0;
  int64_t weights = 0;     // elements
  int64_t activations = 0; // elements read and written
  bool isDepthwise = false;
};

/// Bytes of the layer's weights as they are stored.
int64_t getWeightBytes(const LayerWork &work, Precision precision);

/// Cycles of one core, by multiplications and bytes: macs / rate + bytes / 8. The rate of f32 is two vectors of fused
/// multiply-adds a cycle; bytes do four in a lane where the path has `vpdpbusd`, else a third more than f32. 16-bit
/// activations take two products of bytes, f16 weights a fifth more than f32 for widening, bf16 half as much again for
/// splitting pairs and twice as much as f32 through `vdpbf16ps`, as measured where that is slow. Only ratios mean
/// anything.
double estimateCycles(const LayerWork &work, Precision precision, CpuPath path = CpuPath::Avx512Vnni);

} // namespace mlir::qnn

#endif // QUANT_OPT_ANALYSIS_PRECISIONCOST_H
