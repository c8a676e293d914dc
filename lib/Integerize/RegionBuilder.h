//===- RegionBuilder.h - One elementwise region out of casts, epilogues and accumulators --------------------------===//
#ifndef QUANT_OPT_LIB_INTEGERIZE_REGIONBUILDER_H
#define QUANT_OPT_LIB_INTEGERIZE_REGIONBUILDER_H

#include "Accumulators.h"

#include "llvm/ADT/SetVector.h"
#include <memory>

namespace mlir::qnn {

/// The operations that one region takes the place of.
struct FusedGroup {
  /// Elementwise, in no order.
  llvm::SetVector<Operation *> members;
  /// The accumulator the region reads, or null.
  Accumulator *accumulator = nullptr;
};

/// Builds the linalg.generic that computes a float value elementwise, from an accumulator, dequantized bytes, constants
/// and other float values, and quantizes it if asked to. By the way it folds a bias into the accumulator and trailing
/// activations into clamp bounds.
class RegionBuilder {
public:
  RegionBuilder(OpBuilder &builder, FusedGroup &group, Location loc);

  /// The float result itself.
  FailureOr<Value> buildFloat(Value value);

  /// Its storage bytes in the quantized element type; fails with an error for types that are not supported.
  FailureOr<Value> buildQuantized(Value value, Type element);

private:
  /// An input of the region: a tensor, or f32 or i32 constants that become one, read through `map`.
  struct Leaf {
    Value tensor;
    std::vector<float> floats;
    std::vector<int32_t> integers;
    SmallVector<int64_t> shape;
    AffineMap map;
    BlockArgument arg;
  };

  FailureOr<Value> build(Value value, Type element);
  Value emit(Value value, AffineMap map);
  Value emitConstant(Value value, AffineMap map);
  Value emitDequantized(Value quantized, AffineMap map);
  Value emitAccumulator();
  Value addLeaf(Value tensor, AffineMap map, Type element);
  Value addScales(ArrayRef<float> scales, ArrayRef<int64_t> shape, AffineMap map);
  Value createFloat(float value);

  void foldBias();
  std::optional<SmallVector<int64_t>> getBias(Value scalar, bool &fits);
  Value quantize(Value value, Type element);
  Value peelClamps(Value value, const StorageKind &kind, int32_t &lo, int32_t &hi);
  Value finish(Value scalar, RankedTensorType type);

  OpBuilder &builder;
  OpBuilder::InsertPoint outside; // where the region goes, while the builder stands in its block
  FusedGroup &group;
  Location loc;
  int64_t rank = 0;
  std::unique_ptr<Block> block;
  SmallVector<Leaf> leaves;
  DenseMap<std::pair<Value, AffineMap>, Value> emitted;
  Operation *accumulated = nullptr; // the dequantize of the accumulator
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_INTEGERIZE_REGIONBUILDER_H
