//===- QuantizedEdges.cpp - Which values are quantized, decided once for Calibrate and InsertQdq ------------------===//
#include "quant-opt/Analysis/QuantizedEdges.h"

#include "quant-opt/Analysis/RoundFunctions.h"
#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Support/Locations.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"
#include <map>

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// The longest part of a chain that a value used more than once may span before its uses meet again.
constexpr unsigned kMaxSpan = 16;

/// How many values each result of a sum must stand for, so that averaging takes away what rounding them costs: a
/// quarter of an edge's noise is left.
constexpr int64_t kMinSummed = 16;

bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getElementType().isF32();
}

class EdgeFinder {
public:
  EdgeFinder(FunctionOpInterface function, const QuantizedEdgesOptions &options)
      : function(function), options(options) {}

  QuantizedEdges run();

private:
  void nameValues();
  void makeChains();
  void makeChain(Operation *root, QuantRole role);
  SmallVector<Operation *> getNextSpan(Value value);
  bool isCostlyFunction(Value value, ArrayRef<Operation *> span);
  bool canFollow(Operation *op, const SetVector<Value> &chainValues);
  bool isExcluded(const QuantizedChain &chain);
  SmallVector<Value> getOperands(const QuantizedChain &chain);

  void demandOperands(unsigned chain);
  bool staysFloat(Value value, std::optional<unsigned> except = std::nullopt);
  bool demandSideOperands();
  bool sumsMany(const QuantizedChain &chain);
  bool isMadeForSum(Value value, unsigned sum);
  bool demandSums();
  void demand(Value value);
  void propagate();
  bool canBeEdge(Value value);

  QuantizedEdges collect();
  void collectWidths(QuantizedEdges &result, llvm::function_ref<unsigned(Value)> getGroup);
  std::string getFloatReason(const QuantizedChain &chain);
  void collectFloatOps(QuantizedEdges &result);

  FunctionOpInterface function;
  const QuantizedEdgesOptions &options;
  SmallVector<Operation *> ops;
  DenseMap<Operation *, unsigned> order;
  DenseMap<Operation *, QuantRule> rules;
  DenseMap<Value, std::string> names;

  std::vector<QuantizedChain> chains;
  DenseMap<Operation *, unsigned> chainOf; // every operation of a chain
  DenseMap<Value, unsigned> chainByResult;
  llvm::SmallSetVector<unsigned, 16> integerChains;
  llvm::SetVector<Value> demanded;
  SmallVector<Value> worklist;
  SmallVector<unsigned> undecided; // elementwise chains whose result is demanded
  /// What epilogues read beside the chain's own value, element by element.
  llvm::SetVector<Value> sideOperands;
  llvm::EquivalenceClasses<void *> groups;
};

/// The last operation that a node made bears the node's name, so that the name means the node's output; earlier ones
/// get a number. Numbers do not depend on which values are quantized.
void EdgeFinder::nameValues() {
  llvm::StringMap<unsigned> seen;
  auto take = [&](Value value, std::string base) {
    unsigned count = seen[base]++;
    while (count != 0 && seen.count(base + "#" + std::to_string(count)))
      count = seen[base]++;
    std::string name = count == 0 ? base : base + "#" + std::to_string(count);
    if (count != 0)
      seen[name]++;
    names[value] = name;
  };
  for (BlockArgument arg : function.getArguments()) {
    auto attr = function.getArgAttrOfType<StringAttr>(arg.getArgNumber(), "qnn.name");
    take(arg, attr && !attr.empty() ? attr.str() : "arg" + std::to_string(arg.getArgNumber()));
  }
  for (Operation *op : llvm::reverse(ops))
    for (Value result : op->getResults())
      if (isFloatTensor(result.getType())) {
        std::string node = getNodeName(op->getLoc());
        take(result, node.empty() ? op->getName().getStringRef().str() : node);
      }
}

