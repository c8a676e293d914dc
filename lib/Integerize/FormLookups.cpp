//===- FormLookups.cpp - Elementwise arithmetic from one 8-bit value to another becomes a table -------------------===//
#include "quant-opt/Analysis/RoundFunctions.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Integerize/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"
#include <array>
#include <numeric>

namespace mlir::qnn {
#define GEN_PASS_DEF_FORMLOOKUPSPASS
#include "quant-opt/Integerize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// What operations cost, in vector instructions for a register of floats. A lookup costs as much as a requantization
/// where sixteen shuffles take the place of a byte permute, and a fifth of it where there is one.
static constexpr int64_t kDequantizeCost = 4, kQuantizeCost = 8, kDivisionCost = 8, kFunctionCost = 20;
static constexpr int64_t kLookupCost = kDequantizeCost + kQuantizeCost;
static constexpr int64_t kEntries = 256;

namespace {
/// Elementwise operations that are together a function of one 8-bit tensor.
struct Function {
  Value source;
  linalg::GenericOp root;
  llvm::SetVector<Operation *> members;
};
} // namespace

static bool isBytes(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isInteger(8);
}

/// Whether the operand is one constant for all elements.
static bool isScalarConstant(linalg::GenericOp op, OpOperand &operand) {
  return op.getMatchingIndexingMap(&operand).getNumResults() == 0 && matchPattern(operand.get(), m_Constant());
}

/// The operands of which each element of the result needs the one at its place; nothing if it needs anything else than
/// these and constants.
static std::optional<SmallVector<Value>> getElementwiseInputs(Operation *op) {
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  if (!generic || !generic.hasPureTensorSemantics() || generic.getNumResults() != 1 || generic.hasIndexSemantics() ||
      generic.getNumParallelLoops() != generic.getNumLoops() || !generic.getRegionOutputArgs()[0].use_empty() ||
      !generic.getMatchingIndexingMap(generic.getDpsInitOperand(0)).isIdentity())
    return std::nullopt;
  Block &body = *generic.getBody();
  for (Operation &inner : body.without_terminator()) {
    if (inner.getNumRegions() != 0 || !isPure(&inner))
      return std::nullopt;
    for (Value operand : inner.getOperands())
      if (operand.getParentBlock() != &body && !matchPattern(operand, m_Constant()))
        return std::nullopt;
  }
  SmallVector<Value> inputs;
  for (OpOperand *input : generic.getDpsInputOperands()) {
    if (generic.getMatchingBlockArgument(input).use_empty() || isScalarConstant(generic, *input))
      continue;
    if (!generic.getMatchingIndexingMap(input).isIdentity())
      return std::nullopt;
    inputs.push_back(input->get());
  }
  return inputs;
}

/// Takes in what the function's inputs are made from, until they are one 8-bit tensor, and further as long as nothing
/// else reads that. Fails if they never are.
static bool growFunction(Function &function) {
  llvm::SetVector<Operation *> members;
  llvm::SetVector<Value> inputs;
  inputs.insert(function.root->getResult(0));
  bool found = false;
  while (true) {
    // The input that was made last: all that read it are members by then, if they are to be.
    Value latest;
    for (Value input : inputs) {
      Operation *op = input.getDefiningOp();
      if (op && op->getBlock() == function.root->getBlock() && (!latest || latest.getDefiningOp()->isBeforeInBlock(op)))
        latest = input;
    }
    std::optional<SmallVector<Value>> next = latest ? getElementwiseInputs(latest.getDefiningOp()) : std::nullopt;
    if (!next)
      return found;
    inputs.remove(latest);
    inputs.insert(next->begin(), next->end());
    members.insert(latest.getDefiningOp());
    if (inputs.size() != 1 || !isBytes(inputs.front()))
      continue;
    function.source = inputs.front();
    function.members = members;
    found = true;
    if (!llvm::all_of(function.source.getUsers(), [&](Operation *user) { return members.contains(user); }))
      return true;
  }
}

static int64_t getCost(const Function &function) {
  int64_t cost = 0;
  for (Operation *member : function.members)
    for (Operation &op : cast<linalg::GenericOp>(member).getBody()->without_terminator()) {
      if (isa<DequantizeOp>(op))
        cost += kDequantizeCost;
      else if (isa<QuantizeOp>(op))
        cost += kQuantizeCost;
      else if (isa<LookupOp>(op))
        cost += kLookupCost;
      else if (isa<arith::DivFOp>(op))
        cost += kDivisionCost;
      else if (isa<math::MathDialect>(op.getDialect()))
        cost += kFunctionCost;
      else
        cost += !matchPattern(&op, m_Constant());
    }
  return cost;
}

/// A copy of the function's operations that works on the 256 values `bytes`.
static Value cloneFor(OpBuilder &builder, const Function &function, Value bytes) {
  IRMapping mapping;
  mapping.map(function.source, bytes);
  auto capture = [&](Value value) {
    if (!mapping.contains(value))
      mapping.map(value, builder.clone(*value.getDefiningOp())->getResult(0));
  };
  SmallVector<Operation *> members(function.members.begin(), function.members.end());
  llvm::sort(members, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  for (Operation *member : members) {
    auto generic = cast<linalg::GenericOp>(member);
    Location loc = generic.getLoc();
    Type element = cast<RankedTensorType>(generic.getResult(0).getType()).getElementType();
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    SmallVector<BlockArgument> arguments;
    for (OpOperand *input : generic.getDpsInputOperands()) {
      BlockArgument argument = generic.getMatchingBlockArgument(input);
      if (argument.use_empty())
        continue;
      bool isScalar = isScalarConstant(generic, *input);
      if (isScalar)
        capture(input->get());
      inputs.push_back(mapping.lookup(input->get()));
      maps.push_back(isScalar ? AffineMap::get(1, 0, builder.getContext()) : builder.getMultiDimIdentityMap(1));
      arguments.push_back(argument);
    }
    maps.push_back(builder.getMultiDimIdentityMap(1));
    for (Operation &op : generic.getBody()->without_terminator())
      for (Value operand : op.getOperands())
        if (operand.getParentBlock() != generic.getBody())
          capture(operand);
    auto type = RankedTensorType::get({kEntries}, element);
    Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), element);
    auto copy = linalg::GenericOp::create(builder, loc, type, inputs, empty, maps, utils::IteratorType::parallel,
                                          [&](OpBuilder &b, Location bodyLoc, ValueRange args) {
                                            for (auto [argument, arg] : llvm::zip(arguments, args))
                                              mapping.map(argument, arg);
                                            for (Operation &op : generic.getBody()->without_terminator())
                                              b.clone(op, mapping);
                                            Value result = generic.getBody()->getTerminator()->getOperand(0);
                                            linalg::YieldOp::create(b, bodyLoc, mapping.lookupOrDefault(result));
                                          });
    mapping.map(generic.getResult(0), copy.getResult(0));
  }
  return mapping.lookup(function.root->getResult(0));
}

