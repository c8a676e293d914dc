//===- FormContractions.cpp - Contractions and their elementwise consumers become qnn.contract
//-----------------------===//
#include "ContractionMatcher.h"
#include "quant-opt/Lower/Common/ContractionPlan.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/Remarks.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_FORMCONTRACTIONSPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// `map`, whose dimensions are those of the contraction's result as `resultMap` visits them, in terms of the
/// contraction's loops.
static AffineMap toLoops(AffineMap map, AffineMap resultMap, AffineMap outMap) {
  return map.compose(inversePermutation(resultMap)).compose(outMap);
}

namespace {
/// An operand of the epilogue and where the loops read it.
struct Extra {
  Value value;
  AffineMap map;
};

/// Builds one qnn.contract from a matched contraction.
class ContractBuilder {
public:
  ContractBuilder(OpBuilder &builder, const ContractionMatch &match, linalg::LinalgOp op)
      : builder(builder), match(match), op(op), loc(op.getLoc()), extents(op.getStaticLoopRanges()),
        iterators(op.getIteratorTypesArray()) {}

  /// The operation, or null and `why`.
  ContractOp build(std::string &why);

private:
  bool chooseSides(std::string &why);
  void normalizeRhs();
  void transposeLhs();
  std::optional<ContractionPlan> plan(std::string &why) {
    SmallVector<ShapedType> types{cast<ShapedType>(lhs.value.getType()), cast<ShapedType>(rhs.value.getType()),
                                  cast<ShapedType>(match.init.getType())};
    return ContractionPlan::get({lhs.map, rhs.map, match.outMap}, types, extents, iterators, why);
  }
  unsigned addExtra(Value value, AffineMap map) {
    extras.push_back({value, map});
    return extras.size() - 1;
  }
  std::optional<unsigned> addZeroPoint(const ZeroPoint &zeroPoint) {
    if (!zeroPoint.value)
      return std::nullopt;
    return addExtra(zeroPoint.value, zeroPoint.map);
  }
  unsigned addSum(const Factor &factor);
  unsigned addConstantRhsSum(int64_t scale);
  void addInit();

  OpBuilder &builder;
  ContractionMatch match;
  linalg::LinalgOp op;
  Location loc;
  SmallVector<int64_t> extents;
  SmallVector<utils::IteratorType> iterators;
  Factor lhs, rhs;
  SmallVector<Extra> extras;
  std::optional<unsigned> initExtra;
  TypedAttr initConstant;
};
} // namespace

bool ContractBuilder::chooseSides(std::string &why) {
  bool constantFirst = getConstantElements(match.factors[0].value) && !getConstantElements(match.factors[1].value);
  for (unsigned first : {constantFirst ? 1u : 0u, constantFirst ? 0u : 1u}) {
    lhs = match.factors[first];
    rhs = match.factors[1 - first];
    std::string reason;
    std::optional<ContractionPlan> chosen = plan(reason);
    if (!chosen && lhs.map.isProjectedPermutation() && StringRef(reason).contains("not contiguous in lhs")) {
      // The plan fits but for the order of lhs in memory: copy lhs into that order.
      Factor stored = lhs;
      SmallVector<AffineExpr> order;
      SmallVector<int64_t> shape;
      for (auto kind : {utils::IteratorType::parallel, utils::IteratorType::reduction})
        for (unsigned loop = 0; loop < extents.size(); ++loop)
          if (iterators[loop] == kind && lhs.map.isFunctionOfDim(loop)) {
            order.push_back(builder.getAffineDimExpr(loop));
            shape.push_back(extents[loop]);
          }
      AffineMap map = AffineMap::get(extents.size(), 0, order, builder.getContext());
      auto type = RankedTensorType::get(shape, cast<ShapedType>(lhs.value.getType()).getElementType());
      SmallVector<ShapedType> types{type, cast<ShapedType>(rhs.value.getType()),
                                    cast<ShapedType>(match.init.getType())};
      chosen = ContractionPlan::get({map, rhs.map, match.outMap}, types, extents, iterators, reason);
      if (chosen && !chosen->depthwise) {
        // The copy's loops are lhs's dimensions.
        SmallVector<AffineExpr> to(order.size());
        for (auto [i, expr] : llvm::enumerate(stored.map.getResults()))
          to[llvm::find(order, expr) - order.begin()] = builder.getAffineDimExpr(i);
        AffineMap outMap = AffineMap::get(order.size(), 0, to, builder.getContext());
        SmallVector<utils::IteratorType> parallel(order.size(), utils::IteratorType::parallel);
        Value empty = tensor::EmptyOp::create(builder, loc, shape, type.getElementType());
        auto copy = linalg::GenericOp::create(
            builder, loc, TypeRange{type}, ValueRange{stored.value}, ValueRange{empty},
            ArrayRef<AffineMap>{builder.getMultiDimIdentityMap(order.size()), outMap}, parallel,
            [](OpBuilder &b, Location l, ValueRange args) { linalg::YieldOp::create(b, l, args[0]); });
        lhs.value = copy.getResult(0);
        lhs.map = map;
      }
    }
    if (chosen && chosen->depthwise && !getConstantElements(rhs.value))
      reason = "a depthwise contraction of two activations";
    else if (chosen && !rhs.map.isProjectedPermutation())
      reason = "the side that would be packed is a window";
    else if (chosen)
      return true;
    if (why.empty())
      why = reason;
  }
  return false;
}