/// An elementwise operation that reads the chain's values element by element can join it.
bool EdgeFinder::canFollow(Operation *op, const SetVector<Value> &chainValues) {
  auto it = rules.find(op);
  if (it == rules.end() || it->second.role != QuantRole::Elementwise || chainOf.count(op))
    return false;
  const QuantRule &rule = it->second;
  for (auto [operand, map] : llvm::zip(rule.inputs, rule.maps))
    if (chainValues.contains(operand->get()) && !map.isIdentity())
      return false;
  return true;
}

/// The shortest run of operations after `value` that uses it up and leaves one value; empty if there is none.
SmallVector<Operation *> EdgeFinder::getNextSpan(Value value) {
  SmallVector<Operation *> span;
  SetVector<Value> values;
  values.insert(value);
  std::map<unsigned, Operation *> next;
  auto addUsers = [&](Value v) {
    for (Operation *user : v.getUsers()) {
      auto it = order.find(user);
      if (it == order.end())
        return false; // A use in a nested region.
      next[it->second] = user;
    }
    return true;
  };
  if (!addUsers(value))
    return {};
  while (!next.empty() && span.size() < kMaxSpan) {
    Operation *op = next.begin()->second;
    next.erase(next.begin());
    if (!canFollow(op, values))
      return {};
    span.push_back(op);
    Value result = op->getResult(0);
    values.insert(result);
    if (!addUsers(result))
      return {};
    bool closed = llvm::all_of(values, [&](Value v) {
      return v == result || llvm::all_of(v.getUsers(), [&](Operation *user) { return llvm::is_contained(span, user); });
    });
    if (closed)
      return span;
  }
  return {};
}

/// Whether the operations compute a function of `value` alone that takes elementary functions or divisions.
bool EdgeFinder::isCostlyFunction(Value value, ArrayRef<Operation *> span) {
  bool isCostly = false;
  for (Operation *op : span) {
    for (OpOperand *operand : rules[op].activations) {
      Operation *producer = operand->get().getDefiningOp();
      if (operand->get() != value && !(producer && llvm::is_contained(span, producer)))
        return false;
    }
    op->walk([&](Operation *inner) {
      isCostly |= isa_and_nonnull<math::MathDialect>(inner->getDialect()) || isa<arith::DivFOp>(inner);
    });
  }
  return isCostly;
}

void EdgeFinder::makeChain(Operation *root, QuantRole role) {
  QuantizedChain chain{root, role, {}, root->getResult(0)};
  unsigned index = chains.size();
  chainOf[root] = index;
  bool endsAtFunctions = role == QuantRole::Contraction && function->hasAttr(kRoundFunctionsAttr);
  for (SmallVector<Operation *> span = getNextSpan(chain.result); !span.empty(); span = getNextSpan(chain.result)) {
    if (endsAtFunctions && isCostlyFunction(chain.result, span))
      break;
    for (Operation *op : span)
      chainOf[op] = index;
    chain.epilogue.append(span.begin(), span.end());
    chain.result = span.back()->getResult(0);
  }
  chainByResult[chain.result] = index;
  chains.push_back(std::move(chain));
}

/// Of two contractions that meet in an addition the later one owns it, because the earlier one's result exists by then.
void EdgeFinder::makeChains() {
  for (QuantRole role : {QuantRole::Contraction, QuantRole::LinearReduction})
    for (Operation *op : llvm::reverse(ops))
      if (rules[op].role == role)
        makeChain(op, role);
  for (Operation *op : ops)
    if (rules[op].role == QuantRole::Elementwise && !chainOf.count(op))
      makeChain(op, QuantRole::Elementwise);
}

bool EdgeFinder::isExcluded(const QuantizedChain &chain) {
  if (isFloat(getPrecision(chain.root)))
    return true;
  if (options.exclude.empty())
    return false;
  return options.exclude.contains(getNodeName(chain.root->getLoc())) ||
         llvm::any_of(chain.epilogue,
                      [&](Operation *op) { return options.exclude.contains(getNodeName(op->getLoc())); });
}

