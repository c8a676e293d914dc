//===- PrecisionCost.cpp - What a layer costs in each precision, estimated from a description of the target -------===//
#include "quant-opt/Analysis/PrecisionCost.h"

using namespace mlir;
using namespace mlir::qnn;

/// From the second-level cache, sustained.
constexpr double kBytesPerCycle = 8;
/// Depthwise layers gain less from bytes, whose taps must be brought side by side first.
constexpr double kDepthwiseByteGain = 1.5, kDepthwiseRate = 0.6;

int64_t qnn::getWeightBytes(const LayerWork &work, Precision precision) {
  switch (precision) {
  case Precision::I4: // stored as bytes
  case Precision::I8:
  case Precision::I16:
    return work.weights;
  case Precision::BF16:
  case Precision::F16:
    return 2 * work.weights;
  case Precision::F32:
    break;
  }
  return 4 * work.weights;
}

double qnn::estimateCycles(const LayerWork &work, Precision precision, CpuPath path) {
  double floatRate = 2.0 * getVectorBits(path) / 32, byteGain = hasByteDotProducts(path) ? 4.0 : 4.0 / 3;
  if (work.isDepthwise) {
    floatRate *= kDepthwiseRate;
    byteGain = kDepthwiseByteGain;
  }
  double rate = floatRate, activationBytes = 4;
  switch (precision) {
  case Precision::I4:
  case Precision::I8:
    rate = floatRate * byteGain;
    activationBytes = 1;
    break;
  case Precision::I16:
    rate = floatRate * byteGain / 2;
    activationBytes = 6; // the words, and the planes that are written and read
    break;
  case Precision::BF16:
    rate = floatRate / (hasBf16DotProducts(path) ? 2.0 : 1.5);
    break;
  case Precision::F16:
    rate = floatRate / 1.2;
    break;
  case Precision::F32:
    break;
  }
  double bytes = getWeightBytes(work, precision) + activationBytes * work.activations;
  return work.macs / rate + bytes / kBytesPerCycle;
}
