//===- Accumulators.h - Contractions and sums on storage integers
//-----------------------------------------------------===//
#ifndef QUANT_OPT_LIB_INTEGERIZE_ACCUMULATORS_H
#define QUANT_OPT_LIB_INTEGERIZE_ACCUMULATORS_H

#include "IntegerConstants.h"

#include "quant-opt/Analysis/AccumulatorBounds.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qnn {

/// The i32 sum that stands for a float contraction or linear reduction, until its epilogue is known.
struct Accumulator {
  /// The float operation, erased once its uses read the epilogue.
  Operation *source = nullptr;
  /// i8 x i8 -> i32; its initial accumulator is made by `finish`.
  linalg::GenericOp sum;
  /// sA and, for each output channel, sW; a sum and a product of two activations have one channel.
  float activationScale = 1.0f;
  std::vector<float> weightScales;
  /// The shape of the channels and the map from the result's dimensions to them.
  SmallVector<int64_t> channelShape;
  AffineMap channelMap;
  /// The initial accumulator of each channel, modulo 2^32: bias - zA * sum of weights.
  std::vector<int64_t> init;
  AccumulatorBounds bounds;
  bool hasWeights = false;

  size_t getNumChannels() const { return weightScales.size(); }
  /// f32(sA * sW[c]).
  float getScale(size_t channel) const { return activationScale * weightScales[channel]; }

  /// Adds a bias of one value for each channel in units of the accumulator. Fails, changing nothing, if the sum might
  /// not fit in i32.
  LogicalResult addBias(ArrayRef<int64_t> bias);

  /// Makes the initial accumulator and records the certificate.
  void finish(OpBuilder &builder);
};

/// Makes the integer form of a contraction or linear reduction whose operands are all dequantized. Otherwise fails, and
/// `reason` says why (it stays empty if nothing about the operation is quantized).
FailureOr<Accumulator> createAccumulator(OpBuilder &builder, Operation *op, const QuantRule &rule, std::string &reason);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_INTEGERIZE_ACCUMULATORS_H
