//===- TrialBuild.cpp - The module that a simulation runs: switchable weights, biases and edges -------------------===//
#include "TrialBuild.h"

#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Support/Decisions.h"
#include "quant-opt/Support/Packing.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::qnn;

/// Added to and subtracted from a float of magnitude below 2^22, it leaves the nearest integer, ties to even.
static constexpr float kRounder = 12582912.0f;

namespace {

class TrialBuilder {
public:
  TrialBuilder(FunctionOpInterface function, const ChosenParams &chosen, const SimulationOptions &options,
               std::vector<TrialTap> &taps)
      : function(function), chosen(chosen), options(options), taps(taps), builder(function.getContext()) {}

  TrialArguments run();

private:
  BlockArgument addArgument(RankedTensorType type, const Twine &name);
  void switchWeight(unsigned layer, TrialArguments::Layer &arguments);
  Value insertBias(Operation *root, const ChosenChain &choice, Value bias);
  void insertFakeQuantization(Value value, ArrayRef<Value> params);
  void tap(Tap tap, Value value, OpOperand *operand = nullptr);

  FunctionOpInterface function;
  const ChosenParams &chosen;
  const SimulationOptions &options;
  std::vector<TrialTap> &taps;
  OpBuilder builder;
  /// What stands for a value in the rest of the model, once a bias was put behind it.
  llvm::DenseMap<Value, Value> replaced;
};

BlockArgument TrialBuilder::addArgument(RankedTensorType type, const Twine &name) {
  unsigned index = function.getNumArguments();
  auto attributes = builder.getDictionaryAttr({builder.getNamedAttr("qnn.name", builder.getStringAttr(name)),
                                               builder.getNamedAttr("qnn.type", builder.getStringAttr("float"))});
  (void)function.insertArgument(index, type, attributes, function.getLoc());
  return function.getArgument(index);
}

/// value + bias along the output channels, for all that read `value`.
Value TrialBuilder::insertBias(Operation *root, const ChosenChain &choice, Value bias) {
  Value value = root->getResult(0);
  auto type = cast<RankedTensorType>(value.getType());
  builder.setInsertionPointAfterValue(value);
  Location loc = root->getLoc();
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  auto sum = linalg::GenericOp::create(builder, loc, type, ValueRange{value, bias}, empty,
                                       {identity, choice.biasMap, identity}, iterators,
                                       [](OpBuilder &b, Location bodyLoc, ValueRange args) {
                                         Value sum = arith::AddFOp::create(b, bodyLoc, args[0], args[1]);
                                         linalg::YieldOp::create(b, bodyLoc, sum);
                                       });
  value.replaceAllUsesExcept(sum.getResult(0), sum);
  return replaced[value] = sum.getResult(0);
}

void TrialBuilder::switchWeight(unsigned layer, TrialArguments::Layer &arguments) {
  const QuantizedChain &chain = chosen.edges.chains[layer];
  const ChosenChain &choice = chosen.chains[layer];
  OpOperand &operand = *choice.weight->operand;
  BlockArgument weight = addArgument(cast<RankedTensorType>(operand.get().getType()), "weight " + Twine(layer));
  // Changes less often than the build runs.
  function.setArgAttr(weight.getArgNumber(), kParameterAttr, builder.getUnitAttr());
  operand.set(weight);
  auto biasType = choice.bias ? cast<RankedTensorType>(choice.bias->get().getType())
                              : RankedTensorType::get(choice.biasShape, builder.getF32Type());
  BlockArgument bias = addArgument(biasType, "bias " + Twine(layer));
  if (choice.bias)
    choice.bias->set(bias);
  else
    insertBias(chain.root, choice, bias);
  arguments = {layer, weight.getArgNumber(), bias.getArgNumber()};
}

/// fake_c1, or the value as it is where the scale is 0. Clamping to integers before rounding is the same as after it.
void TrialBuilder::insertFakeQuantization(Value value, ArrayRef<Value> params) {
  auto type = cast<RankedTensorType>(value.getType());
  builder.setInsertionPointAfterValue(value);
  Location loc = value.getLoc();
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<AffineMap> maps(1 + params.size(), AffineMap::get(type.getRank(), 0, builder.getContext()));
  maps.front() = identity;
  maps.push_back(identity);
  SmallVector<Value> inputs{value};
  llvm::append_range(inputs, params);
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      builder, loc, type, inputs, empty, maps, iterators, [](OpBuilder &b, Location bodyLoc, ValueRange args) {
        Value x = args[0], scale = args[1], least = args[2], greatest = args[3];
        auto constant = [&](float number) -> Value {
          return arith::ConstantFloatOp::create(b, bodyLoc, b.getF32Type(), APFloat(number));
        };
        auto select = [&](arith::CmpFPredicate predicate, Value a, Value c, Value ifTrue, Value ifFalse) -> Value {
          Value condition = arith::CmpFOp::create(b, bodyLoc, predicate, a, c);
          return arith::SelectOp::create(b, bodyLoc, condition, ifTrue, ifFalse);
        };
        Value zero = constant(0.0f), rounder = constant(kRounder);
        Value q = arith::DivFOp::create(b, bodyLoc, x, scale);
        q = select(arith::CmpFPredicate::UNO, q, q, zero, q); // NaN counts as 0
        q = select(arith::CmpFPredicate::OLT, q, least, least, q);
        q = select(arith::CmpFPredicate::OGT, q, greatest, greatest, q);
        q = arith::AddFOp::create(b, bodyLoc, q, rounder);
        q = arith::SubFOp::create(b, bodyLoc, q, rounder);
        Value y = arith::MulFOp::create(b, bodyLoc, q, scale);
        linalg::YieldOp::create(b, bodyLoc, select(arith::CmpFPredicate::OEQ, scale, zero, x, y));
      });
  value.replaceAllUsesExcept(generic.getResult(0), generic);
}

