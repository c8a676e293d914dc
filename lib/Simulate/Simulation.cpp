//===- Simulation.cpp - One float compilation of a model whose quantization is switched at run time ---------------===//
#include "quant-opt/Simulate/Simulation.h"

#include "TrialBuild.h"
#include "TrialWeights.h"
#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// A copy of the model, taken apart: nothing is excluded, and edges without a range have an empty one.
struct Copy {
  OwningOpRef<ModuleOp> module;
  FunctionOpInterface function;
  std::vector<Precision> precisions; ///< of the chains, as they were stated
  std::vector<bool> isStated;        ///< whether a chain states one
  std::vector<bool> hasRange;        ///< of the edges
  ChosenParams chosen;
};
} // namespace

struct Simulation::State {
  /// Stays as it is, for questions about what other precisions would leave.
  Copy model;
  QuantizationScheme scheme;

  std::vector<SimulatedEdge> edges;
  std::vector<SimulatedLayer> layers;
  unsigned numGroups = 0;
  llvm::StringMap<unsigned> edgeByName, layerByName;

  std::unique_ptr<ObservedModel> build;
  unsigned numInputs = 0;
  std::vector<const void *> arguments; ///< of the trial build; the model's own inputs first

  /// What arguments point to.
  std::unique_ptr<TrialWeights> weights;
  std::vector<std::vector<float>> biases;
  std::vector<std::array<float, kEdgeArguments>> edgeArguments;
  std::vector<std::optional<EdgeParams>> edgeParams;

  std::vector<TrialTap> taps; ///< by the build's numbers
  TapFn *tap = nullptr;

  void describe();
  void prepareRun() { weights->give(model.module->getContext(), build->getInputs(), arguments); }
  SmallVector<unsigned> findSources(Value value, const llvm::DenseMap<Value, unsigned> &edgeOf);
  static void observe(void *observer, int32_t number, const float *data, int64_t count);
};

/// The edges whose elements `value` holds.
SmallVector<unsigned> Simulation::State::findSources(Value value, const llvm::DenseMap<Value, unsigned> &edgeOf) {
  llvm::SetVector<Value> seen;
  SmallVector<Value> worklist{value};
  llvm::SmallSetVector<unsigned, 4> found;
  while (!worklist.empty()) {
    Value current = worklist.pop_back_val();
    if (!seen.insert(current))
      continue;
    if (auto it = edgeOf.find(current); it != edgeOf.end()) {
      found.insert(it->second);
      continue;
    }
    Operation *producer = current.getDefiningOp();
    if (!producer)
      continue;
    QuantRule rule = getQuantRule(producer);
    if (rule.role == QuantRole::ValuePreserving)
      for (OpOperand *operand : llvm::reverse(rule.activations))
        worklist.push_back(operand->get());
  }
  return found.takeVector();
}

/// The tensor of f32 that an attribute holds; nothing if it is not there, or not of `count` elements.
static std::vector<float> readKept(Operation *op, StringRef name, size_t count) {
  auto attr = op->getAttrOfType<ElementsAttr>(name);
  std::vector<float> values(count);
  if (!attr || !attr.getElementType().isF32() || attr.getNumElements() != static_cast<int64_t>(count))
    return {};
  std::optional<std::vector<char>> bytes = readBytes(attr);
  if (!bytes)
    return {};
  llvm::copy(*bytes, reinterpret_cast<char *>(values.data()));
  return values;
}