/// Makes rhs signed bytes, with its zero point inside the bytes where that fits.
void ContractBuilder::normalizeRhs() {
  auto type = cast<RankedTensorType>(rhs.value.getType());
  std::optional<std::vector<int8_t>> bytes = readConstant<int8_t>(rhs.value);
  if (bytes) {
    std::optional<std::vector<int32_t>> zeroPoints;
    if (!rhs.zeroPoint.value)
      zeroPoints = std::vector<int32_t>(1, rhs.zeroPoint.constant);
    else if (rhs.zeroPoint.map.isProjectedPermutation())
      zeroPoints = rhs.zeroPoint.readValues();
    std::vector<int8_t> shifted(bytes->size());
    bool fits = zeroPoints.has_value();
    if (fits) {
      PointWalker walker(rhs.map, type.getShape(), extents.size());
      for (size_t i = 0; i < bytes->size() && fits; ++i, walker.advance()) {
        int64_t value = rhs.isSigned ? (*bytes)[i] : static_cast<uint8_t>((*bytes)[i]);
        value -= (*zeroPoints)[rhs.zeroPoint.value ? walker.getIndex(rhs.zeroPoint.map, rhs.zeroPoint.value) : 0];
        fits = value >= -128 && value <= 127;
        shifted[i] = static_cast<int8_t>(value);
      }
    }
    if (fits) {
      if (shifted != *bytes)
        rhs.value = createConstant<int8_t>(builder, loc, type, shifted, "weights");
      rhs.zeroPoint = ZeroPoint();
      rhs.isSigned = true;
      return;
    }
  }
  if (rhs.isSigned)
    return;
  if (bytes) {
    for (int8_t &byte : *bytes)
      byte = static_cast<int8_t>(byte ^ 0x80);
    rhs.value = createConstant<int8_t>(builder, loc, type, *bytes, "weights");
  } else {
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
    Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
    auto flip = linalg::GenericOp::create(
        builder, loc, TypeRange{type}, ValueRange{rhs.value}, ValueRange{empty},
        ArrayRef<AffineMap>{identity, identity},
        SmallVector<utils::IteratorType>(type.getRank(), utils::IteratorType::parallel),
        [](OpBuilder &b, Location l, ValueRange args) {
          Value top = arith::ConstantOp::create(b, l, b.getI8IntegerAttr(-128));
          linalg::YieldOp::create(b, l, arith::XOrIOp::create(b, l, args[0], top).getResult());
        });
    rhs.value = flip.getResult(0);
  }
  rhs.isSigned = true;
  rhs.zeroPoint.constant -= 128; // added to the run-time value, if there is one
}

