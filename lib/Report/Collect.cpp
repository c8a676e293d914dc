//===- Collect.cpp - What the Calibrated form alone says of each layer and edge -----------------------------------===//
#include "Collect.h"

#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Numerics/Ranges.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

class Collector {
public:
  Collector(const ReportOptions &options, Report &report) : options(options), report(report) {}

  LogicalResult run(FunctionOpInterface function);

private:
  void addEdge(const QuantizedEdge &edge);
  void addLayer(const QuantizedChain &chain, const ChosenChain &chosen);
  void addFloat(Operation *op, StringRef reason);
  std::vector<std::string> findEdges(ArrayRef<Value> values);
  WeightReport getWeight(const ChosenWeight &weight);

  const ReportOptions &options;
  Report &report;
  ChosenParams chosen;
  llvm::DenseMap<Value, std::string> names;
};

} // namespace

static std::string getStorageName(numerics::StorageBounds bounds) {
  return (bounds.qmin < 0 ? "i" : "u") + std::to_string(bounds.qmax - bounds.qmin > 255 ? 16 : 8);
}

numerics::StorageBounds qnn::getBounds(const EdgeReport &edge) {
  if (edge.storage == "u8")
    return numerics::kU8;
  if (edge.storage == "i8")
    return numerics::kS8;
  return edge.storage == "u16" ? numerics::StorageBounds{0, 65535} : numerics::StorageBounds{-32768, 32767};
}

void Collector::addEdge(const QuantizedEdge &edge) {
  EdgeReport result;
  const EdgeParams &params = chosen.groups[edge.group];
  const StatedRange &stated = chosen.ranges.find(edge.value)->second;
  result.name = edge.name;
  result.group = edge.group;
  result.shape = cast<RankedTensorType>(edge.value.getType()).getShape().vec();
  result.storage = getStorageName(params.bounds);
  result.range = {*llvm::min_element(stated.lo), *llvm::max_element(stated.hi)};
  result.method = stated.method;
  result.params = params.params;
  result.representable = getRepresentable(params.params, params.bounds);
  report.edges.push_back(std::move(result));
}

/// The edges that values are, or are made from by operations that only move elements.
std::vector<std::string> Collector::findEdges(ArrayRef<Value> values) {
  std::vector<std::string> result;
  llvm::SetVector<Value> seen(values.begin(), values.end());
  for (size_t i = 0; i < seen.size(); ++i) {
    if (auto it = names.find(seen[i]); it != names.end()) {
      if (!llvm::is_contained(result, it->second))
        result.push_back(it->second);
      continue;
    }
    Operation *producer = seen[i].getDefiningOp();
    if (!producer)
      continue;
    QuantRule rule = getQuantRule(producer);
    if (rule.role == QuantRole::ValuePreserving)
      for (OpOperand *operand : rule.activations)
        seen.insert(operand->get());
  }
  return result;
}

WeightReport Collector::getWeight(const ChosenWeight &weight) {
  WeightReport result;
  result.shape = cast<RankedTensorType>(weight.operand->get().getType()).getShape().vec();
  result.perChannel = weight.scales.size() > 1;
  result.bits = weight.bounds.qmax < 8 ? 4 : 8;
  result.channels = weight.view.channels;
  result.minScale = *llvm::min_element(weight.scales);
  result.maxScale = *llvm::max_element(weight.scales);
  const int64_t count = weight.values.size();
  result.floatBytes = count * sizeof(float);
  result.storedBytes = (count * result.bits + 7) / 8 + weight.scales.size() * sizeof(float);
  double signal = 0;
  for (int64_t i = 0; i < count; ++i) {
    const float value = weight.values[i], scale = weight.getScale(i);
    const double error = static_cast<double>(value) - numerics::dequantize(weight.quantize(i, value), scale, 0);
    const bool clipped = std::fabs(value) > (weight.bounds.qmax + 0.5) * scale;
    signal += static_cast<double>(value) * value;
    (clipped ? result.error.clipping : result.error.rounding) += error * error / count;
    result.error.clipped += clipped ? 1.0 / count : 0.0;
  }
  const double noise = result.error.clipping + result.error.rounding;
  result.error.sqnr = noise > 0 ? 10 * std::log10(signal / count / noise) : HUGE_VAL;
  return result;
}

void Collector::addLayer(const QuantizedChain &chain, const ChosenChain &choice) {
  LayerReport result;
  result.name = getNodeName(chain.root->getLoc());
  result.role = getRoleName(chain.role).str();
  auto precision = chain.root->getAttrOfType<StringAttr>("qnn.precision");
  result.precision = precision ? precision.str() : "i8";
  result.nodes.push_back(result.name);
  for (Operation *op : chain.epilogue)
    if (std::string node = getNodeName(op->getLoc()); !node.empty() && !llvm::is_contained(result.nodes, node))
      result.nodes.push_back(node);
  auto getOperands = [&](Operation *op) {
    SmallVector<Value> operands;
    for (OpOperand *operand : getQuantRule(op).activations) {
      Operation *producer = operand->get().getDefiningOp();
      if (!producer || (producer != chain.root && !llvm::is_contained(chain.epilogue, producer)))
        operands.push_back(operand->get());
    }
    return operands;
  };
  result.inputs = findEdges(getOperands(chain.root));
  SmallVector<Value> further;
  for (Operation *op : chain.epilogue)
    further.append(getOperands(op));
  result.epilogueInputs = findEdges(further);
  if (auto it = names.find(chain.result); it != names.end())
    result.output = it->second;
  if (choice.weight) {
    result.weight = getWeight(*choice.weight);
    report.floatWeightBytes += result.weight->floatBytes;
    report.storedWeightBytes += result.weight->storedBytes;
  }
  report.layers.push_back(std::move(result));
}

