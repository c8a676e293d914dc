//===- Accumulators.h - Contractions and sums on storage integers -------------------------------------------------===//
#ifndef QUANT_OPT_LIB_INTEGERIZE_ACCUMULATORS_H
#define QUANT_OPT_LIB_INTEGERIZE_ACCUMULATORS_H

#include "IntegerConstants.h"

#include "quant-opt/Analysis/AccumulatorBounds.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qnn {

/// One exact i32 sum, i8 x i8 -> i32. Of 16-bit operands there is one for each pair of planes, which counts 2^shift.
struct AccumulatorPart {
  /// Its initial accumulator is made by `finish`.
  linalg::GenericOp sum;
  unsigned shift = 0;
  /// The initial accumulator of each channel, modulo 2^32: bias - zA * sum of weights.
  std::vector<int64_t> init;
  AccumulatorBounds bounds;
};

/// The i32 sum that stands for a float contraction or linear reduction, until its epilogue is known.
struct Accumulator {
  /// The float operation, erased once its uses read the epilogue.
  Operation *source = nullptr;
  /// One, or several of falling shifts, which the epilogue puts together (planes_c1).
  SmallVector<AccumulatorPart, 1> parts;
  /// sA and, for each output channel, sW; a sum and a product of two activations have one channel.
  float activationScale = 1.0f;
  std::vector<float> weightScales;
  /// The shape of the channels and the map from the result's dimensions to them.
  SmallVector<int64_t> channelShape;
  AffineMap channelMap;
  bool hasWeights = false;

  size_t getNumChannels() const { return weightScales.size(); }
  /// f32(sA * sW[c]).
  float getScale(size_t channel) const { return activationScale * weightScales[channel]; }

  /// Adds a bias of one value for each channel in units of the accumulator. Fails, changing nothing, if the sum might
  /// not fit in i32. Of one part only.
  LogicalResult addBias(ArrayRef<int64_t> bias);

  /// Makes the initial accumulators and records the certificates.
  void finish(OpBuilder &builder);
};

/// Makes the integer form of a contraction or linear reduction whose operands are all dequantized. Otherwise fails, and
/// `reason` says why (it stays empty if nothing about the operation is quantized).
FailureOr<Accumulator> createAccumulator(OpBuilder &builder, Operation *op, const QuantRule &rule, std::string &reason);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_INTEGERIZE_ACCUMULATORS_H