/// Sum of a factor's extended values over the reduction loops, as an operand of the epilogue.
unsigned ContractBuilder::addSum(const Factor &factor) {
  SmallVector<AffineExpr> outExprs, windowExprs;
  SmallVector<int64_t> shape, window;
  SmallVector<AffineExpr> renamed(extents.size());
  SmallVector<utils::IteratorType> kinds;
  SmallVector<AffineExpr> loops;
  for (unsigned loop = 0; loop < extents.size(); ++loop) {
    renamed[loop] = builder.getAffineConstantExpr(0);
    if (!factor.map.isFunctionOfDim(loop))
      continue;
    renamed[loop] = builder.getAffineDimExpr(kinds.size());
    kinds.push_back(iterators[loop]);
    bool sums = iterators[loop] == utils::IteratorType::reduction;
    (sums ? windowExprs : outExprs).push_back(renamed[loop]);
    (sums ? window : shape).push_back(extents[loop]);
    if (!sums)
      loops.push_back(builder.getAffineDimExpr(loop));
  }
  MLIRContext *context = builder.getContext();
  auto map = [&](ArrayRef<AffineExpr> exprs) { return AffineMap::get(kinds.size(), 0, exprs, context); };
  AffineMap data = factor.map.replaceDimsAndSymbols(renamed, {}, kinds.size(), 0);
  Type i32 = builder.getI32Type();
  Value empty = tensor::EmptyOp::create(builder, loc, shape, i32);
  Value zero = arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(0));
  Value init = linalg::FillOp::create(builder, loc, ValueRange{zero}, ValueRange{empty}).getResult(0);
  Value windowShape = tensor::EmptyOp::create(builder, loc, window, builder.getI8Type());
  bool isSigned = factor.isSigned;
  auto sum = linalg::GenericOp::create(
      builder, loc, TypeRange{init.getType()}, ValueRange{factor.value, windowShape}, ValueRange{init},
      ArrayRef<AffineMap>{data, map(windowExprs), map(outExprs)}, kinds,
      [&](OpBuilder &b, Location l, ValueRange args) {
        Value value = isSigned ? arith::ExtSIOp::create(b, l, i32, args[0]).getResult()
                               : arith::ExtUIOp::create(b, l, i32, args[0]).getResult();
        linalg::YieldOp::create(b, l, arith::AddIOp::create(b, l, args[2], value).getResult());
      });
  return addExtra(sum.getResult(0), AffineMap::get(extents.size(), 0, loops, context));
}

/// `scale` times the sum of the constant rhs over the reduction loops, as a constant operand of the epilogue.
unsigned ContractBuilder::addConstantRhsSum(int64_t scale) {
  std::optional<std::vector<int8_t>> bytes = readConstant<int8_t>(rhs.value);
  SmallVector<AffineExpr> loops;
  SmallVector<int64_t> shape;
  for (unsigned loop = 0; loop < extents.size(); ++loop)
    if (iterators[loop] == utils::IteratorType::parallel && rhs.map.isFunctionOfDim(loop)) {
      loops.push_back(builder.getAffineDimExpr(loop));
      shape.push_back(extents[loop]);
    }
  AffineMap map = AffineMap::get(extents.size(), 0, loops, builder.getContext());
  auto type = RankedTensorType::get(shape, builder.getI32Type());
  std::vector<int32_t> sums(type.getNumElements(), 0);
  PointWalker walker(rhs.map, cast<ShapedType>(rhs.value.getType()).getShape(), extents.size());
  for (int8_t byte : *bytes) {
    uint32_t &sum = reinterpret_cast<uint32_t &>(sums[walker.getIndex(map, type.getShape())]);
    sum += static_cast<uint32_t>(scale * byte); // modulo 2^32, as the accumulator
    walker.advance();
  }
  return addExtra(createConstant<int32_t>(builder, loc, type, sums, "zero_point_terms"), map);
}

void ContractBuilder::addInit() {
  Attribute constant;
  Value init = match.init;
  if (auto fill = init.getDefiningOp<linalg::FillOp>()) {
    matchPattern(fill.getInputs()[0], m_Constant(&constant));
    if (!constant)
      return void(initExtra = addExtra(init, match.outMap));
  } else if (auto dense = dyn_cast_or_null<DenseElementsAttr>(getConstantElements(init)); dense && dense.isSplat()) {
    constant = dense.getSplatValue<Attribute>();
  }
  if (constant) {
    auto number = cast<TypedAttr>(constant);
    auto floating = dyn_cast<FloatAttr>(number);
    if (floating ? !floating.getValue().isPosZero() : !cast<IntegerAttr>(number).getValue().isZero())
      initConstant = number;
    return;
  }
  // A broadcast reads its source directly.
  if (auto broadcast = init.getDefiningOp<linalg::LinalgOp>()) {
    Block *body = broadcast.getBlock();
    AffineMap outMap = broadcast.getNumDpsInits() == 1
                           ? broadcast.getMatchingIndexingMap(broadcast.getDpsInitOperand(0))
                           : AffineMap();
    if (broadcast.getNumDpsInputs() == 1 && outMap && outMap.isPermutation() &&
        broadcast.getNumParallelLoops() == broadcast.getNumLoops() && llvm::hasSingleElement(*body) &&
        body->getTerminator()->getOperand(0) == body->getArgument(0)) {
      AffineMap inMap = broadcast.getMatchingIndexingMap(broadcast.getDpsInputOperand(0));
      initExtra = addExtra(broadcast.getDpsInputOperand(0)->get(), toLoops(inMap, outMap, match.outMap));
      return;
    }
  }
  initExtra = addExtra(init, match.outMap);
}

