//===- ChangeLayers.cpp - New weights and biases of layers are written into the model -----------------------------===//
#include "ChangeLayers.h"

#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::qnn;

/// Puts a constant of the operand's type in its place, which no other operation reads.
static void replaceConstant(OpOperand &operand, ArrayRef<float> values, StringRef suffix) {
  OpBuilder builder(operand.getOwner());
  Value old = operand.get();
  std::string name = getNodeName(operand.getOwner()->getLoc()) + suffix.str();
  operand.set(createConstant<float>(builder, old.getLoc(), cast<RankedTensorType>(old.getType()), values, name));
  if (isOpTriviallyDead(old.getDefiningOp()))
    old.getDefiningOp()->erase();
}

/// Puts value + bias behind the root's result, for all that read it.
static Value insertBias(Operation *root, const ChosenChain &choice, ArrayRef<float> bias) {
  Value value = root->getResult(0);
  auto type = cast<RankedTensorType>(value.getType());
  OpBuilder builder(root->getContext());
  builder.setInsertionPointAfterValue(value);
  Location loc = root->getLoc();
  Value constant = createConstant<float>(builder, loc, RankedTensorType::get(choice.biasShape, builder.getF32Type()),
                                         bias, getNodeName(loc) + "_bias");
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  auto sum = linalg::GenericOp::create(builder, loc, type, ValueRange{value, constant}, empty,
                                       {identity, choice.biasMap, identity}, iterators,
                                       [](OpBuilder &b, Location bodyLoc, ValueRange args) {
                                         Value sum = arith::AddFOp::create(b, bodyLoc, args[0], args[1]);
                                         linalg::YieldOp::create(b, bodyLoc, sum);
                                       });
  value.replaceAllUsesExcept(sum.getResult(0), sum);
  return sum.getResult(0);
}

/// What was there first is kept, however often it is changed.
static void keepFloats(Operation *root, StringRef name, Attribute floats) {
  if (!root->hasAttr(name))
    root->setAttr(name, floats);
}

std::vector<QuantizedChain> qnn::getAllLayers(FunctionOpInterface function) {
  llvm::DenseMap<Operation *, Attribute> stated;
  function->walk([&](Operation *op) {
    if (Attribute precision = op->removeAttr(kPrecisionAttr))
      stated[op] = precision;
  });
  std::vector<QuantizedChain> layers = getQuantizedEdges(function).chains;
  for (auto [op, precision] : stated)
    op->setAttr(kPrecisionAttr, precision);
  return layers;
}

LogicalResult qnn::changeLayers(ModuleOp module, const QuantizationScheme &scheme, ArrayRef<LayerChange> changes,
                                StringRef method) {
  FunctionOpInterface function;
  module.walk<WalkOrder::PreOrder>([&](FunctionOpInterface candidate) {
    if (!function && !candidate.isExternal() && candidate.isPublic())
      function = candidate;
    return WalkResult::skip();
  });
  FailureOr<ChosenParams> chosen = chooseParams(function, scheme);
  if (failed(chosen))
    return failure();
  const std::vector<QuantizedChain> layers = getAllLayers(function);
  llvm::DenseMap<Operation *, const ChosenChain *> choices;
  for (auto [chain, choice] : llvm::zip_equal(chosen->edges.chains, chosen->chains))
    choices[chain.root] = &choice;
  for (const LayerChange &change : changes) {
    Operation *root = layers[change.layer].root;
    const ChosenChain &choice = *choices[root];
    if (!change.weight.empty()) {
      OpOperand &operand = *choice.weight->operand;
      keepFloats(root, kFloatWeightAttr, getConstantElements(operand.get()));
      if (operand.get().hasOneUse())
        chosen->ranges.erase(operand.get());
      replaceConstant(operand, change.weight, "_weight");
      StatedRange stated;
      for (float limit : change.limits) {
        stated.lo.push_back(-limit);
        stated.hi.push_back(limit);
      }
      if (change.limits.size() > 1) {
        SmallVector<int64_t> dims = getQuantRule(root).getWeightChannelDims();
        stated.axis = choice.weight->view.reassociation.empty() ? dims.back() : 0;
      }
      stated.method = method.str();
      chosen->ranges[operand.get()] = std::move(stated);
    }
    if (change.bias.empty())
      continue;
    if (choice.bias) {
      keepFloats(root, kFloatBiasAttr, getConstantElements(choice.bias->get()));
      replaceConstant(*choice.bias, change.bias, "_bias");
      continue;
    }
    auto biasType = RankedTensorType::get(choice.biasShape, Float32Type::get(module.getContext()));
    keepFloats(root, kFloatBiasAttr, DenseElementsAttr::get(biasType, 0.0f));
    Value value = root->getResult(0), sum = insertBias(root, choice, change.bias);
    // What was stated about the end of a chain holds for its new end.
    if (auto it = chosen->ranges.find(value); it != chosen->ranges.end()) {
      StatedRange stated = it->second;
      chosen->ranges.erase(value);
      chosen->ranges[sum] = std::move(stated);
    }
  }
  stateRanges(function, chosen->ranges);
  return success();
}
