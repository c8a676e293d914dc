//===- ScaleClasses.cpp - Which elements of a model must be multiplied by one factor ------------------------------===//
#include "ScaleClasses.h"
#include "SignedUnionFind.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getElementType().isF32() && tensor.hasStaticShape();
}

ArrayRef<int64_t> getShape(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

/// The elements of a constant, also behind operations that only move them.
std::optional<std::vector<float>> readThroughMoves(Value value) {
  if (std::optional<std::vector<float>> values = readConstant<float>(value))
    return values;
  auto op = value.getDefiningOp<QuantizableOpInterface>();
  if (!op)
    return std::nullopt;
  std::optional<std::vector<int64_t>> sources = op.getElementSources();
  QuantRule rule = op.getQuantRule();
  if (!sources || rule.activations.size() != 1)
    return std::nullopt;
  std::optional<std::vector<float>> moved = readThroughMoves(rule.activations.front()->get());
  if (!moved)
    return std::nullopt;
  std::vector<float> values;
  for (int64_t source : *sources)
    values.push_back((*moved)[source]);
  return values;
}

/// The same without a copy where the constant holds its elements as they are; who owns them otherwise.
std::optional<std::pair<ArrayRef<float>, std::shared_ptr<const std::vector<float>>>> viewThroughMoves(Value value) {
  if (auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(getConstantElements(value)))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob(); blob && resource.getElementType().isF32()) {
      const ArrayRef<char> data = blob->getData();
      if (data.size() == resource.getNumElements() * sizeof(float) &&
          reinterpret_cast<uintptr_t>(data.data()) % alignof(float) == 0)
        return std::make_pair(
            ArrayRef<float>(reinterpret_cast<const float *>(data.data()), data.size() / sizeof(float)), nullptr);
    }
  std::optional<std::vector<float>> values = readThroughMoves(value);
  if (!values)
    return std::nullopt;
  auto owner = std::make_shared<const std::vector<float>>(std::move(*values));
  const ArrayRef<float> view = *owner;
  return std::make_pair(view, std::move(owner));
}

/// Visits the elements of a tensor of `shape`, in row-major order, with the position that the same indices have when
/// the indices along all but the dimensions `kept` are zero.
void forEachProjected(ArrayRef<int64_t> shape, ArrayRef<int64_t> keptStrides,
                      llvm::function_ref<void(int64_t, int64_t)> visit) {
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t projected = 0;
  for (int64_t i = 0, e = ShapedType::getNumElements(shape); i < e; ++i) {
    visit(i, projected);
    for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
      projected += keptStrides[dim];
      if (++index[dim] < shape[dim])
        break;
      projected -= shape[dim] * keptStrides[dim];
      index[dim] = 0;
    }
  }
}

/// Remembers the classes of the last leaders that were asked for. Rows of a tensor ask for the same ones again and
/// again.
class RecentClasses {
public:
  template <typename Fn> ScaleClass get(uint64_t key, Fn compute) {
    auto &[known, value] = entries[key % kEntries];
    if (known != key) {
      value = compute();
      known = key;
    }
    return value;
  }

private:
  static constexpr size_t kEntries = 4096;
  std::vector<std::pair<uint64_t, ScaleClass>> entries{kEntries, {~uint64_t(0), 0}};
};

class ClassFinder {
public:
  ClassFinder(FunctionOpInterface function, const ScaleClassesOptions &options) : function(function), options(options) {
    int64_t elements = 1;
    auto count = [&](Value value) {
      if (isFloatTensor(value.getType()) && !isConstantValue(value))
        elements += ShapedType::getNumElements(getShape(value));
    };
    llvm::for_each(function.getArguments(), count);
    function->walk([&](Operation *op) { llvm::for_each(op->getResults(), count); });
    nodes.reserve(elements);
    nodes.add(1);
  }