/// What the chain reads from outside itself.
SmallVector<Value> EdgeFinder::getOperands(const QuantizedChain &chain) {
  SmallVector<Value> operands;
  auto add = [&](Operation *op) {
    for (OpOperand *operand : rules[op].activations) {
      Operation *producer = operand->get().getDefiningOp();
      bool isInside = producer && (producer == chain.root || llvm::is_contained(chain.epilogue, producer));
      if (!isInside)
        operands.push_back(operand->get());
    }
  };
  add(chain.root);
  for (Operation *op : chain.epilogue)
    add(op);
  return operands;
}

/// The operands of a sum must be quantized. What its epilogue reads besides need not be: what is broadcast there is
/// small and stays f32 unless something else quantizes it, the rest is decided last.
void EdgeFinder::demandOperands(unsigned chain) {
  if (!integerChains.insert(chain))
    return;
  const QuantizedChain &current = chains[chain];
  if (current.role == QuantRole::Elementwise) {
    for (Value operand : getOperands(current))
      worklist.push_back(operand);
    return;
  }
  for (OpOperand *operand : rules[current.root].activations)
    worklist.push_back(operand->get());
  for (Operation *op : current.epilogue)
    for (auto [operand, map] : llvm::zip(rules[op].inputs, rules[op].maps)) {
      Value value = operand->get();
      bool isInside = chainOf.lookup_or(value.getDefiningOp(), ~0u) == chain;
      if (!isInside && map.isIdentity() && llvm::is_contained(rules[op].activations, operand))
        sideOperands.insert(value);
    }
}

/// Whether an operation that computes in f32 reads `value`, or the model returns it, so that it must be there in f32.
/// The chain `except` does not count.
bool EdgeFinder::staysFloat(Value value, std::optional<unsigned> except) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    if (auto it = chainOf.find(user); it != chainOf.end())
      return it->second != except && !integerChains.contains(it->second);
    auto it = rules.find(user);
    if (it == rules.end() || it->second.role != QuantRole::ValuePreserving)
      return true;
    Value moved = user->getResult(0);
    return !demanded.contains(moved) && staysFloat(moved, except);
  });
}

/// Reading f32 that exists anyway is exact and costs no more than to write and read bytes beside it: the stream between
/// the blocks of a transformer, which normalization reads. A skip that only sums read is a byte.
bool EdgeFinder::demandSideOperands() {
  for (Value operand : sideOperands)
    if (!demanded.contains(operand) && !staysFloat(operand))
      worklist.push_back(operand);
  return !worklist.empty();
}

bool EdgeFinder::sumsMany(const QuantizedChain &chain) {
  auto getSize = [](Value value) { return cast<RankedTensorType>(value.getType()).getNumElements(); };
  return getSize(rules[chain.root].activations.front()->get()) >= kMinSummed * getSize(chain.root->getResult(0));
}

/// Whether `value` is made of what contractions write and nothing but `sum` reads in f32, so that the contractions can
/// write bytes instead.
bool EdgeFinder::isMadeForSum(Value value, unsigned sum) {
  if (isConstantValue(value))
    return true;
  Operation *producer = value.getDefiningOp();
  if (!producer || staysFloat(value, sum))
    return false;
  if (auto it = chainByResult.find(value); it != chainByResult.end())
    return integerChains.contains(it->second) &&
           (chains[it->second].role == QuantRole::Contraction || demanded.contains(value));
  const QuantRule &rule = rules[producer];
  return rule.role == QuantRole::ValuePreserving &&
         llvm::all_of(rule.activations, [&](OpOperand *operand) { return isMadeForSum(operand->get(), sum); });
}

/// A sum whose result is read in f32, such as a mean at the end of a model, reads bytes where the values that it sums
/// exist for it alone. Those of a normalization or a softmax are read in f32 by others too.
bool EdgeFinder::demandSums() {
  for (unsigned i = 0, e = chains.size(); i != e; ++i)
    if (chains[i].role == QuantRole::LinearReduction && !integerChains.contains(i) && !isExcluded(chains[i]) &&
        sumsMany(chains[i]) && isMadeForSum(rules[chains[i].root].activations.front()->get(), i))
      demandOperands(i);
  return !worklist.empty();
}