void Simulation::State::describe() {
  const ChosenParams &chosen = model.chosen;
  numGroups = chosen.edges.numGroups;
  llvm::DenseMap<Value, unsigned> edgeOf;
  auto addEdge = [&](const QuantizedEdge &edge, bool isConstant) {
    edgeOf[edge.value] = edges.size();
    edgeByName.try_emplace(edge.name, edges.size());
    ArrayRef<int64_t> shape = cast<RankedTensorType>(edge.value.getType()).getShape();
    const bool hasRange = isConstant || model.hasRange[edges.size()];
    edges.push_back({edge.name, edge.group, isConstant, shape.vec(), hasRange, chosen.groups[edge.group],
                     chosen.groupRanges[edge.group]});
  };
  for (const QuantizedEdge &edge : chosen.edges.edges)
    addEdge(edge, /*isConstant=*/false);
  for (const QuantizedEdge &edge : chosen.edges.constants)
    addEdge(edge, /*isConstant=*/true);

  for (auto [chain, choice] : llvm::zip_equal(chosen.edges.chains, chosen.chains)) {
    QuantRule rule = getQuantRule(chain.root);
    SimulatedLayer layer;
    layer.name = getNodeName(chain.root->getLoc());
    layer.role = chain.role;
    layer.precision = model.precisions[layers.size()];
    layer.maps = rule.maps;
    layer.iterators = rule.iterators;
    layer.accumulatorShape = cast<RankedTensorType>(chain.root->getResult(0).getType()).getShape().vec();
    for (OpOperand *operand : rule.activations) {
      layer.operandShapes.push_back(cast<RankedTensorType>(operand->get().getType()).getShape().vec());
      for (unsigned edge : findSources(operand->get(), edgeOf))
        if (!llvm::is_contained(layer.inputs, edge))
          layer.inputs.push_back(edge);
    }
    for (Operation *op : chain.epilogue)
      for (OpOperand *operand : getQuantRule(op).activations) {
        Operation *producer = operand->get().getDefiningOp();
        if (producer && (producer == chain.root || llvm::is_contained(chain.epilogue, producer)))
          continue;
        for (unsigned edge : findSources(operand->get(), edgeOf))
          if (!llvm::is_contained(layer.epilogueInputs, edge))
            layer.epilogueInputs.push_back(edge);
      }
    if (auto it = edgeOf.find(chain.result); it != edgeOf.end())
      layer.output = it->second;
    if (choice.weight) {
      layer.weight = choice.weight;
      layer.weight->operand = nullptr;
      layer.weightShape = cast<RankedTensorType>(choice.weight->operand->get().getType()).getShape().vec();
      layer.biasShape.assign(choice.biasShape.begin(), choice.biasShape.end());
      layer.biasMap = choice.biasMap;
      layer.hasBias = choice.bias;
      if (choice.bias)
        layer.bias = *readConstant<float>(choice.bias->get());
      else
        layer.bias.assign(ShapedType::getNumElements(choice.biasShape), 0.0f);
      layer.floatWeight = readKept(chain.root, kFloatWeightAttr, layer.weight->values.size());
      layer.floatBias = readKept(chain.root, kFloatBiasAttr, layer.bias.size());
    }
    layerByName.try_emplace(layer.name, layers.size());
    layers.push_back(std::move(layer));
  }
}

static FunctionOpInterface findFunction(ModuleOp module) {
  FunctionOpInterface found;
  module.walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
    if (!found && !function.isExternal() && function.isPublic())
      found = function;
    return WalkResult::skip();
  });
  return found;
}

static FailureOr<Copy> takeApart(ModuleOp calibrated, const SimulationOptions &options) {
  const QuantizationScheme &scheme = options.scheme;
  Copy copy;
  copy.module = calibrated.clone();
  copy.function = findFunction(*copy.module);
  if (!copy.function)
    return emitError(calibrated.getLoc(), "cannot be simulated: it has no public function");
  ChosenParams &chosen = copy.chosen;
  chosen.ranges = stripRanges(copy.function);
  // What the stated precisions leave must have ranges; what they take out may have.
  if (options.needsRanges && failed(chooseGroups(getQuantizedEdges(copy.function), chosen.ranges, scheme)))
    return failure();
  llvm::DenseMap<Operation *, Precision> stated;
  copy.function->walk([&](Operation *op) {
    if (std::optional<Precision> precision = getStatedPrecision(op))
      stated[op] = *precision;
    op->removeAttr(kPrecisionAttr);
  });
  chosen.edges = getQuantizedEdges(copy.function);
  for (const QuantizedEdge &edge : chosen.edges.edges) {
    StatedRange none;
    none.lo = none.hi = {0.0f};
    copy.hasRange.push_back(!chosen.ranges.try_emplace(edge.value, none).second);
  }
  FailureOr<ChosenGroups> groups = chooseGroups(chosen.edges, chosen.ranges, scheme);
  if (failed(groups))
    return failure();
  chosen.groupRanges = std::move(groups->ranges);
  chosen.groups = std::move(groups->params);
  for (const QuantizedChain &chain : chosen.edges.chains) {
    auto it = stated.find(chain.root);
    copy.precisions.push_back(it == stated.end() ? Precision::I8 : it->second);
    copy.isStated.push_back(it != stated.end());
    if (it != stated.end())
      setPrecision(chain.root, it->second);
    chosen.chains.push_back(chooseChain(chain, chosen.ranges, scheme));
  }
  return copy;
}

