//===- FormContractions.cpp - Contractions and their elementwise consumers become qnn.contract -------------------===//
#include "ContractionBuilder.h"
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/Remarks.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_FORMCONTRACTIONSPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Whether every operation of the body works element by element, so that it can work on vectors.
static bool isElementwiseBody(linalg::GenericOp generic) {
  return llvm::all_of(generic.getBody()->without_terminator(), [](Operation &op) {
    return op.getNumRegions() == 0 && op.getNumResults() == 1 &&
           (isa<arith::ConstantOp>(op) || OpTrait::hasElementwiseMappableTraits(&op));
  });
}

/// The elementwise operation that is the only user of the contraction, if it may join.
static linalg::GenericOp getOnlyConsumer(ContractOp contract) {
  if (contract.getResult().use_empty())
    return nullptr;
  auto generic = dyn_cast<linalg::GenericOp>(*contract.getResult().user_begin());
  if (!generic || generic.getNumResults() != 1 || generic.getNumParallelLoops() != generic.getNumLoops() ||
      !generic.getRegionOutputArgs()[0].use_empty() || !isElementwiseBody(generic))
    return nullptr;
  AffineMap map;
  for (OpOperand &use : contract.getResult().getUses()) {
    if (use.getOwner() != generic || generic.isDpsInit(&use))
      return nullptr;
    AffineMap useMap = generic.getMatchingIndexingMap(&use);
    if (!useMap.isPermutation() || (map && map != useMap))
      return nullptr;
    map = useMap;
  }
  return generic;
}

/// Wider accumulators gain most from joining: 32-bit integers, then floats, then bytes.
static int getPriority(Value value) {
  Type element = cast<ShapedType>(value.getType()).getElementType();
  return element.isInteger(32) ? 2 : element.isF32() ? 1 : 0;
}

/// Moves the consumer into the contraction's epilogue; null if it stays.
static ContractOp fuseConsumer(OpBuilder &builder, ContractOp contract) {
  linalg::GenericOp generic = getOnlyConsumer(contract);
  if (!generic)
    return nullptr;
  for (Value input : generic.getInputs()) {
    auto other = input.getDefiningOp<ContractOp>();
    if (other && other != contract && getOnlyConsumer(other) == generic &&
        getPriority(input) > getPriority(contract.getResult()))
      return nullptr;
  }
  AffineMap outMap = contract.getMaps().back(), accMap;
  SmallVector<Value> extras(contract.getExtras());
  SmallVector<AffineMap> maps = llvm::to_vector(ArrayRef(contract.getMaps()).drop_back());
  SmallVector<unsigned> argumentOf; // of the generic's inputs: 0 is the accumulator, else 1 + extra
  for (OpOperand *input : generic.getDpsInputOperands())
    if (input->get() == contract.getResult())
      accMap = generic.getMatchingIndexingMap(input);
  for (OpOperand *input : generic.getDpsInputOperands()) {
    if (input->get() == contract.getResult()) {
      argumentOf.push_back(0);
      continue;
    }
    AffineMap map = toLoops(generic.getMatchingIndexingMap(input), accMap, outMap);
    size_t known = 0;
    while (known < extras.size() && !(extras[known] == input->get() && maps[2 + known] == map))
      ++known;
    if (known == extras.size()) {
      extras.push_back(input->get());
      maps.push_back(map);
    }
    argumentOf.push_back(1 + known);
  }
  maps.push_back(toLoops(generic.getMatchingIndexingMap(generic.getDpsInitOperand(0)), accMap, outMap));

  Value out = generic.getOutputs()[0];
  SmallVector<ShapedType> types{cast<ShapedType>(contract.getLhs().getType()),
                                cast<ShapedType>(contract.getRhs().getType())};
  for (Value extra : extras) {
    auto type = dyn_cast<RankedTensorType>(extra.getType());
    if (!type || !type.hasStaticShape())
      return nullptr;
    types.push_back(type);
  }
  types.push_back(cast<ShapedType>(out.getType()));
  std::string why;
  if (!ContractionPlan::get(maps, types, contract.getExtents(), contract.getIterators(), why)) {
    remark::missed(generic.getLoc(), remark::RemarkOpts::name("Epilogue").category("qnn"))
        << ("stays outside the contraction's epilogue: " + why);
    return nullptr;
  }

  builder.setInsertionPoint(generic);
  Location loc = builder.getFusedLoc({contract.getLoc(), generic.getLoc()});
  auto fused = ContractOp::create(builder, loc, contract.getLhs(), contract.getRhs(), extras, out, maps,
                                  contract.getExtents(), contract.getIterators(), contract.getLhsFlipped());
  Block *block = builder.createBlock(&fused.getEpilogue());
  Block &old = contract.getEpilogueBlock();
  IRMapping mapping;
  for (BlockArgument argument : old.getArguments())
    mapping.map(argument, block->addArgument(argument.getType(), argument.getLoc()));
  for (Value extra : ArrayRef(extras).drop_front(contract.getExtras().size()))
    block->addArgument(cast<ShapedType>(extra.getType()).getElementType(), generic.getLoc());
  for (Operation &op : old.without_terminator())
    builder.clone(op, mapping);
  Value acc = mapping.lookupOrDefault(old.getTerminator()->getOperand(0));
  for (auto [argument, position] : llvm::zip_equal(generic.getRegionInputArgs(), argumentOf))
    mapping.map(argument, position == 0 ? acc : Value(block->getArgument(position)));
  for (Operation &op : generic.getBody()->without_terminator())
    builder.clone(op, mapping);
  YieldOp::create(builder, loc, mapping.lookupOrDefault(generic.getBody()->getTerminator()->getOperand(0)));
  generic.getResult(0).replaceAllUsesWith(fused.getResult());
  generic.erase();
  contract.erase();
  return fused;
}