void EdgeFinder::demand(Value value) {
  if (!demanded.insert(value))
    return;
  groups.insert(value.getAsOpaquePointer());
  Operation *producer = value.getDefiningOp();
  if (!producer || producer->hasTrait<OpTrait::ConstantLike>())
    return;
  if (auto it = chainByResult.find(value); it != chainByResult.end()) {
    const QuantizedChain &chain = chains[it->second];
    if (isExcluded(chain))
      return;
    if (chain.role == QuantRole::LinearReduction)
      demandOperands(it->second);
    else if (chain.role == QuantRole::Elementwise)
      undecided.push_back(it->second);
    return;
  }
  const QuantRule &rule = rules[producer];
  if (rule.role != QuantRole::ValuePreserving)
    return;
  for (OpOperand *operand : rule.activations) {
    worklist.push_back(operand->get());
    groups.unionSets(value.getAsOpaquePointer(), operand->get().getAsOpaquePointer());
  }
}

/// Whether quantizing `value` would cost nothing that is float now: it is quantized anyway, or comes out of a
/// contraction's epilogue. Sums count only when they feed a quantized operation themselves, which keeps softmax and
/// layer normalization whole.
bool EdgeFinder::canBeEdge(Value value) {
  if (demanded.contains(value) || isConstantValue(value))
    return true;
  Operation *producer = value.getDefiningOp();
  if (!producer)
    return false;
  if (auto it = chainByResult.find(value); it != chainByResult.end()) {
    const QuantizedChain &chain = chains[it->second];
    if (isExcluded(chain))
      return false;
    if (chain.role == QuantRole::Contraction)
      return true;
    return chain.role == QuantRole::Elementwise &&
           llvm::all_of(getOperands(chain), [&](Value operand) { return canBeEdge(operand); });
  }
  const QuantRule &rule = rules[producer];
  return rule.role == QuantRole::ValuePreserving &&
         llvm::all_of(rule.activations, [&](OpOperand *operand) { return canBeEdge(operand->get()); });
}

void EdgeFinder::propagate() {
  for (unsigned i = 0, e = chains.size(); i != e; ++i)
    if (chains[i].role == QuantRole::Contraction && !isExcluded(chains[i]))
      demandOperands(i);
  while (true) {
    while (!worklist.empty())
      demand(worklist.pop_back_val());
    bool changed = false;
    for (unsigned &chain : undecided) {
      // A result that must be there in f32 as well is computed in f32, from operands that no rounding has touched.
      if (chain == ~0u || staysFloat(chains[chain].result) ||
          !llvm::all_of(getOperands(chains[chain]), [&](Value v) { return canBeEdge(v); }))
        continue;
      demandOperands(chain);
      chain = ~0u;
      changed = true;
    }
    if (!changed && !demandSideOperands() && !demandSums())
      return;
  }
}

std::string EdgeFinder::getFloatReason(const QuantizedChain &chain) {
  Precision precision = getPrecision(chain.root);
  if (isFloat(precision))
    return "its precision was set to " + getPrecisionName(precision).str();
  if (isExcluded(chain))
    return "it is excluded by name";
  if (demanded.contains(chain.result))
    return staysFloat(chain.result) ? "its result is read in f32 as well" : "not all of its operands are quantized";
  if (chain.role != QuantRole::LinearReduction)
    return "its result feeds no contraction";
  return sumsMany(chain) ? "its result feeds no contraction, and what it sums is not made by contractions for it alone"
                         : "its result feeds no contraction, and it sums too few values";
}

