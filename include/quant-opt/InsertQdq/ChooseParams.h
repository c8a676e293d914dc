//===- ChooseParams.h - Scales, zero points and weight grids from stated ranges, for all who quantize or simulate -===//
//
// InsertQdq materializes what is chosen here, Simulate computes with it and reports show it, so that they agree.
//
//===----------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_INSERTQDQ_CHOOSEPARAMS_H
#define QUANT_OPT_INSERTQDQ_CHOOSEPARAMS_H

#include "quant-opt/Analysis/QuantizedEdges.h"
#include "quant-opt/Analysis/StatedRanges.h"
#include "quant-opt/InsertQdq/Schemes.h"
#include "quant-opt/Numerics/Params.h"
#include "quant-opt/Numerics/Sketch.h"

#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

namespace mlir::qnn {

/// How ranges become parameters; the options of `--qnn-insert-qdq`.
struct QuantizationScheme {
  ActivationType activationType = ActivationType::U8;
  ActivationScheme activationScheme = ActivationScheme::Asymmetric;
  WeightScheme weightScheme = WeightScheme::PerChannel;
  /// 8, or 4: weights within [-7, 7], stored as bytes all the same. The `qnn.precision` of a contraction goes before
  /// it.
  int64_t weightBits = 8;
};

/// The parameters of one edge, or of a group of edges that share them: fake_c1 with these is what integers compute.
struct EdgeParams {
  numerics::Params params{1.0f, 0, false};
  numerics::StorageBounds bounds = numerics::kU8;
};

/// The parameters that a range leads to in 8 or 16 bits: `params_c1` or `params_c2` by the scheme.
EdgeParams getEdgeParams(const numerics::Range &range, const QuantizationScheme &scheme, unsigned bits = 8);

/// A weight seen as the row-major box [outer, channels, inner], with parameters for each of its channels: the output
/// channels of the contraction.
struct WeightView {
  int64_t outer = 1, channels = 1, inner = 1;
  /// The shape in which it is stored, and the dimension of the channels in it. Differs from the weight's shape where
  /// several leading dimensions (groups) are the channels: these are merged, as `reassociation` says.
  SmallVector<int64_t> storedShape;
  int64_t axis = 0;
  SmallVector<ReassociationIndices> reassociation; // empty unless the stored shape is not the weight's

  int64_t getSize() const { return outer * channels * inner; }
  int64_t getChannel(int64_t element) const { return element / inner % channels; }
};

WeightView getWeightView(const QuantRule &rule, ArrayRef<int64_t> shape);

/// The constant weight of a chain's root and the grid it is rounded to: q * scale, q within `bounds`.
struct ChosenWeight {
  OpOperand *operand = nullptr;
  WeightView view;
  numerics::StorageBounds bounds = numerics::kS8Narrow;
  /// Row-major, as the model states them: the contents of its constant, or of `owner` where that holds none as they
  /// are.
  ArrayRef<float> values;
  std::shared_ptr<const std::vector<float>> owner;
  /// One for each channel if `perChannel`, else a single one.
  bool perChannel = true;
  std::vector<float> scales;

  float getScale(int64_t element) const { return scales[perChannel ? view.getChannel(element) : 0]; }
  /// quantize_c1 of the element of number `element`, if it had the given value.
  int32_t quantize(int64_t element, float value) const;
  /// quantize_c1 of all values, and what these integers stand for; also of some, from the one of number `begin` on.
  std::vector<int8_t> getIntegers() const;
  std::vector<float> getRounded() const;
  void getRounded(int64_t begin, MutableArrayRef<float> rounded) const;

private:
  template <typename Fn> void forEachInteger(int64_t begin, int64_t end, Fn visit) const;
};

/// What was chosen for a chain, in the order of `QuantizedEdges::chains`.
struct ChosenChain {
  /// None where the root has no weight operand, or `reason` says why it stays float.
  std::optional<ChosenWeight> weight;
  std::string reason;
  /// With a weight: the constant that the chain adds to the root's result for each output channel, or null.
  OpOperand *bias = nullptr;
  /// Where an element of the root's result finds its bias, one value for each output channel in row-major order: the
  /// shape of a tensor of biases and the map from the result's dimensions. Those of `bias`, if there is one.
  SmallVector<int64_t> biasShape;
  AffineMap biasMap;
};

/// The constant operand by which the chain adds one value for each output channel of its root to the root's result, or
/// null. The operand's elements are in the order of the channels.
OpOperand *findBias(const QuantizedChain &chain);

struct ChosenParams {
  QuantizedEdges edges;
  /// What the function stated about which value.
  llvm::DenseMap<Value, StatedRange> ranges;
  /// For each group: the hull of its ranges, constants and padding, and what follows from it.
  std::vector<numerics::Range> groupRanges;
  std::vector<EdgeParams> groups;
  std::vector<ChosenChain> chains;
};

/// What the edges of each group have in common.
struct ChosenGroups {
  /// The hull of the group's ranges, constants and padding.
  std::vector<numerics::Range> ranges;
  std::vector<EdgeParams> params;
};

/// The parameters of `edges`. Fails, having emitted an error for each, if edges have no range.
FailureOr<ChosenGroups> chooseGroups(const QuantizedEdges &edges, const llvm::DenseMap<Value, StatedRange> &ranges,
                                     const QuantizationScheme &scheme);

/// The grid of a chain's weight, and its bias.
ChosenChain chooseChain(const QuantizedChain &chain, const llvm::DenseMap<Value, StatedRange> &ranges,
                        const QuantizationScheme &scheme);

/// Decides everything that quantizing `function`, in the Calibrated form, needs. Takes its `qnn.range`s out;
/// `stateRanges(function, result.ranges)` puts them back. Fails, having emitted an error for each, if edges have no
/// range. A `qnn.range` on a constant weight, for the whole of it or along its channels, bounds its magnitudes; without
/// one the largest magnitude does. The result refers to the function's operations.
FailureOr<ChosenParams> chooseParams(FunctionOpInterface function, const QuantizationScheme &scheme = {},
                                     const QuantizedEdgesOptions &options = {});

} // namespace mlir::qnn

#endif // QUANT_OPT_INSERTQDQ_CHOOSEPARAMS_H
