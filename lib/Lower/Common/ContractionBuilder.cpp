//===- ContractionBuilder.cpp - Makes a qnn.contract of a matched contraction ------------------------------------===//
#include "ContractionBuilder.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qnn;

bool ContractionBuilder::chooseSides(std::string &why) {
  bool constantFirst = getConstantElements(match.factors[0].value) && !getConstantElements(match.factors[1].value);
  for (unsigned first : {constantFirst ? 1u : 0u, constantFirst ? 0u : 1u}) {
    lhs = match.factors[first];
    rhs = match.factors[1 - first];
    std::string reason;
    auto element = [](const Factor &factor) { return cast<ShapedType>(factor.value.getType()).getElementType(); };
    if (!ContractOp::isSupported(element(lhs), element(rhs))) {
      if (why.empty())
        why = "no kernel multiplies these element types";
      continue;
    }
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
    if (chosen && !chosen->depthwise && chosen->channels == 1 && chosen->rows.extent == 1)
      reason = "dot products without reuse";
    else if (chosen && chosen->depthwise && !getConstantElements(rhs.value))
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
void ContractionBuilder::normalizeRhs() {
  if (rhs.isSigned && !rhs.zeroPoint.value && rhs.zeroPoint.constant == 0)
    return;
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
unsigned ContractionBuilder::addSum(const Factor &factor) {
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
unsigned ContractionBuilder::addConstantRhsSum(int64_t scale) {
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

void ContractionBuilder::addInit() {
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

ContractOp ContractionBuilder::build(std::string &why) {
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
