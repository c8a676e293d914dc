//===- Layers.cpp - The layers of a model, with the words by which users name them --------------------------------===//
#include "quant-opt/Analysis/Layers.h"

#include "quant-opt/Analysis/QuantizedEdges.h"
#include "quant-opt/Analysis/StatedRanges.h"
#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Support/Locations.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OwningOpRef.h"

using namespace mlir;
using namespace mlir::qnn;

ArrayRef<StringRef> qnn::getLayerKinds() {
  static constexpr StringRef kinds[] = {"conv",   "depthwise",    "pointwise", "matmul",
                                        "linear", "batch-matmul", "reduction", "elementwise"};
  return kinds;
}

/// The size of each loop, as the shapes of what it walks along say; 1 where none does.
static SmallVector<int64_t> getLoopSizes(const QuantRule &rule, Operation *op) {
  SmallVector<int64_t> sizes(rule.iterators.size(), 1);
  SmallVector<Value> values;
  for (OpOperand *operand : rule.activations)
    values.push_back(operand->get());
  if (rule.weight)
    values.push_back(rule.weight->get());
  values.append(rule.windows.begin(), rule.windows.end());
  values.push_back(op->getResult(0));
  for (auto [value, map] : llvm::zip(values, rule.maps))
    for (auto [size, expr] : llvm::zip(cast<RankedTensorType>(value.getType()).getShape(), map.getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(expr))
        sizes[loop.getPosition()] = size;
  return sizes;
}

static bool isWalkedBy(AffineMap map, unsigned loop) {
  return llvm::any_of(map.getResults(), [&](AffineExpr expr) { return expr.isFunctionOfDim(loop); });
}

/// Loops of a window: reductions that share an index of the data with another loop.
static SmallVector<unsigned> getWindowLoops(const QuantRule &rule) {
  SmallVector<unsigned> loops;
  AffineMap data = rule.maps.front();
  for (unsigned loop = 0, e = rule.iterators.size(); loop != e; ++loop)
    if (rule.iterators[loop] == utils::IteratorType::reduction && llvm::any_of(data.getResults(), [&](AffineExpr expr) {
          return !isa<AffineDimExpr>(expr) && expr.isFunctionOfDim(loop);
        }))
      loops.push_back(loop);
  return loops;
}

static SmallVector<StringRef, 3> getKinds(const QuantRule &rule, ArrayRef<int64_t> sizes) {
  if (rule.role == QuantRole::LinearReduction)
    return {"reduction"};
  if (rule.role != QuantRole::Contraction)
    return {"elementwise"};
  AffineMap data = rule.maps[0], other = rule.maps[1], result = rule.maps.back();
  // Loops along one channel dimension of data, weight and result alike make many small products.
  bool hasSharedLoop = false, hasOtherSum = false;
  SmallVector<unsigned> window = getWindowLoops(rule);
  for (unsigned loop = 0, e = sizes.size(); loop != e; ++loop) {
    hasSharedLoop |= sizes[loop] > 1 && isWalkedBy(data, loop) && isWalkedBy(other, loop) && isWalkedBy(result, loop);
    hasOtherSum |=
        sizes[loop] > 1 && rule.iterators[loop] == utils::IteratorType::reduction && !llvm::is_contained(window, loop);
  }
  if (!window.empty() && hasSharedLoop && !hasOtherSum)
    return {"depthwise", "conv"};
  if (!window.empty() && llvm::all_of(window, [&](unsigned loop) { return sizes[loop] == 1; }))
    return {"pointwise", "conv"};
  if (!window.empty())
    return {"conv"};
  if (rule.weight)
    return {"linear", "matmul"};
  if (hasSharedLoop)
    return {"batch-matmul", "matmul"};
  return {"matmul"};
}

std::vector<Layer> qnn::getLayers(FunctionOpInterface function) {
  // The analysis wants a function without ranges, and only says what is quantized now.
  IRMapping mapping;
  OwningOpRef<Operation *> clone(function->clone(mapping));
  DenseMap<Operation *, Operation *> originals;
  function->walk([&](Operation *op) {
    Operation *copy = mapping.lookup(op);
    originals[copy] = op;
    copy->removeAttr(kPrecisionAttr);
  });
  auto copy = cast<FunctionOpInterface>(*clone);
  stripRanges(copy);

  std::vector<Layer> layers;
  for (const QuantizedChain &chain : getQuantizedEdges(copy).chains) {
    Layer layer{originals.lookup(chain.root), chain.role, getNodeName(chain.root->getLoc()), {}, {}};
    auto addNode = [&](Operation *op) {
      std::string node = getNodeName(op->getLoc());
      if (!node.empty() && !llvm::is_contained(layer.nodes, node))
        layer.nodes.push_back(node);
    };
    addNode(chain.root);
    for (Operation *op : chain.epilogue)
      addNode(op);
    QuantRule rule = getQuantRule(chain.root);
    SmallVector<int64_t> sizes = getLoopSizes(rule, chain.root);
    layer.kinds = getKinds(rule, sizes);
    layer.operations = 1;
    for (int64_t size : sizes)
      layer.operations *= size;
    if (rule.weight)
      layer.weights = cast<RankedTensorType>(rule.weight->get().getType()).getNumElements();
    layers.push_back(std::move(layer));
  }
  return layers;
}