using Table = std::array<int8_t, kEntries>;

/// The results of all functions for all bytes, by one program.
static FailureOr<std::vector<Table>> computeTables(ArrayRef<Function> functions, const EvaluateFn &evaluate) {
  Location loc = functions.front().root->getLoc();
  OpBuilder builder(loc.getContext());
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, loc);
  builder.setInsertionPointToStart(module->getBody());
  auto bytes = RankedTensorType::get({kEntries}, builder.getI8Type());
  SmallVector<Type> results(functions.size(), bytes);
  auto model = func::FuncOp::create(builder, loc, "tables", builder.getFunctionType(bytes, results));
  Block *entry = model.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  SmallVector<Value> values;
  for (const Function &function : functions)
    values.push_back(cloneFor(builder, function, entry->getArgument(0)));
  func::ReturnOp::create(builder, loc, values);

  Table all;
  std::iota(all.begin(), all.end(), 0);
  std::vector<Table> tables(functions.size());
  SmallVector<void *> outputs;
  for (Table &table : tables)
    outputs.push_back(table.data());
  if (failed(evaluate(*module, {all.data()}, outputs)))
    return failure();
  return tables;
}

static void replaceByLookup(OpBuilder &builder, const Function &function, const Table &table) {
  linalg::GenericOp root = function.root;
  builder.setInsertionPoint(root);
  auto attr = DenseElementsAttr::get(RankedTensorType::get({kEntries}, builder.getI8Type()), ArrayRef<int8_t>(table));
  auto type = cast<RankedTensorType>(root.getResult(0).getType());
  Value empty = tensor::EmptyOp::create(builder, root.getLoc(), type.getShape(), type.getElementType());
  SmallVector<AffineMap> maps(2, builder.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  auto lookup = linalg::GenericOp::create(
      builder, root.getLoc(), type, function.source, empty, maps, iterators,
      [&](OpBuilder &b, Location loc, ValueRange args) {
        linalg::YieldOp::create(b, loc, LookupOp::create(b, loc, args[0].getType(), args[0], attr).getResult());
      });
  root.getResult(0).replaceAllUsesWith(lookup.getResult(0));
}

namespace {
class FormLookups : public qnn::impl::FormLookupsPassBase<FormLookups> {
public:
  explicit FormLookups(EvaluateFn evaluate) : evaluate(std::move(evaluate)) {}

  void runOnOperation() override {
    getOperation().walk([](FunctionOpInterface function) { function->removeAttr(kRoundFunctionsAttr); });
    // Those made last first: a function takes in those that it is made of.
    SmallVector<linalg::GenericOp> generics;
    getOperation().walk([&](linalg::GenericOp op) { generics.push_back(op); });
    std::vector<Function> functions;
    llvm::DenseSet<Operation *> taken;
    for (linalg::GenericOp op : llvm::reverse(generics)) {
      Function function;
      function.root = op;
      if (op.getNumResults() != 1 || !isBytes(op->getResult(0)) || isTaken(op, taken) || !growFunction(function) ||
          getCost(function) < kLookupCost)
        continue;
      taken.insert(function.members.begin(), function.members.end());
      functions.push_back(std::move(function));
    }
    if (functions.empty())
      return markAllAnalysesPreserved();
    FailureOr<std::vector<Table>> tables = computeTables(functions, evaluate);
    if (failed(tables))
      return signalPassFailure();
    OpBuilder builder(&getContext());
    for (auto [function, table] : llvm::zip_equal(functions, *tables)) {
      remark::passed(function.root->getLoc(), remark::RemarkOpts::name("Lookup").category("qnn"))
          << remark::add("{0} elementwise operations are one lookup", function.members.size());
      replaceByLookup(builder, function, table);
    }
    numLookups += functions.size();
    for (linalg::GenericOp op : llvm::reverse(generics))
      if (taken.contains(op) && op->use_empty()) {
        op->erase();
        ++numTaken;
      }
  }

private:
  /// Whether functions formed before need all of what `op` computes for themselves alone.
  static bool isTaken(Operation *op, const llvm::DenseSet<Operation *> &taken) {
    return llvm::all_of(op->getUsers(), [&](Operation *user) { return taken.contains(user); });
  }

  EvaluateFn evaluate;
};
} // namespace

std::unique_ptr<Pass> qnn::createFormLookupsPass(EvaluateFn evaluate) {
  return std::make_unique<FormLookups>(std::move(evaluate));
}
