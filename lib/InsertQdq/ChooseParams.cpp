//===- ChooseParams.cpp - Scales, zero points and weight grids from stated ranges ---------------------------------===//
#include "quant-opt/InsertQdq/ChooseParams.h"

#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::qnn;

EdgeParams qnn::getEdgeParams(const numerics::Range &range, const QuantizationScheme &scheme, unsigned bits) {
  EdgeParams result;
  if (scheme.activationType == ActivationType::U8)
    result.bounds = bits == 16 ? numerics::kU16 : numerics::kU8;
  else
    result.bounds = bits == 16 ? numerics::kS16 : numerics::kS8;
  result.params = scheme.activationScheme == ActivationScheme::Asymmetric
                      ? numerics::asymmetricParams(range.lo, range.hi, result.bounds)
                      : numerics::symmetricParams(range.lo, range.hi, result.bounds);
  return result;
}

WeightView qnn::getWeightView(const QuantRule &rule, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> dims = rule.getWeightChannelDims();
  WeightView view;
  view.storedShape.assign(shape.begin(), shape.end());
  bool leading = dims.size() > 1;
  for (auto [i, dim] : llvm::enumerate(dims))
    leading &= static_cast<int64_t>(i) == dim;
  int64_t first = dims.empty() ? 0 : dims.back(), last = first;
  if (leading) {
    // [G, OC/G, k...] is stored as [OC, k...].
    first = 0;
    view.storedShape = {1};
    view.reassociation.emplace_back();
    for (int64_t dim : dims) {
      view.storedShape[0] *= shape[dim];
      view.reassociation.back().push_back(dim);
    }
    for (int64_t dim = dims.size(), e = shape.size(); dim < e; ++dim) {
      view.storedShape.push_back(shape[dim]);
      view.reassociation.push_back({dim});
    }
  }
  view.axis = first;
  for (int64_t dim = 0, e = shape.size(); dim < e; ++dim)
    (dim < first ? view.outer : dim <= last && !dims.empty() ? view.channels : view.inner) *= shape[dim];
  return view;
}

int32_t ChosenWeight::quantize(int64_t element, float value) const {
  return numerics::quantize(value, getScale(element), 0, bounds.qmin, bounds.qmax);
}

/// Calls `visit(element, integer, scale)` with quantize_c1 of each value of [begin, end), as a float.
template <typename Fn> void ChosenWeight::forEachInteger(int64_t begin, int64_t end, Fn visit) const {
  // Added to and subtracted from a float of magnitude below 2^22, it leaves the nearest integer, ties to even. Clamping
  // to integers before that is the same as after it, and the values are finite.
  constexpr float kRounder = 12582912.0f;
  const float least = bounds.qmin, greatest = bounds.qmax;
  for (int64_t element = begin; element < end;) {
    const float scale = getScale(element);
    for (const int64_t next = std::min(end, (element / view.inner + 1) * view.inner); element < next; ++element) {
      const float q = std::min(std::max(values[element] / scale, least), greatest);
      visit(element, (q + kRounder) - kRounder, scale);
    }
  }
}

std::vector<int8_t> ChosenWeight::getIntegers() const {
  std::vector<int8_t> integers(values.size());
  forEachInteger(0, values.size(),
                 [&](int64_t element, float integer, float) { integers[element] = static_cast<int8_t>(integer); });
  return integers;
}

std::vector<float> ChosenWeight::getRounded() const {
  std::vector<float> rounded(values.size());
  getRounded(0, rounded);
  return rounded;
}

void ChosenWeight::getRounded(int64_t begin, MutableArrayRef<float> rounded) const {
  forEachInteger(begin, begin + rounded.size(),
                 [&](int64_t element, float integer, float scale) { rounded[element - begin] = integer * scale; });
}

/// The elements of a constant; refers to its contents where they are floats one by one.
static bool readValues(Value constant, ChosenWeight &weight) {
  ElementsAttr attr = getConstantElements(constant);
  if (!attr || !attr.getElementType().isF32())
    return false;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob()) {
      ArrayRef<char> data = blob->getData();
      if (data.size() == attr.getNumElements() * sizeof(float) &&
          reinterpret_cast<uintptr_t>(data.data()) % alignof(float) == 0) {
        weight.values = {reinterpret_cast<const float *>(data.data()), data.size() / sizeof(float)};
        return true;
      }
    }
  std::optional<std::vector<float>> values = readConstant<float>(constant);
  if (!values)
    return false;
  weight.owner = std::make_shared<const std::vector<float>>(std::move(*values));
  weight.values = *weight.owner;
  return true;
}