  ScaleClasses run() {
    for (BlockArgument argument : function.getArguments())
      fix(argument);
    for (Block &block : function.getFunctionBody())
      for (Operation &op : block)
        visit(&op);
    // Last, because what else is known of the three tensors of a product decides which of them take factors.
    for (auto &[op, rule] : products)
      visitProduct(op, rule);
    numberClasses();
    return std::move(result);
  }

private:
  /// The first node of a value's elements.
  uint32_t getNodes(Value value) {
    auto [it, isNew] = valueNodes.try_emplace(value, 0);
    if (isNew) {
      it->second = nodes.add(ShapedType::getNumElements(getShape(value)));
      values.push_back(value);
    }
    return it->second;
  }

  /// The same of an operand; of a constant each use has nodes of its own, because each can be multiplied by itself.
  uint32_t getNodes(OpOperand &operand) {
    if (!isConstantValue(operand.get()))
      return getNodes(operand.get());
    auto [it, isNew] = constantNodes.try_emplace(&operand, 0);
    if (!isNew)
      return it->second;
    int64_t count = ShapedType::getNumElements(getShape(operand.get()));
    uint32_t first = it->second = nodes.add(count);
    std::optional<std::vector<float>> numbers = readThroughMoves(operand.get());
    if (!numbers)
      fixRange(first, count);
    else
      result.offsets.push_back({&operand, std::move(*numbers), {}});
    return first;
  }

  void fixRange(uint32_t first, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      nodes.join(kFixed, first + i);
  }

  void fix(Value value) {
    if (isFloatTensor(value.getType()) && !isConstantValue(value))
      fixRange(getNodes(value), ShapedType::getNumElements(getShape(value)));
  }

  /// Keeps everything that `op` reads and makes.
  void fixAround(Operation *op, const QuantRule &rule, StringRef reason) {
    bool isMoving = llvm::any_of(rule.activations, [](OpOperand *operand) { return !isConstantValue(operand->get()); });
    if (!reason.empty() && (isMoving || rule.isFloat()))
      result.barriers.push_back({op, reason.str()});
    op->walk([&](Operation *nested) {
      for (Value operand : nested->getOperands())
        fix(operand);
    });
    for (Value made : op->getResults())
      fix(made);
  }

  void visit(Operation *op) {
    QuantRule rule = getQuantRule(op);
    switch (rule.role) {
    case QuantRole::Float:
      return fixAround(op, rule, rule.reason);
    case QuantRole::Contraction:
      return visitContraction(op, rule);
    case QuantRole::LinearReduction:
    case QuantRole::ValuePreserving:
      return visitMove(op, rule);
    case QuantRole::Elementwise:
      return visitElementwise(op, rule);
    }
  }