FailureOr<std::unique_ptr<Simulation>> Simulation::create(ModuleOp calibrated, const SimulationOptions &options,
                                                          const CompileObservedFn &compile) {
  auto state = std::make_unique<State>();
  state->scheme = options.scheme;
  FailureOr<Copy> model = takeApart(calibrated, options);
  if (failed(model))
    return failure();
  state->model = std::move(*model);
  state->describe();
  // A second copy is changed and compiled away.
  FailureOr<Copy> trial = takeApart(calibrated, options);
  if (failed(trial))
    return failure();
  state->numInputs = trial->function.getNumArguments();
  TrialArguments arguments = makeTrialBuild(trial->function, trial->chosen, options, state->taps);
  dropNotes(*trial->module);

  FailureOr<std::unique_ptr<ObservedModel>> build = compile(*trial->module);
  if (failed(build))
    return failure();
  state->build = std::move(*build);
  // The build may number its observers in another order than they were made.
  llvm::StringMap<unsigned> byName;
  for (auto [i, tap] : llvm::enumerate(state->taps))
    byName[tap.name] = i;
  std::vector<TrialTap> numbered;
  for (const std::string &name : state->build->getObservedEdges())
    numbered.push_back(state->taps[byName.lookup(name)]);
  state->taps = std::move(numbered);

  state->arguments.resize(arguments.numArguments);
  std::vector<unsigned> weightArguments(state->layers.size());
  state->biases.resize(state->layers.size());
  for (const TrialArguments::Layer &layer : arguments.layers) {
    weightArguments[layer.layer] = layer.weight;
    state->biases[layer.layer].resize(state->layers[layer.layer].bias.size());
    state->arguments[layer.bias] = state->biases[layer.layer].data();
  }
  state->weights = std::make_unique<TrialWeights>(state->layers, std::move(weightArguments));
  state->edgeArguments.resize(state->edges.size());
  state->edgeParams.resize(state->edges.size());
  for (auto [i, values] : llvm::enumerate(state->edgeArguments))
    for (auto [k, value] : llvm::enumerate(values))
      state->arguments[arguments.firstEdge + i * kEdgeArguments + k] = &value;
  std::unique_ptr<Simulation> simulation(new Simulation(std::move(state)));
  simulation->quantizeNothing();
  simulation->setEdges(simulation->state->model.precisions);
  for (auto [edge, params] : llvm::zip_equal(simulation->state->edges, simulation->state->edgeParams))
    edge.params = params.value_or(edge.params);
  simulation->quantizeNothing();
  return simulation;
}

Simulation::Simulation(std::unique_ptr<State> state) : state(std::move(state)) {}
Simulation::~Simulation() = default;

ArrayRef<SimulatedEdge> Simulation::getEdges() const { return state->edges; }
ArrayRef<SimulatedLayer> Simulation::getLayers() const { return state->layers; }
unsigned Simulation::getNumGroups() const { return state->numGroups; }

static std::optional<unsigned> lookUp(const llvm::StringMap<unsigned> &map, StringRef name) {
  auto it = map.find(name);
  return it == map.end() ? std::nullopt : std::optional<unsigned>(it->second);
}
std::optional<unsigned> Simulation::findEdge(StringRef name) const { return lookUp(state->edgeByName, name); }
std::optional<unsigned> Simulation::findLayer(StringRef name) const { return lookUp(state->layerByName, name); }

void Simulation::quantizeAll() { setPrecisions(state->model.precisions); }

void Simulation::quantizeNothing() {
  for (unsigned edge = 0, e = state->edges.size(); edge != e; ++edge)
    setEdge(edge, std::nullopt);
  for (unsigned layer = 0, e = state->layers.size(); layer != e; ++layer) {
    setBias(layer, {});
    quantizeWeight(layer, false);
  }
}