/// The integers that a contraction's weight may take: those of its `qnn.precision`, or else of the scheme.
static numerics::StorageBounds getWeightBounds(Operation *contraction, const QuantizationScheme &scheme) {
  int64_t bits = scheme.weightBits;
  if (std::optional<Precision> precision = getStatedPrecision(contraction))
    bits = *precision == Precision::I4 ? 4 : 8;
  return bits == 4 ? numerics::kS4Narrow : numerics::kS8Narrow;
}

/// The dimensions of the root's result that its output channels are, in the weight's order, and their extents.
static AffineMap getChannelMap(Operation *root, const QuantRule &rule, SmallVectorImpl<int64_t> &shape) {
  auto type = cast<RankedTensorType>(root->getResult(0).getType());
  MLIRContext *context = root->getContext();
  SmallVector<AffineExpr> dims;
  for (int64_t loop : rule.getWeightChannelLoops()) {
    unsigned dim = *rule.maps.back().getResultPosition(getAffineDimExpr(loop, context));
    dims.push_back(getAffineDimExpr(dim, context));
    shape.push_back(type.getDimSize(dim));
  }
  return AffineMap::get(type.getRank(), 0, dims, context);
}

/// Whether the scalar computation uses its input `value` only to add its input `addend`.
static bool addsTo(QuantizableOpInterface op, const QuantRule &rule, unsigned value, unsigned addend) {
  Block block;
  OpBuilder builder(op.getContext());
  builder.setInsertionPointToStart(&block);
  SmallVector<Value> scalars;
  for (OpOperand *input : rule.inputs)
    scalars.push_back(block.addArgument(getElementTypeOrSelf(input->get().getType()), op.getLoc()));
  op.cloneScalarBody(builder, scalars);
  if (!scalars[value].hasOneUse() || !scalars[addend].hasOneUse())
    return false;
  auto sum = dyn_cast<arith::AddFOp>(*scalars[value].user_begin());
  return sum && *scalars[addend].user_begin() == sum;
}

OpOperand *qnn::findBias(const QuantizedChain &chain) {
  QuantRule root = getQuantRule(chain.root);
  if (!root.weight || chain.epilogue.empty())
    return nullptr;
  auto op = dyn_cast<QuantizableOpInterface>(chain.epilogue.front());
  QuantRule rule = getQuantRule(chain.epilogue.front());
  Value result = chain.root->getResult(0);
  if (!op || rule.role != QuantRole::Elementwise || !result.hasOneUse())
    return nullptr;
  SmallVector<int64_t> shape;
  AffineMap channels = getChannelMap(chain.root, root, shape);
  for (auto [i, input] : llvm::enumerate(rule.inputs)) {
    if (input->get() != result)
      continue;
    for (auto [j, other] : llvm::enumerate(rule.inputs)) {
      auto type = dyn_cast<RankedTensorType>(other->get().getType());
      if (i == j || !type || !type.getElementType().isF32() || !getConstantElements(other->get()) ||
          !addsTo(op, rule, i, j))
        continue;
      // Extents of 1 are no matter.
      auto withoutUnits = [&](AffineMap map, ArrayRef<int64_t> extents) {
        SmallVector<AffineExpr> exprs;
        for (auto [expr, extent] : llvm::zip_equal(map.getResults(), extents))
          if (extent != 1)
            exprs.push_back(expr);
        return exprs;
      };
      if (withoutUnits(rule.maps[j], type.getShape()) == withoutUnits(channels, shape))
        return other;
    }
  }
  return nullptr;
}

/// Of each channel, or of all if they share a scale; not finite if an element is not. Asked for each trial of a model,
/// so compared as bits: magnitudes are in the order of their bits, with infinity and NaN above all else.
static std::vector<float> getLargestMagnitudes(const ChosenWeight &weight) {
  std::vector<int32_t> largest(weight.view.channels, 0);
  const float *next = weight.values.data();
  for (int64_t outer = 0; outer < weight.view.outer; ++outer)
    for (int32_t &limit : largest) {
      int32_t bits = limit;
      for (int64_t i = 0; i < weight.view.inner; ++i)
        bits = std::max(bits, llvm::bit_cast<int32_t>(next[i]) & 0x7fffffff);
      limit = bits;
      next += weight.view.inner;
    }
  if (!weight.perChannel)
    largest = {largest.empty() ? 0 : *llvm::max_element(largest)};
  std::vector<float> magnitudes;
  for (int32_t bits : largest)
    magnitudes.push_back(llvm::bit_cast<float>(bits));
  return magnitudes;
}