void EdgeFinder::collectFloatOps(QuantizedEdges &result) {
  for (Operation *op : ops) {
    const QuantRule &rule = rules[op];
    if (rule.isFloat()) {
      if (!rule.reason.empty())
        result.floatOps.push_back({op, rule.reason});
      continue;
    }
    auto it = chainOf.find(op);
    if (it == chainOf.end() || chains[it->second].root != op || integerChains.contains(it->second))
      continue;
    result.floatOps.push_back({op, getFloatReason(chains[it->second])});
  }
}

/// Which groups hold 16 bits, and who reads them in 8.
void EdgeFinder::collectWidths(QuantizedEdges &result, llvm::function_ref<unsigned(Value)> getGroup) {
  std::vector<bool> isReadWide(result.numGroups), isReadNarrow(result.numGroups), isMadeWide(result.numGroups);
  std::vector<std::pair<OpOperand *, unsigned>> narrow;
  for (unsigned number : integerChains) {
    const QuantizedChain &chain = chains[number];
    if (chain.role != QuantRole::Contraction)
      continue;
    bool isWide = getPrecision(chain.root) == Precision::I16;
    for (OpOperand *operand : rules[chain.root].activations) {
      if (!demanded.contains(operand->get()))
        continue;
      unsigned group = getGroup(operand->get());
      if (group >= result.numGroups)
        continue; // Of constants alone.
      (isWide ? isReadWide : isReadNarrow)[group] = true;
      if (!isWide)
        narrow.push_back({operand, group});
    }
    if (isWide && demanded.contains(chain.result) && getGroup(chain.result) < result.numGroups)
      isMadeWide[getGroup(chain.result)] = true;
  }
  for (unsigned group = 0; group != result.numGroups; ++group)
    result.groupBits.push_back(isReadWide[group] || (isMadeWide[group] && !isReadNarrow[group]) ? 16 : 8);
  for (auto [operand, group] : narrow)
    if (result.groupBits[group] == 16)
      result.narrowReads.push_back({operand, group});
}

QuantizedEdges EdgeFinder::collect() {
  QuantizedEdges result;
  llvm::MapVector<void *, unsigned> groupNumbers;
  auto getGroup = [&](Value value) {
    return groupNumbers.insert({groups.getLeaderValue(value.getAsOpaquePointer()), groupNumbers.size()}).first->second;
  };
  auto addIfEdge = [&](Value value) {
    if (!demanded.contains(value))
      return;
    Operation *producer = value.getDefiningOp();
    if (producer && isConstantValue(value)) {
      // Of value-preserving operations on constants, only the constants themselves.
      if (producer->hasTrait<OpTrait::ConstantLike>())
        result.constants.push_back({value, names[value], getGroup(value), std::nullopt});
      return;
    }
    if (producer && rules[producer].role == QuantRole::ValuePreserving) {
      if (std::optional<float> padding = rules[producer].padding)
        result.padding.push_back({getGroup(value), *padding});
      return;
    }
    result.edges.push_back({value, names[value], getGroup(value), std::nullopt});
  };
  for (BlockArgument arg : function.getArguments())
    addIfEdge(arg);
  for (Operation *op : ops)
    for (Value value : op->getResults())
      addIfEdge(value);
  result.numGroups = groupNumbers.size();
  collectWidths(result, getGroup);

  SmallVector<unsigned> sorted(integerChains.begin(), integerChains.end());
  llvm::sort(sorted, [&](unsigned a, unsigned b) { return order[chains[a].root] < order[chains[b].root]; });
  for (unsigned chain : sorted)
    result.chains.push_back(chains[chain]);
  collectFloatOps(result);
  return result;
}

QuantizedEdges EdgeFinder::run() {
  for (Block &block : function.getFunctionBody())
    for (Operation &op : block) {
      order[&op] = ops.size();
      ops.push_back(&op);
      rules[&op] = getQuantRule(&op);
    }
  nameValues();
  makeChains();
  propagate();
  return collect();
}

} // namespace

QuantizedEdges qnn::getQuantizedEdges(FunctionOpInterface function, const QuantizedEdgesOptions &options) {
  return EdgeFinder(function, options).run();
}