  /// Strides of the dimensions of a contraction's operand that a loop of the weight walks alone, zero for the others.
  /// Those tie: one element of the weight meets all elements along them.
  SmallVector<int64_t> getOwnStrides(AffineMap map, AffineMap weightMap, ArrayRef<int64_t> shape) {
    SmallVector<int64_t> strides(shape.size(), 0);
    int64_t stride = 1;
    for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
      auto loop = dyn_cast<AffineDimExpr>(map.getResult(dim));
      if (loop && weightMap.isFunctionOfDim(loop.getPosition()))
        strides[dim] = stride;
      stride *= shape[dim];
    }
    return strides;
  }

  /// For each element of the weight, the node of what it meets in `operand`.
  ClassMap tieToWeight(uint32_t first, ArrayRef<int64_t> shape, AffineMap map, AffineMap weightMap,
                       ArrayRef<int64_t> weightShape) {
    SmallVector<int64_t> strides = getOwnStrides(map, weightMap, shape);
    forEachProjected(shape, strides, [&](int64_t element, int64_t own) { nodes.join(first + element, first + own); });
    SmallVector<int64_t> keptShape, keptStrides;
    llvm::SmallBitVector kept(weightShape.size());
    for (auto [dim, expr] : llvm::enumerate(weightMap.getResults())) {
      int64_t stride = 0;
      for (auto [operandDim, operandExpr] : llvm::enumerate(map.getResults()))
        if (operandExpr == expr)
          stride += strides[operandDim];
      if (stride == 0)
        continue;
      kept.set(dim);
      keptShape.push_back(weightShape[dim]);
      keptStrides.push_back(stride);
    }
    std::vector<uint32_t> met;
    forEachProjected(keptShape, keptStrides, [&](int64_t, int64_t own) { met.push_back(first + own); });
    return ClassMap(weightShape, kept, std::move(met));
  }

  void visitContraction(Operation *op, const QuantRule &rule) {
    if (!rule.weight) {
      getNodes(op->getResult(0));
      products.push_back({op, rule});
      return;
    }
    auto numbers = viewThroughMoves(rule.weight->get());
    if (!numbers)
      return fixAround(op, rule, "its weight is not a constant that can be read");
    Value data = rule.activations.front()->get(), made = op->getResult(0);
    AffineMap weightMap = rule.maps[1];
    ArrayRef<int64_t> weightShape = getShape(rule.weight->get());
    ScaledWeight weight{rule.weight, numbers->first, {}, {}, std::move(numbers->second)};
    weight.in = tieToWeight(getNodes(data), getShape(data), rule.maps[0], weightMap, weightShape);
    weight.out = tieToWeight(getNodes(made), getShape(made), rule.maps.back(), weightMap, weightShape);
    result.weights.push_back(std::move(weight));
  }

  bool isFree(Value value) {
    uint32_t first = getNodes(value);
    for (int64_t i = 0, e = ShapedType::getNumElements(getShape(value)); i < e; ++i)
      if (nodes.find(first + i) == kFixed)
        return false;
    return true;
  }

  /// Ties the elements of two of a product's tensors along the loops that both have, and each one's elements along its
  /// other loops.
  void tieAlongShared(const QuantRule &rule, Value a, AffineMap aMap, Value b, AffineMap bMap, bool negated) {
    SmallVector<AffineExpr> loops;
    SmallVector<int64_t> extents;
    for (auto [dim, expr] : llvm::enumerate(aMap.getResults()))
      if (isa<AffineDimExpr>(expr) && llvm::is_contained(bMap.getResults(), expr)) {
        loops.push_back(expr);
        extents.push_back(getShape(a)[dim]);
      }
    AffineMap shared = AffineMap::get(aMap.getNumDims(), 0, loops, function.getContext());
    const ClassMap met = tieToWeight(getNodes(a), getShape(a), aMap, shared, extents);
    ClassMap::forEach(met, tieToWeight(getNodes(b), getShape(b), bMap, shared, extents),
                      [&](int64_t, uint32_t own, uint32_t other) { nodes.join(own, other, negated); });
  }

  /// The product of two activations: one of them gives its factors to the result, or both cancel each other's under the
  /// sum. Whichever is free to move does.
  void visitProduct(Operation *op, const QuantRule &rule) {
    Value lhs = rule.activations[0]->get(), rhs = rule.activations[1]->get(), made = op->getResult(0);
    bool isLhsFree = lhs != rhs && isFree(lhs), isRhsFree = lhs != rhs && isFree(rhs), isMadeFree = isFree(made);
    if (isRhsFree && isMadeFree) {
      fix(lhs);
      tieAlongShared(rule, rhs, rule.maps[1], made, rule.maps.back(), /*negated=*/false);
    } else if (isLhsFree && isMadeFree) {
      fix(rhs);
      tieAlongShared(rule, lhs, rule.maps[0], made, rule.maps.back(), /*negated=*/false);
    } else if (isLhsFree && isRhsFree) {
      fix(made);
      tieAlongShared(rule, lhs, rule.maps[0], rhs, rule.maps[1], /*negated=*/true);
    } else {
      fixAround(op, rule, "it multiplies two activations, of which at most one can take factors");
    }
  }

  /// A constant tensor that multiplies each element of one activation: a weight of one element for each channel.
  void visitMultiplier(Operation *op, const QuantRule &rule, OpOperand *multiplier) {
    unsigned number = llvm::find(rule.inputs, multiplier) - rule.inputs.begin();
    unsigned data = llvm::find(rule.inputs, rule.activations.front()) - rule.inputs.begin();
    auto numbers = viewThroughMoves(multiplier->get());
    if (!numbers)
      return fixAround(op, rule, "its factor is not a constant that can be read");
    Value read = rule.activations.front()->get(), made = op->getResult(0);
    ArrayRef<int64_t> shape = getShape(multiplier->get());
    ScaledWeight weight{multiplier, numbers->first, {}, {}, std::move(numbers->second)};
    weight.in = tieToWeight(getNodes(read), getShape(read), rule.maps[data], rule.maps[number], shape);
    weight.out = tieToWeight(getNodes(made), getShape(made), rule.maps.back(), rule.maps[number], shape);
    result.weights.push_back(std::move(weight));
  }

  void visitMove(Operation *op, const QuantRule &rule) {
    if (rule.padding)
      return fixAround(op, rule, "it pads with a number other than zero");
    Value made = op->getResult(0);
    if (isConstantValue(made))
      return; // Read where it is used.
    SmallVector<uint32_t> firsts;
    for (OpOperand *operand : rule.activations)
      firsts.push_back(getNodes(*operand));
    uint32_t first = getNodes(made);
    bool isKnown =
        cast<QuantizableOpInterface>(op).forEachTie([&](unsigned activation, int64_t source, int64_t element) {
          nodes.join(firsts[activation] + source, first + element);
        });
    if (!isKnown)
      fixAround(op, rule, "which elements it moves depends on data");
  }

  void visitElementwise(Operation *op, const QuantRule &rule) {
    Homogeneity homogeneity = cast<QuantizableOpInterface>(op).getHomogeneity();
    if (!homogeneity.holds())
      return fixAround(op, rule, homogeneity.reason);
    if (homogeneity.multiplier && !isConstantValue(op->getResult(0)))
      return visitMultiplier(op, rule, homogeneity.multiplier);
    if (homogeneity.scalesBody && !options.perChannelBounds)
      return fixAround(op, rule, "its bounds may not become one for each channel");
    Value made = op->getResult(0);
    auto isTied = [&](OpOperand *operand) {
      return llvm::is_contained(rule.activations, operand) || llvm::is_contained(homogeneity.scaled, operand);
    };
    // A result whose elements are those of an operand, one by one, needs no nodes of its own.
    if (!valueNodes.count(made))
      for (auto [operand, map] : llvm::zip(rule.inputs, rule.maps))
        if (isTied(operand) && !llvm::is_contained(homogeneity.invariant, operand) && map.isIdentity() &&
            !isConstantValue(operand->get())) {
          const uint32_t shared = getNodes(operand->get());
          valueNodes[made] = shared;
          break;
        }
    const uint32_t first = getNodes(made);
    for (auto [operand, map] : llvm::zip(rule.inputs, rule.maps)) {
      if (!isTied(operand))
        continue;
      if (llvm::is_contained(homogeneity.invariant, operand)) {
        fix(operand->get());
        continue;
      }
      if (map.isIdentity() && valueNodes.lookup(operand->get()) == first)
        continue;
      uint32_t operandFirst = getNodes(*operand);
      SmallVector<int64_t> strides(getShape(made).size(), 0);
      int64_t stride = 1;
      for (int64_t dim = map.getNumResults() - 1; dim >= 0; --dim) {
        strides[map.getDimPosition(dim)] = stride;
        stride *= getShape(operand->get())[dim];
      }
      forEachProjected(getShape(made), strides,
                       [&](int64_t element, int64_t source) { nodes.join(first + element, operandFirst + source); });
    }
    if (homogeneity.scalesBody)
      result.bodies.push_back({op, {}});
  }

  /// Gives the sets of nodes that weights can reach consecutive numbers in program order, and puts those of one value
  /// into one region.
  void numberClasses() {
    DenseMap<std::pair<uint32_t, unsigned>, ScaleClass> classOf;
    SignedUnionFind regions;
    RecentClasses recent;
    classOf[{kFixed, 0}] = regions.add(1);
    auto number = [&](uint32_t node) {
      bool flip = false;
      const uint32_t leader = nodes.find(node, flip), side = flip && leader != kFixed ? 1 : 0;
      return recent.get(uint64_t(leader) * 2 + side, [&] {
        auto [it, isNew] = classOf.try_emplace({leader, side}, 0);
        if (isNew)
          it->second = regions.add(1);
        return it->second;
      });
    };
    std::vector<Location> begins = {function->getLoc()}; // by class
    std::vector<const void *> seenIn = {nullptr};        // by class, the last value that has elements of it
    for (Value value : values) {
      ScaleClass last = kFixed;
      const uint32_t first = valueNodes[value];
      for (int64_t i = 0, e = ShapedType::getNumElements(getShape(value)); i < e; ++i) {
        ScaleClass current = number(first + i);
        if (current >= begins.size()) {
          begins.resize(current + 1, value.getLoc());
          seenIn.resize(current + 1, nullptr);
        }
        if (current == kFixed || seenIn[current] == value.getAsOpaquePointer())
          continue;
        seenIn[current] = value.getAsOpaquePointer();
        if (last != kFixed)
          regions.join(last, current);
        last = current;
      }
    }
    for (ScaledWeight &weight : result.weights) {
      llvm::transform(weight.in.getClasses(), weight.in.getClasses().begin(), number);
      llvm::transform(weight.out.getClasses(), weight.out.getClasses().begin(), number);
    }
    for (ScaledOffset &offset : result.offsets) {
      uint32_t first = constantNodes[offset.operand];
      for (size_t i = 0; i < offset.values.size(); ++i)
        offset.classes.push_back(number(first + i));
    }
    for (ScaledBody &body : result.bodies) {
      Value made = body.op->getResult(0);
      for (int64_t i = 0, e = ShapedType::getNumElements(getShape(made)); i < e; ++i)
        body.classes.push_back(number(valueNodes[made] + i));
    }
    for (Value value : options.values) {
      std::vector<ScaleClass> &elements = result.elements[value];
      uint32_t first = valueNodes.count(value) ? valueNodes[value] : 0;
      for (int64_t i = 0, e = ShapedType::getNumElements(getShape(value)); i < e; ++i)
        elements.push_back(first ? number(first + i) : kFixed);
    }
    result.inverseOf.assign(classOf.size(), kFixed);
    for (auto [key, own] : classOf)
      if (auto inverse = classOf.find({key.first, 1 - key.second}); inverse != classOf.end()) {
        result.inverseOf[own] = inverse->second;
        regions.join(own, inverse->second);
      }
    DenseMap<uint32_t, uint32_t> regionNumbers;
    for (ScaleClass i = 0; i < classOf.size(); ++i) {
      auto [it, isNew] = regionNumbers.try_emplace(regions.find(i), result.numRegions);
      if (isNew) {
        result.locations.push_back(i < begins.size() ? begins[i] : function->getLoc());
        ++result.numRegions;
      }
      result.regionOf.push_back(it->second);
    }
  }

  FunctionOpInterface function;
  const ScaleClassesOptions &options;
  SignedUnionFind nodes;
  DenseMap<Value, uint32_t> valueNodes;
  DenseMap<OpOperand *, uint32_t> constantNodes;
  std::vector<Value> values; // in program order
  std::vector<std::pair<Operation *, QuantRule>> products;
  ScaleClasses result;
};

} // namespace

ScaleClasses qnn::getScaleClasses(FunctionOpInterface function, const ScaleClassesOptions &options) {
  return ClassFinder(function, options).run();
}