ChosenChain qnn::chooseChain(const QuantizedChain &chain, const llvm::DenseMap<Value, StatedRange> &ranges,
                             const QuantizationScheme &scheme) {
  ChosenChain result;
  QuantRule rule = getQuantRule(chain.root);
  if (!rule.weight)
    return result;
  ChosenWeight weight;
  weight.operand = rule.weight;
  Value value = rule.weight->get();
  if (!readValues(value, weight)) {
    result.reason = "its weight is not a constant that can be read";
    return result;
  }
  weight.view = getWeightView(rule, cast<RankedTensorType>(value.getType()).getShape());
  weight.perChannel = scheme.weightScheme == WeightScheme::PerChannel;
  weight.bounds = getWeightBounds(chain.root, scheme);
  std::vector<float> limits = getLargestMagnitudes(weight);
  if (!llvm::all_of(limits, [](float limit) { return std::isfinite(limit); })) {
    result.reason = "its weight holds a value that is not finite";
    return result;
  }
  if (auto stated = ranges.find(value); stated != ranges.end()) {
    std::vector<float> bounds;
    for (auto [lo, hi] : llvm::zip_equal(stated->second.lo, stated->second.hi))
      bounds.push_back(std::max(std::fabs(lo), std::fabs(hi)));
    if (bounds.size() == limits.size())
      limits = std::move(bounds);
    else
      limits.assign(limits.size(), *llvm::max_element(bounds));
  }
  for (float limit : limits)
    weight.scales.push_back(numerics::symmetricParams(-limit, limit, weight.bounds).scale);
  result.weight = std::move(weight);
  result.biasMap = getChannelMap(chain.root, rule, result.biasShape);
  result.bias = findBias(chain);
  if (result.bias) {
    QuantRule addition = getQuantRule(result.bias->getOwner());
    result.biasMap = addition.maps[llvm::find(addition.inputs, result.bias) - addition.inputs.begin()];
    ArrayRef<int64_t> shape = cast<RankedTensorType>(result.bias->get().getType()).getShape();
    result.biasShape.assign(shape.begin(), shape.end());
  }
  return result;
}

FailureOr<ChosenGroups> qnn::chooseGroups(const QuantizedEdges &edges, const llvm::DenseMap<Value, StatedRange> &ranges,
                                          const QuantizationScheme &scheme) {
  ChosenGroups result;
  std::vector<numerics::Range> &groups = result.ranges;
  groups.resize(edges.numGroups);
  bool complete = true;
  for (const QuantizedEdge &edge : edges.edges) {
    auto it = ranges.find(edge.value);
    if (it == ranges.end()) {
      InFlightDiagnostic diag = emitError(edge.value.getLoc(), "edge '") << edge.name << "' has no range";
      diag.attachNote() << "ranges are stated by --qnn-annotate-ranges, from a table that --calibrate makes";
      complete = false;
      continue;
    }
    for (auto [lo, hi] : llvm::zip_equal(it->second.lo, it->second.hi)) {
      groups[edge.group].include(lo);
      groups[edge.group].include(hi);
    }
  }
  for (const QuantizedEdge &edge : edges.constants)
    if (std::optional<std::vector<float>> values = readConstant<float>(edge.value))
      for (float value : *values)
        if (std::isfinite(value))
          groups[edge.group].include(value);
  for (auto [group, value] : edges.padding)
    groups[group].include(value);
  if (!complete)
    return failure();
  for (auto [range, bits] : llvm::zip_equal(groups, edges.groupBits))
    result.params.push_back(getEdgeParams(range, scheme, bits));
  return result;
}

FailureOr<ChosenParams> qnn::chooseParams(FunctionOpInterface function, const QuantizationScheme &scheme,
                                          const QuantizedEdgesOptions &options) {
  ChosenParams result;
  result.ranges = stripRanges(function);
  result.edges = getQuantizedEdges(function, options);
  FailureOr<ChosenGroups> groups = chooseGroups(result.edges, result.ranges, scheme);
  if (failed(groups))
    return failure();
  result.groupRanges = std::move(groups->ranges);
  result.groups = std::move(groups->params);
  for (const QuantizedChain &chain : result.edges.chains)
    result.chains.push_back(chooseChain(chain, result.ranges, scheme));
  return result;
}