ContractOp ContractBuilder::build(std::string &why) {
  if (!chooseSides(why))
    return nullptr;
  std::optional<unsigned> lhsZero, rhsZero, rhsSum, lhsSum;
  bool flipped = false, constantRhsTerm = false;
  int64_t reduced = 1;
  for (auto [extent, kind] : llvm::zip_equal(extents, iterators))
    reduced *= kind == utils::IteratorType::reduction ? extent : 1;

  addInit();
  if (!match.isFloat) {
    normalizeRhs();
    flipped = lhs.isSigned;
    lhsZero = addZeroPoint(lhs.zeroPoint);
    rhsZero = addZeroPoint(rhs.zeroPoint);
    int64_t shift = lhs.zeroPoint.constant + (flipped ? 128 : 0);
    constantRhsTerm = !lhsZero && getConstantElements(rhs.value);
    if (constantRhsTerm) {
      if (shift != 0)
        rhsSum = addConstantRhsSum(-shift);
    } else if (lhsZero || shift != 0) {
      rhsSum = addSum(rhs);
    }
    if (rhsZero || rhs.zeroPoint.constant != 0)
      lhsSum = addSum(lhs);
  }

  SmallVector<Value> values;
  SmallVector<AffineMap> maps{lhs.map, rhs.map};
  for (Extra &extra : extras) {
    values.push_back(extra.value);
    maps.push_back(extra.map);
  }
  maps.push_back(match.outMap);
  auto outType = cast<RankedTensorType>(match.init.getType());
  Value empty = tensor::EmptyOp::create(builder, loc, outType.getShape(), outType.getElementType());
  auto contract =
      ContractOp::create(builder, loc, lhs.value, rhs.value, values, empty, maps, extents, iterators, flipped);

  // The epilogue: sum (a - za)(b - zb) = sum a b - za * sum b - zb * sum a + K za zb, and the accumulator holds a + 128
  // if flipped.
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&contract.getEpilogue());
  Type accType = outType.getElementType();
  Value acc = block->addArgument(accType, loc);
  for (Value value : values)
    block->addArgument(cast<ShapedType>(value.getType()).getElementType(), loc);
  auto argument = [&](unsigned extra) -> Value { return block->getArgument(1 + extra); };
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(static_cast<int32_t>(value)));
  };
  auto add = [&](Value value) {
    acc = match.isFloat ? arith::AddFOp::create(builder, loc, acc, value).getResult()
                        : arith::AddIOp::create(builder, loc, acc, value).getResult();
  };
  auto zeroPoint = [&](const ZeroPoint &point, std::optional<unsigned> extra) -> Value {
    if (!extra)
      return number(point.constant);
    Value value = argument(*extra);
    if (value.getType() != accType)
      value = point.isSigned ? arith::ExtSIOp::create(builder, loc, accType, value).getResult()
                             : arith::ExtUIOp::create(builder, loc, accType, value).getResult();
    if (point.constant)
      value = arith::AddIOp::create(builder, loc, value, number(point.constant));
    return value;
  };
  auto subtractProduct = [&](Value a, Value b) {
    acc = arith::SubIOp::create(builder, loc, acc, arith::MulIOp::create(builder, loc, a, b));
  };
  if (rhsSum && constantRhsTerm) {
    add(argument(*rhsSum));
  } else if (rhsSum) {
    ZeroPoint shifted = lhs.zeroPoint;
    shifted.constant += flipped ? 128 : 0;
    subtractProduct(zeroPoint(shifted, lhsZero), argument(*rhsSum));
  }
  if (lhsSum) {
    Value rhsPoint = zeroPoint(rhs.zeroPoint, rhsZero);
    subtractProduct(rhsPoint, argument(*lhsSum));
    if (lhsZero || lhs.zeroPoint.constant != 0) {
      Value scaled = arith::MulIOp::create(builder, loc, zeroPoint(lhs.zeroPoint, lhsZero), number(reduced));
      add(arith::MulIOp::create(builder, loc, scaled, rhsPoint));
    }
  }
  if (initExtra)
    add(argument(*initExtra));
  else if (initConstant)
    add(arith::ConstantOp::create(builder, loc, initConstant));
  YieldOp::create(builder, loc, acc);
  return contract;
}

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
      contract = ContractBuilder(rewriter, *match, op).build(why);
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