namespace {
struct FormContractions : public qnn::impl::FormContractionsPassBase<FormContractions> {
  void runOnOperation() override;
  LogicalResult moveReshapesPastConsumers();
};
} // namespace

/// A group dimension that is collapsed right after the contraction would keep the elementwise consumers out of its
/// epilogue: they are expanded instead, and the collapse comes last.
LogicalResult FormContractions::moveReshapesPastConsumers() {
  RewritePatternSet patterns(&getContext());
  linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, [](OpOperand *operand) {
    auto collapse = operand->get().getDefiningOp<tensor::CollapseShapeOp>();
    return collapse && collapse->hasOneUse() && isa<linalg::GenericOp>(operand->getOwner()) &&
           collapse.getSrc().getDefiningOp<linalg::LinalgOp>();
  });
  return applyPatternsGreedily(getOperation(), std::move(patterns));
}

void FormContractions::runOnOperation() {
  IRRewriter rewriter(&getContext());
  SmallVector<linalg::LinalgOp> named;
  getOperation()->walk([&](linalg::LinalgOp op) {
    if (!isa<linalg::GenericOp>(op) && op.getNumReductionLoops() > 0 && op.hasPureTensorSemantics())
      named.push_back(op);
  });
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    (void)linalg::generalizeNamedOp(rewriter, op);
  }
  if (failed(moveReshapesPastConsumers()))
    return signalPassFailure();

  SmallVector<linalg::GenericOp> generics;
  getOperation()->walk([&](linalg::GenericOp op) { generics.push_back(op); });
  SmallVector<ContractOp> contracts;
  for (linalg::GenericOp op : generics) {
    std::string why;
    std::optional<ContractionMatch> match = matchContraction(op, why);
    ContractOp contract;
    if (match) {
      rewriter.setInsertionPoint(op);
      contract = ContractionBuilder(rewriter, *match, op).build(why);
    }
    if (!contract) {
      if (!why.empty()) {
        ++numDeclined;
        remark::missed(op.getLoc(), remark::RemarkOpts::name("Contraction").category("qnn"))
            << ("stays a loop nest: " + why);
      }
      continue;
    }
    ++numFormed;
    rewriter.replaceOp(op, contract.getResult());
    contracts.push_back(contract);
  }
  for (ContractOp contract : contracts)
    while ((contract = fuseConsumer(rewriter, contract)))
      ++numFused;
}