/// The edges that these precisions leave, with the parameters they have then; the chains that are quantized.
std::vector<unsigned> Simulation::setEdges(ArrayRef<Precision> precisions) {
  Copy &model = state->model;
  llvm::DenseMap<Operation *, unsigned> layerOf;
  for (auto [i, chain] : llvm::enumerate(model.chosen.edges.chains)) {
    layerOf[chain.root] = i;
    if (getPrecision(chain.root) == precisions[i])
      continue;
    const bool isSameGrid = (getPrecision(chain.root) == Precision::I4) == (precisions[i] == Precision::I4);
    // A layer that states nothing takes the scheme's width of weights.
    if (precisions[i] == Precision::I8 && !model.isStated[i])
      chain.root->removeAttr(kPrecisionAttr);
    else
      setPrecision(chain.root, precisions[i]);
    if (std::optional<ChosenWeight> &weight = state->layers[i].weight; weight && !isSameGrid) {
      weight = chooseChain(chain, model.chosen.ranges, state->scheme).weight;
      weight->operand = nullptr;
      state->weights->forgetGrid(i);
    }
  }
  QuantizedEdges left = getQuantizedEdges(model.function);
  // Cannot fail: every edge has a range by now.
  FailureOr<ChosenGroups> groups = chooseGroups(left, model.chosen.ranges, state->scheme);
  std::vector<unsigned> layers;
  if (failed(groups))
    return layers;
  // An 8-bit reader rounds a 16-bit edge once more. Here all readers see that, which never flatters.
  for (auto [operand, group] : left.narrowReads)
    groups->params[group] = getEdgeParams(groups->ranges[group], state->scheme);
  for (const auto *list : {&left.edges, &left.constants})
    for (const QuantizedEdge &edge : *list)
      if (std::optional<unsigned> number = findEdge(edge.name); number && state->edges[*number].hasRange)
        setEdge(*number, groups->params[edge.group]);
  for (const QuantizedChain &chain : left.chains)
    if (auto it = layerOf.find(chain.root); it != layerOf.end())
      layers.push_back(it->second);
  return layers;
}

void Simulation::setPrecisions(ArrayRef<Precision> precisions) {
  quantizeNothing();
  for (unsigned layer : setEdges(precisions))
    quantizeWeight(layer, true);
}

void Simulation::setFloatLayers(const llvm::BitVector &layers) {
  std::vector<Precision> precisions = state->model.precisions;
  for (unsigned layer : layers.set_bits())
    precisions[layer] = Precision::F32;
  setPrecisions(precisions);
}

void Simulation::setExcluded(const llvm::StringSet<> &names) {
  llvm::BitVector layers(state->layers.size());
  for (auto [i, chain] : llvm::enumerate(state->model.chosen.edges.chains)) {
    bool isNamed = names.contains(state->layers[i].name);
    for (Operation *op : chain.epilogue)
      isNamed |= names.contains(getNodeName(op->getLoc()));
    if (isNamed)
      layers.set(i);
  }
  setFloatLayers(layers);
}

void Simulation::quantizeLayer(unsigned layer, bool on) {
  const SimulatedLayer &info = state->layers[layer];
  for (const auto *list : {&info.inputs, &info.epilogueInputs})
    for (unsigned edge : *list)
      setEdge(edge, on ? std::optional<EdgeParams>(state->edges[edge].params) : std::nullopt);
  quantizeWeight(layer, on);
}

void Simulation::setEdge(unsigned edge, std::optional<EdgeParams> params) {
  state->edgeParams[edge] = params;
  std::array<float, kEdgeArguments> &values = state->edgeArguments[edge];
  if (!params) {
    values = {0.0f, 0.0f, 0.0f};
    return;
  }
  // Differences of integers below 2^17, exact in f32.
  values = {params->params.scale, static_cast<float>(params->bounds.qmin - params->params.zeroPoint),
            static_cast<float>(params->bounds.qmax - params->params.zeroPoint)};
}

void Simulation::setGroup(unsigned group, std::optional<EdgeParams> params) {
  for (unsigned edge = 0, e = state->edges.size(); edge != e; ++edge)
    if (state->edges[edge].group == group)
      setEdge(edge, params);
}

std::optional<EdgeParams> Simulation::getEdge(unsigned edge) const { return state->edgeParams[edge]; }

void Simulation::setWeight(unsigned layer, ArrayRef<float> values) {
  const std::optional<ChosenWeight> &weight = state->layers[layer].weight;
  if (!weight)
    return;
  assert((values.empty() || values.size() == weight->values.size()) && "expected as many values as the weight has");
  state->weights->set(layer,
                      {values.empty() ? nullptr : std::make_shared<const std::vector<float>>(values.vec()), nullptr});
}

void Simulation::withWeight(unsigned layer, llvm::function_ref<void(ArrayRef<float>)> use) const {
  state->weights->with(layer, use);
}

void Simulation::quantizeWeight(unsigned layer, bool on) {
  const std::optional<ChosenWeight> &weight = state->layers[layer].weight;
  if (!weight)
    return;
  const std::vector<float> &floatBias = state->layers[layer].floatBias;
  if (!floatBias.empty())
    setBias(layer, on ? state->layers[layer].bias : floatBias);
  if (on)
    state->weights->setRounded(layer);
  else
    state->weights->set(layer, {});
}

void Simulation::setBias(unsigned layer, ArrayRef<float> values) {
  const SimulatedLayer &info = state->layers[layer];
  if (!info.weight)
    return;
  if (values.empty())
    values = info.bias;
  assert(values.size() == state->biases[layer].size() && "expected as many values as the bias has");
  llvm::copy(values, state->biases[layer].begin());
}