/// Observes `value` for all of its users, or for one operand.
void TrialBuilder::tap(Tap tap, Value value, OpOperand *operand) {
  if ((options.taps & tap.kind) == TapKind::None || (options.filter && !options.filter(tap)))
    return;
  std::string name = llvm::formatv("tap {0}", taps.size());
  taps.push_back({tap, name, cast<RankedTensorType>(value.getType()).getNumElements()});
  if (operand)
    builder.setInsertionPoint(operand->getOwner());
  else
    builder.setInsertionPointAfterValue(value);
  auto observe = ObserveOp::create(builder, value.getLoc(), value, name);
  if (operand)
    operand->set(observe.getResult());
  else
    value.replaceAllUsesExcept(observe.getResult(), observe);
}

TrialArguments TrialBuilder::run() {
  dropParameters(function->getParentOfType<ModuleOp>());
  // Asked while weights are still constant, and so no activations.
  std::vector<SmallVector<OpOperand *, 2>> operands;
  for (const QuantizedChain &chain : chosen.edges.chains)
    operands.push_back(getQuantRule(chain.root).activations);
  TrialArguments arguments;
  for (unsigned layer = 0, e = chosen.chains.size(); layer != e; ++layer)
    if (chosen.chains[layer].weight)
      switchWeight(layer, arguments.layers.emplace_back());

  arguments.firstEdge = function.getNumArguments();
  std::vector<QuantizedEdge> edges = chosen.edges.edges;
  llvm::append_range(edges, chosen.edges.constants);
  auto scalar = RankedTensorType::get({}, builder.getF32Type());
  for (auto [i, edge] : llvm::enumerate(edges)) {
    SmallVector<Value, kEdgeArguments> params;
    for (unsigned k = 0; k != kEdgeArguments; ++k)
      params.push_back(addArgument(scalar, "edge " + Twine(i) + " " + Twine(k)));
    auto it = replaced.find(edge.value);
    insertFakeQuantization(it == replaced.end() ? edge.value : it->second, params);
  }
  arguments.numArguments = function.getNumArguments();

  // Each observer stands right behind its value, in front of what was put there before.
  auto current = [&](Value value) {
    auto it = replaced.find(value);
    return it == replaced.end() ? value : it->second;
  };
  for (auto [layer, chain] : llvm::enumerate(chosen.edges.chains))
    tap({TapKind::Result, static_cast<unsigned>(layer)}, current(chain.result));
  for (auto [i, edge] : llvm::enumerate(chosen.edges.edges))
    tap({TapKind::Edge, static_cast<unsigned>(i)}, current(edge.value));
  for (auto [layer, chain] : llvm::enumerate(chosen.edges.chains)) {
    if (chain.role == QuantRole::Elementwise)
      continue;
    tap({TapKind::Accumulator, static_cast<unsigned>(layer)}, chain.root->getResult(0));
    for (auto [number, operand] : llvm::enumerate(operands[layer]))
      tap({TapKind::Operand, static_cast<unsigned>(layer), static_cast<unsigned>(number)}, operand->get(), operand);
  }
  return arguments;
}

} // namespace

TrialArguments qnn::makeTrialBuild(FunctionOpInterface function, const ChosenParams &chosen,
                                   const SimulationOptions &options, std::vector<TrialTap> &taps) {
  return TrialBuilder(function, chosen, options, taps).run();
}

void qnn::dropNotes(ModuleOp trial) {
  dropDecisions(trial);
  SmallVector<Operation *> dead;
  trial.walk([&](Operation *op) {
    for (StringRef name : {kPrecisionAttr, kFloatWeightAttr, kFloatBiasAttr})
      op->removeAttr(name);
    if (op->hasTrait<OpTrait::ConstantLike>() && op->use_empty())
      dead.push_back(op);
  });
  for (Operation *op : dead)
    op->erase();
}
