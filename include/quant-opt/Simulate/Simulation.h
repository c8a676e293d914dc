//===- Simulation.h - One float compilation of a model whose quantization is switched at run time -----------------===//
//
// The trial build is the Calibrated model in f32 in which the weight and the bias of each quantized contraction are
// function arguments, and each quantized edge passes through a fake quantization (fake_c1 of docs/numerics.md) whose
// parameters are arguments too. So every question about quantizing this or that is one more run of the same code.
//
//   auto sim = Simulation::create(module, {}, compileObserved);
//   (*sim)->quantizeAll();                   // or quantizeNothing(), setExcluded({"conv_3"}), setEdge(4, params) ...
//   (*sim)->run(inputs);
//   ArrayRef<float> logits = (*sim)->getOutput(0);
//
//===----------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_SIMULATE_SIMULATION_H
#define QUANT_OPT_SIMULATE_SIMULATION_H

#include "quant-opt/Calibrate/MeasureRanges.h"
#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/InsertQdq/ChooseParams.h"

#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/BitmaskEnum.h"

namespace mlir::qnn {

LLVM_ENABLE_BITMASK_ENUMS_IN_NAMESPACE();

/// A value on which InsertQdq would put a quantize/dequantize pair.
struct SimulatedEdge {
  std::string name; ///< as in range tables
  unsigned group;   ///< edges of one group share parameters
  bool isConstant;  ///< a constant that joins a group; never tapped
  std::vector<int64_t> shape;
  bool hasRange;              ///< without one it is never quantized unless `setEdge` says so
  EdgeParams params;          ///< as InsertQdq would choose
  numerics::Range groupRange; ///< the range of its group that they follow from
};

/// A chain of the model: a contraction, sum or elementwise operation with its epilogue. Layer i is
/// `QuantizedEdges::chains[i]` of the model that was given, with nothing excluded and no precision stated.
struct SimulatedLayer {
  std::string name; ///< of the root's node
  QuantRole role;
  Precision precision; ///< as the model states; 8-bit where it states nothing
  /// The root's loops: one map for each of the activations, then the weight's, then one for each window, then the
  /// result's (see `QuantRule`).
  SmallVector<AffineMap, 4> maps;
  SmallVector<utils::IteratorType, 8> iterators;
  /// The root's activations as it reads them, after any pad or reshape: their shapes, in the order of their maps.
  std::vector<std::vector<int64_t>> operandShapes;
  /// The root's result, before the epilogue.
  std::vector<int64_t> accumulatorShape;
  /// Edges that the root reads, directly or through value-preserving operations; then those that the epilogue reads.
  SmallVector<unsigned> inputs, epilogueInputs;
  /// The edge that the chain's result is, if it is one.
  std::optional<unsigned> output;

  /// Contractions with a constant weight only.
  std::optional<ChosenWeight> weight; ///< `operand` is null: the model it belongs to is a copy
  std::vector<int64_t> weightShape;
  /// Row-major, of `biasShape`: one for each output channel; zeros if the model has no bias. `biasMap` says where an
  /// element of the root's result finds its own.
  std::vector<float> bias;
  std::vector<int64_t> biasShape;
  AffineMap biasMap;
  bool hasBias = false;
  /// What the layer computes with in float, where others were chosen for quantization (`qnn.float_weight`,
  /// `qnn.float_bias`); empty where it is the same.
  std::vector<float> floatWeight, floatBias;
};

/// What a tap sees. Edges and operands include what happened to them before: a tap is of the current run.
enum class TapKind : unsigned {
  None = 0,
  Edge = 1,        ///< index: edge. The raw value, before its own fake quantization.
  Operand = 2,     ///< index: layer, number: which activation. As the root reads it: after fake quantization and pads.
  Accumulator = 4, ///< index: layer. The root's result, before bias and the rest of the epilogue. Costs the fusion.
  Result = 8,      ///< index: layer. The chain's result, before its own fake quantization.
  LLVM_MARK_AS_BITMASK_ENUM(Result)
};

struct Tap {
  TapKind kind;
  unsigned index;
  unsigned number = 0;
};

/// Receives the whole tensor, row-major. Called in program order; `data` is valid during the call.
using TapFn = llvm::function_ref<void(const Tap &tap, ArrayRef<float> data)>;

/// What calibration and the passes of Refine tap, asked for also by those that tap less: equal trial builds are
/// compiled once (see `shareBuild`).
constexpr TapKind kRefinementTaps = TapKind::Edge | TapKind::Operand;

struct SimulationOptions {
  QuantizationScheme scheme;
  /// The kinds that the trial build can tap. Each costs time in every run, so that a build has only what is needed.
  TapKind taps = TapKind::None;
  /// Whether edges without a range are an error, unless only layers of a float precision read them.
  bool needsRanges = true;
  /// Narrows it to those for which this returns true; all without it.
  std::function<bool(const Tap &)> filter;
};

class Simulation {
public:
  /// Builds the trial build of a copy of `calibrated` (one public function in the Calibrated form) and compiles it.
  /// Everything is off, as by `quantizeNothing`.
  /// Emits errors.
  static FailureOr<std::unique_ptr<Simulation>> create(ModuleOp calibrated, const SimulationOptions &options,
                                                       const CompileObservedFn &compile);
  ~Simulation();