void Collector::addFloat(Operation *op, StringRef reason) {
  QuantRule rule = getQuantRule(op);
  report.floats.push_back({getNodeName(op->getLoc()), getRoleName(rule.role).str(), reason.str()});
  if (!rule.weight)
    return;
  const int64_t count = cast<ShapedType>(rule.weight->get().getType()).getNumElements();
  auto precision = op->getAttrOfType<StringAttr>("qnn.precision");
  const bool isHalf = precision && (precision.getValue() == "bf16" || precision.getValue() == "f16");
  report.floatWeightBytes += count * sizeof(float);
  report.storedWeightBytes += count * (isHalf ? 2 : sizeof(float));
}

LogicalResult Collector::run(FunctionOpInterface function) {
  FailureOr<ChosenParams> params = chooseParams(function, options.scheme);
  if (failed(params))
    return failure();
  chosen = std::move(*params);
  for (const QuantizedEdge &edge : chosen.edges.edges) {
    names[edge.value] = edge.name;
    addEdge(edge);
  }
  for (auto [chain, choice] : llvm::zip_equal(chosen.edges.chains, chosen.chains)) {
    if (choice.reason.empty())
      addLayer(chain, choice);
    else
      addFloat(chain.root, choice.reason);
  }
  for (const FloatOp &op : chosen.edges.floatOps)
    addFloat(op.op, op.reason);
  // Two layers of one node get numbers, so that a name means one of them.
  llvm::StringMap<unsigned> seen;
  for (LayerReport &layer : report.layers)
    if (unsigned count = seen[layer.name]++)
      layer.name += "#" + std::to_string(count);
  return success();
}

EdgeStatistics qnn::getStatistics(const numerics::Sketch &sketch, const EdgeReport &edge,
                                  numerics::StorageBounds bounds) {
  constexpr unsigned kBins = 80;
  EdgeStatistics seen;
  seen.count = sketch.getCount();
  seen.nans = sketch.getNaNs();
  seen.negativeInfinities = sketch.getNegativeInfinities();
  seen.positiveInfinities = sketch.getPositiveInfinities();
  if (seen.count == 0)
    return seen;
  const std::vector<numerics::Mass> masses = numerics::getMasses(sketch);
  seen.extrema = sketch.getExtrema();
  seen.histogram = makeHistogram(masses, seen.extrema, kBins);
  seen.error = getGridError(masses, edge.params, bounds);
  return seen;
}

/// Statistics of edges from the sketches of a range table.
static LogicalResult addTable(ModuleOp module, const ReportOptions &options, Report &report) {
  llvm::Expected<RangeTable> table = RangeTable::read(options.ranges);
  if (!table)
    return emitError(module.getLoc(), llvm::toString(table.takeError()));
  report.calibration.data = table->data;
  report.calibration.calibrationSamples = table->getSamplesUsed();
  for (const DataSource &source : table->data)
    report.calibration.heldOutSamples += source.samplesHeldOut;
  for (const EdgeSketch &entry : table->sketches)
    for (EdgeReport &edge : report.edges)
      if (edge.name == entry.name && entry.sketch.keepsDistribution())
        edge.seen = getStatistics(entry.sketch, edge, getBounds(edge));
  return success();
}

/// What the statistics say of the samples.
static void findUnreached(Report &report) {
  for (const EdgeReport &edge : report.edges) {
    if (!edge.seen)
      continue;
    if (edge.seen->count == 0)
      report.calibration.unreached.push_back(edge.name);
    else if (edge.seen->extrema.lo == edge.seen->extrema.hi)
      report.calibration.constant.push_back(edge.name);
  }
}

FailureOr<Report> qnn::collectReport(ModuleOp module, const ReportOptions &options, const CompileObservedFn &compile) {
  Report report;
  report.scheme = options.scheme;
  report.decisions = getDecisions(module);
  // Edges are decided on IR without ranges, so a copy is stripped of them.
  OwningOpRef<ModuleOp> copy(module.clone());
  FunctionOpInterface function;
  copy->walk<WalkOrder::PreOrder>([&](FunctionOpInterface candidate) {
    if (!function && !candidate.isExternal() && candidate.isPublic())
      function = candidate;
    return WalkResult::skip();
  });
  if (!function)
    return module.emitError("holds no public function to report on"), failure();
  report.model = function.getName().str();
  if (failed(Collector(options, report).run(function)))
    return failure();
  if (!options.data.empty()) {
    if (failed(measureReport(module, options, compile, report)))
      return failure();
  } else if (!options.ranges.empty() && failed(addTable(module, options, report))) {
    return failure();
  }
  findUnreached(report);
  return report;
}