ArrayRef<float> Simulation::getBias(unsigned layer) const { return state->biases[layer]; }

Simulation::Settings Simulation::getSettings() const {
  return {state->edgeParams, state->weights->getSources().vec(), state->biases};
}

void Simulation::setSettings(const Settings &settings) {
  for (auto [i, params] : llvm::enumerate(settings.edges))
    setEdge(i, params);
  for (unsigned layer = 0, e = state->layers.size(); layer != e; ++layer) {
    state->weights->set(layer, settings.weights[layer]);
    setBias(layer, settings.biases[layer]);
  }
}

ArrayRef<TensorInfo> Simulation::getInputs() const { return state->build->getInputs().take_front(state->numInputs); }
ArrayRef<TensorInfo> Simulation::getOutputs() const { return state->build->getOutputs(); }

void Simulation::State::observe(void *observer, int32_t number, const float *data, int64_t count) {
  auto *state = static_cast<State *>(observer);
  if (state->tap)
    (*state->tap)(state->taps[number].tap, ArrayRef<float>(data, count));
}

void Simulation::run(ArrayRef<const void *> inputs, TapFn tap) {
  assert(inputs.size() == state->numInputs && "expected a pointer for each of the model's inputs");
  state->prepareRun();
  llvm::copy(inputs, state->arguments.begin());
  state->tap = tap ? &tap : nullptr;
  state->build->run(state->arguments, state.get(), State::observe);
  state->tap = nullptr;
}

ArrayRef<const void *> Simulation::getOutputData() const { return state->build->getOutputData(); }

/// The trial build's arguments for each of `inputs`.
static std::vector<std::vector<const void *>> completeArguments(ArrayRef<const void *> arguments, size_t numInputs,
                                                                ArrayRef<ArrayRef<const void *>> inputs) {
  std::vector<std::vector<const void *>> result(inputs.size(), arguments.vec());
  for (auto [all, own] : llvm::zip_equal(result, inputs)) {
    assert(own.size() == numInputs && "expected a pointer for each of the model's inputs");
    llvm::copy(own, all.begin());
  }
  return result;
}

void Simulation::runMany(ArrayRef<ArrayRef<const void *>> inputs,
                         llvm::function_ref<void(size_t number, ArrayRef<const void *> outputs)> consume) {
  state->prepareRun();
  const auto arguments = completeArguments(state->arguments, state->numInputs, inputs);
  state->build->runMany(SmallVector<ArrayRef<const void *>>(arguments.begin(), arguments.end()), consume);
}

size_t Simulation::getConcurrency() const { return state->build->getConcurrency(); }

void Simulation::tapMany(NextInputsFn next,
                         llvm::function_ref<void(size_t lane, const Tap &tap, ArrayRef<float> data)> tap) {
  state->prepareRun();
  std::vector<std::vector<const void *>> arguments(getConcurrency(), state->arguments);
  auto complete = [&](size_t lane) -> std::optional<ArrayRef<const void *>> {
    std::optional<ArrayRef<const void *>> inputs = next(lane);
    if (!inputs)
      return std::nullopt;
    assert(inputs->size() == state->numInputs && "expected a pointer for each of the model's inputs");
    llvm::copy(*inputs, arguments[lane].begin());
    return arguments[lane];
  };
  state->build->observeMany(complete, [&](size_t lane, int32_t number, const float *data, int64_t count) {
    tap(lane, state->taps[number].tap, ArrayRef<float>(data, count));
  });
}

llvm::Error Simulation::runTogether(ArrayRef<ArrayRef<const void *>> inputs,
                                    llvm::function_ref<void(size_t run, const Tap &tap, ArrayRef<float> data)> tap,
                                    llvm::function_ref<void()> settle) {
  state->prepareRun();
  const auto arguments = completeArguments(state->arguments, state->numInputs, inputs);
  return state->build->runTogether(
      SmallVector<ArrayRef<const void *>>(arguments.begin(), arguments.end()),
      [&](size_t run, int32_t number, const float *data, int64_t count) {
        tap(run, state->taps[number].tap, ArrayRef<float>(data, count));
      },
      settle);
}

ArrayRef<float> Simulation::getOutput(unsigned output) const {
  const TensorInfo &info = getOutputs()[output];
  assert(info.type == "float" && "expected an output of floats");
  return {static_cast<const float *>(state->build->getOutputData()[output]),
          static_cast<size_t>(ShapedType::getNumElements(info.shape))};
}