  ArrayRef<SimulatedEdge> getEdges() const;
  ArrayRef<SimulatedLayer> getLayers() const;
  unsigned getNumGroups() const;
  /// The edge or layer of that name, if there is one.
  std::optional<unsigned> findEdge(StringRef name) const;
  std::optional<unsigned> findLayer(StringRef name) const;

  /// Exactly what InsertQdq would do: with the precisions that the model states, all edges, weights and biases.
  void quantizeAll();
  /// The float model.
  void quantizeNothing();
  /// Exactly what InsertQdq would do with these precisions, one for each layer: also which edges are then left, and of
  /// which width. A layer of a float precision counts as f32.
  void setPrecisions(ArrayRef<Precision> precisions);
  /// The same with the precisions that the model states, except that the layers of the set stay float.
  void setFloatLayers(const llvm::BitVector &layers);
  /// The same with the layers of these nodes.
  void setExcluded(const llvm::StringSet<> &names);
  /// Switches the layer's weight, bias and the edges that it reads on, to the parameters InsertQdq would choose, or
  /// off, and leaves everything else as it is. An edge read by several layers is switched for all.
  void quantizeLayer(unsigned layer, bool on);

  /// The parameters of one edge, or of all edges of a group, from now on; none lets it pass as it is. Bounds may be
  /// those of any type of at most 16 bits.
  void setEdge(unsigned edge, std::optional<EdgeParams> params);
  void setGroup(unsigned group, std::optional<EdgeParams> params);
  std::optional<EdgeParams> getEdge(unsigned edge) const;

  /// The weight that the layer computes with, as it is: values on or off any grid, in the weight's own order. Empty
  /// restores the float weight. `quantizeWeight` rounds to the chosen grid.
  void setWeight(unsigned layer, ArrayRef<float> values);
  /// Calls `use` with that weight, which is rounded for it alone; not at all if the layer has none.
  void withWeight(unsigned layer, llvm::function_ref<void(ArrayRef<float>)> use) const;
  void quantizeWeight(unsigned layer, bool on);
  /// The bias that the layer computes with, one for each channel; empty restores the model's. It is used as it is:
  /// rounding by bias_c1 is far below what any grid of activations shows.
  void setBias(unsigned layer, ArrayRef<float> values);
  ArrayRef<float> getBias(unsigned layer) const;

  /// Where a layer's weight comes from: values of their own, or the float weight, rounded or as it is.
  struct WeightSource {
    std::shared_ptr<const std::vector<float>> values;
    std::shared_ptr<const ChosenWeight> grid;
    bool operator==(const WeightSource &other) const { return values == other.values && grid == other.grid; }
  };

  /// All of the above, to return to.
  struct Settings {
    std::vector<std::optional<EdgeParams>> edges;
    std::vector<WeightSource> weights;
    std::vector<std::vector<float>> biases;
  };
  Settings getSettings() const;
  void setSettings(const Settings &settings);

  /// The model's own inputs and outputs; the trial build's arguments are not among them.
  ArrayRef<TensorInfo> getInputs() const;
  ArrayRef<TensorInfo> getOutputs() const;

  /// Runs once, with a pointer for each of the model's inputs.
  void run(ArrayRef<const void *> inputs, TapFn tap = nullptr);
  /// Runs each of `inputs` as the simulation is set, several at once on machines with several cores, and calls
  /// `consume(i, outputs)` with a pointer for each output, for each in their order. Nothing is tapped.
  void runMany(ArrayRef<ArrayRef<const void *>> inputs,
               llvm::function_ref<void(size_t number, ArrayRef<const void *> outputs)> consume);
  /// How many lanes `tapMany` has.
  size_t getConcurrency() const;
  /// Runs what `next` gives, in up to `getConcurrency()` lanes at once (see `ObservedModel::observeMany`). `tap` gets
  /// the number of the lane first; it is called by several threads, but by one for a lane, run by run and in program
  /// order.
  void tapMany(NextInputsFn next, llvm::function_ref<void(size_t lane, const Tap &tap, ArrayRef<float> data)> tap);
  /// Runs all of `inputs` side by side, each step of the model for all of them in their order before the next one, so
  /// that what one layer's inputs are in all runs is known before any run goes on. `tap` gets the number of the run
  /// first; `settle`, called after each step that was tapped, may set biases of layers whose inputs were just tapped,
  /// or that come later. Fails if there is not enough memory for so many runs.
  llvm::Error runTogether(ArrayRef<ArrayRef<const void *>> inputs,
                          llvm::function_ref<void(size_t run, const Tap &tap, ArrayRef<float> data)> tap,
                          llvm::function_ref<void()> settle);
  /// The output of that number after the last run. It must be of type "float".
  ArrayRef<float> getOutput(unsigned output) const;
  /// A pointer for each output.
  ArrayRef<const void *> getOutputData() const;

private:
  struct State;
  explicit Simulation(std::unique_ptr<State> state);
  std::vector<unsigned> setEdges(ArrayRef<Precision> precisions);
  std::unique_ptr<State> state;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_SIMULATE_SIMULATION_H
