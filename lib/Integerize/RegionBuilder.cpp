//===- RegionBuilder.cpp - One elementwise region out of casts, epilogues and accumulators ------------------------===//
#include "RegionBuilder.h"

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace mlir::qnn;

/// An i32 bias of a quantized model was computed with this scale up to rounding in the tool that made it.
static constexpr float kBiasScaleTolerance = 1e-4f;

RegionBuilder::RegionBuilder(OpBuilder &builder, FusedGroup &group, Location loc)
    : builder(builder), group(group), loc(loc), block(std::make_unique<Block>()) {}

Value RegionBuilder::createFloat(float value) {
  return arith::ConstantFloatOp::create(builder, loc, builder.getF32Type(), APFloat(value));
}

Value RegionBuilder::addLeaf(Value tensor, AffineMap map, Type element) {
  BlockArgument arg = block->addArgument(element, loc);
  leaves.push_back({tensor, {}, {}, {}, map, arg});
  return arg;
}

/// One scale inline, several as a tensor read through `map`.
Value RegionBuilder::addScales(ArrayRef<float> scales, ArrayRef<int64_t> shape, AffineMap map) {
  if (llvm::all_equal(scales))
    return createFloat(scales.front());
  Value arg = addLeaf(Value(), map, builder.getF32Type());
  leaves.back().floats.assign(scales.begin(), scales.end());
  leaves.back().shape.assign(shape.begin(), shape.end());
  return arg;
}

Value RegionBuilder::emitAccumulator() {
  Accumulator &acc = *group.accumulator;
  auto addSum = [&](AccumulatorPart &part) {
    return addLeaf(part.sum.getResult(0), builder.getMultiDimIdentityMap(rank), builder.getI32Type());
  };
  std::vector<float> scales;
  for (size_t channel = 0; channel != acc.getNumChannels(); ++channel)
    scales.push_back(acc.getScale(channel));
  Value scale = addScales(scales, acc.channelShape, acc.channelMap);
  Location sourceLoc = acc.source->getLoc();
  if (acc.parts.size() > 1) {
    // planes_c1; a bias is added in f32.
    Value total;
    unsigned shift = acc.parts.front().shift;
    for (AccumulatorPart &part : acc.parts) {
      Value term = arith::SIToFPOp::create(builder, sourceLoc, builder.getF32Type(), addSum(part));
      for (; shift > part.shift; shift -= 8)
        total = arith::MulFOp::create(builder, sourceLoc, total, createFloat(256.0f));
      total = total ? arith::AddFOp::create(builder, sourceLoc, total, term).getResult() : term;
    }
    return arith::MulFOp::create(builder, sourceLoc, total, scale);
  }
  auto dequantize =
      DequantizeOp::create(builder, sourceLoc, builder.getF32Type(), addSum(acc.parts.front()), scale, 0, false);
  accumulated = dequantize;
  return dequantize;
}

Value RegionBuilder::emitDequantized(Value quantized, AffineMap map) {
  auto tensor = cast<RankedTensorType>(quantized.getType());
  auto type = cast<quant::QuantizedType>(tensor.getElementType());
  Value storage = addLeaf(getStorage(builder, quantized), map, type.getStorageType());
  bool isUnsigned = !type.isSigned();
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type))
    return DequantizeOp::create(builder, loc, builder.getF32Type(), storage, createFloat(uniform.getScale()),
                                uniform.getZeroPoint(), isUnsigned);
  auto perAxis = cast<quant::UniformQuantizedPerAxisType>(type);
  int64_t axis = perAxis.getQuantizedDimension();
  std::vector<float> scales(perAxis.getScales().begin(), perAxis.getScales().end());
  AffineMap axisMap = map.getSubMap({static_cast<unsigned>(axis)});
  Value scale = addScales(scales, {tensor.getDimSize(axis)}, axisMap);
  if (llvm::all_equal(perAxis.getZeroPoints()))
    return DequantizeOp::create(builder, loc, builder.getF32Type(), storage, scale, perAxis.getZeroPoints().front(),
                                isUnsigned);
  // The zero point is a number for the operation, so that ones which vary are subtracted first.
  Value zeroPoint = addLeaf(Value(), axisMap, builder.getI32Type());
  leaves.back().integers.assign(perAxis.getZeroPoints().begin(), perAxis.getZeroPoints().end());
  leaves.back().shape = {tensor.getDimSize(axis)};
  Value wide = storage;
  if (type.getStorageTypeIntegralWidth() < 32)
    wide = isUnsigned ? arith::ExtUIOp::create(builder, loc, builder.getI32Type(), storage).getResult()
                      : arith::ExtSIOp::create(builder, loc, builder.getI32Type(), storage).getResult();
  Value difference = arith::SubIOp::create(builder, loc, wide, zeroPoint);
  return DequantizeOp::create(builder, loc, builder.getF32Type(), difference, scale, 0, false);
}

/// Constants of one value stand in the region itself.
Value RegionBuilder::emitConstant(Value value, AffineMap map) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return value; // A scalar of outside, which the region may capture.
  if (type.getElementType().isF32())
    if (std::optional<std::vector<float>> floats = resolveFloatConstant(value)) {
      if (!floats->empty() && llvm::all_equal(*floats))
        return createFloat(floats->front());
      if (!readConstant<float>(value)) {
        Value arg = addLeaf(Value(), map, builder.getF32Type());
        leaves.back().floats = std::move(*floats);
        leaves.back().shape.assign(type.getShape().begin(), type.getShape().end());
        // Keeps the integers behind it in sight of `foldBias`.
        leaves.back().tensor = value;
        return arg;
      }
    }
  return addLeaf(value, map, type.getElementType());
}

/// The scalar of `value` at the loops' position, where `map` leads from loops to its dimensions.
Value RegionBuilder::emit(Value value, AffineMap map) {
  auto key = std::make_pair(value, map);
  if (Value known = emitted.lookup(key))
    return known;
  Operation *op = value.getDefiningOp();
  Value scalar;
  if (group.accumulator && op == group.accumulator->source) {
    scalar = emitAccumulator();
  } else if (op && group.members.contains(op)) {
    auto elementwise = cast<QuantizableOpInterface>(op);
    QuantRule rule = elementwise.getQuantRule();
    SmallVector<Value> scalars;
    for (auto [operand, operandMap] : llvm::zip(rule.inputs, rule.maps))
      scalars.push_back(emit(operand->get(), operandMap));
    scalar = elementwise.cloneScalarBody(builder, scalars);
  } else if (isConstantValue(value) || !isa<RankedTensorType>(value.getType())) {
    scalar = emitConstant(value, map);
  } else if (Value quantized = getQuantizedSource(value)) {
    scalar = emitDequantized(quantized, map);
  } else {
    scalar = addLeaf(value, map, cast<RankedTensorType>(value.getType()).getElementType());
  }
  emitted[key] = scalar;
  return scalar;
}

/// The bias that `scalar` adds to each channel, in units of the accumulator; nothing if it is no constant of the
/// channels or does not fit.
std::optional<SmallVector<int64_t>> RegionBuilder::getBias(Value scalar, bool &fits) {
  Accumulator &acc = *group.accumulator;
  std::vector<float> floats;
  std::optional<IntegerConstant> integers;
  SmallVector<int64_t> shape;
  AffineMap map;
  FloatAttr constant;
  if (matchPattern(scalar, m_Constant(&constant)) && constant.getType().isF32()) {
    floats = {constant.getValue().convertToFloat()};
    map = AffineMap::get(rank, 0, builder.getContext());
  } else {
    const auto *leaf = llvm::find_if(leaves, [&](const Leaf &candidate) { return candidate.arg == scalar; });
    if (leaf == leaves.end() || !leaf->tensor)
      return std::nullopt;
    std::optional<std::vector<float>> values = resolveFloatConstant(leaf->tensor);
    if (!values)
      return std::nullopt;
    floats = std::move(*values);
    integers = resolveIntegerConstant(leaf->tensor);
    ArrayRef<int64_t> leafShape = cast<RankedTensorType>(leaf->tensor.getType()).getShape();
    shape.assign(leafShape.begin(), leafShape.end());
    map = leaf->map;
  }

  // Where each dimension of the bias lies among the channels; one that the channels lack must have extent 1.
  SmallVector<int64_t> channelDim;
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    std::optional<unsigned> position = acc.channelMap.getResultPosition(expr);
    if (!position && shape[dim] != 1)
      return std::nullopt;
    channelDim.push_back(position ? static_cast<int64_t>(*position) : -1);
  }
  SmallVector<int64_t> bias(acc.getNumChannels());
  SmallVector<int64_t> index(acc.channelShape.size(), 0);
  for (auto [channel, sum] : llvm::enumerate(bias)) {
    int64_t element = 0;
    for (auto [dim, position] : llvm::enumerate(channelDim))
      element = element * shape[dim] + (position < 0 ? 0 : index[position]);
    float scale = acc.getScale(channel);
    bool isExact = false;
    if (integers && integers->width == 32) {
      int64_t parameter = integers->getParameter(element);
      isExact = integers->zeroPoints[parameter] == 0 &&
                std::fabs(integers->scales[parameter] - scale) <= kBiasScaleTolerance * scale;
    }
    if (isExact) {
      sum = integers->values[element];
    } else {
      numerics::QuantizedBias quantized =
          numerics::quantizeBias(floats[element], acc.activationScale, acc.weightScales[channel]);
      if (!quantized.fits) {
        fits = false;
        return std::nullopt;
      }
      sum = quantized.value;
    }
    for (int64_t dim = index.size() - 1; dim >= 0 && ++index[dim] == acc.channelShape[dim]; --dim)
      index[dim] = 0;
  }
  return bias;
}

/// dequantize(acc) + constant of the channels becomes dequantize(acc + integers) (bias_c1), unless the sum might not
/// fit.
void RegionBuilder::foldBias() {
  if (!accumulated || !group.accumulator->hasWeights || !accumulated->hasOneUse())
    return;
  auto add = dyn_cast<arith::AddFOp>(*accumulated->user_begin());
  if (!add || add.getLhs() == add.getRhs())
    return;
  Value addend = add.getLhs() == accumulated->getResult(0) ? add.getRhs() : add.getLhs();
  bool fits = true;
  std::optional<SmallVector<int64_t>> bias = getBias(addend, fits);
  if (bias && failed(group.accumulator->addBias(*bias)))
    fits = false;
  if (!fits)
    remark::analysis(loc, remark::RemarkOpts::name("FloatBias").category("qnn"))
        << remark::add("its bias does not fit in the i32 accumulator and is added in f32");
  if (!bias || !fits)
    return;
  for (auto &entry : emitted)
    if (entry.second == add.getResult())
      entry.second = accumulated->getResult(0);
  add.getResult().replaceAllUsesWith(accumulated->getResult(0));
  add.erase();
}

/// Trailing maxima and minima with constants narrow the clamp: quantizing is monotone, so that it commutes with them.
Value RegionBuilder::peelClamps(Value value, const StorageKind &kind, int32_t &lo, int32_t &hi) {
  while (Operation *op = value.getDefiningOp()) {
    bool isMax = isa<arith::MaximumFOp, arith::MaxNumFOp>(op);
    if (!isMax && !isa<arith::MinimumFOp, arith::MinNumFOp>(op))
      return value;
    APFloat bound(0.0f);
    unsigned boundOperand = matchPattern(op->getOperand(1), m_ConstantFloat(&bound)) ? 1 : 0;
    if (boundOperand == 0 && !matchPattern(op->getOperand(0), m_ConstantFloat(&bound)))
      return value;
    if (bound.isNaN())
      return value;
    int32_t quantized = numerics::quantize(bound.convertToFloat(), kind.scale, kind.zeroPoint, kind.min, kind.max);
    // Only bounds in order leave the order of the operations without effect.
    if (isMax ? quantized > hi : quantized < lo)
      return value;
    (isMax ? lo : hi) = isMax ? std::max(lo, quantized) : std::min(hi, quantized);
    value = op->getOperand(1 - boundOperand);
  }
  return value;
}

Value RegionBuilder::quantize(Value value, Type element) {
  std::optional<StorageKind> kind = getStorageKind(element);
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element);
  if (perAxis && perAxis.getStorageTypeIntegralWidth() == 8 && llvm::all_equal(perAxis.getZeroPoints())) {
    std::vector<float> scales(perAxis.getScales().begin(), perAxis.getScales().end());
    AffineMap axis =
        builder.getMultiDimIdentityMap(rank).getSubMap({static_cast<unsigned>(perAxis.getQuantizedDimension())});
    Value scale = addScales(scales, {static_cast<int64_t>(scales.size())}, axis);
    return QuantizeOp::create(builder, loc, builder.getI8Type(), value, scale, perAxis.getZeroPoints().front(),
                              perAxis.getStorageTypeMin(), perAxis.getStorageTypeMax(), !perAxis.isSigned());
  }
  if (!kind) {
    emitError(loc, "cannot quantize to ")
        << element << "; expected 8-bit or 16-bit storage, and per axis one zero point for all";
    return Value();
  }
  int32_t lo = kind->min, hi = kind->max;
  Value source = peelClamps(value, *kind, lo, hi);
  if (accumulated && source == accumulated->getResult(0)) {
    Accumulator &acc = *group.accumulator;
    std::vector<float> multipliers;
    for (float weightScale : acc.weightScales)
      multipliers.push_back(numerics::requantizeMultiplier(acc.activationScale, weightScale, kind->scale));
    Value multiplier = addScales(multipliers, acc.channelShape, acc.channelMap);
    return RequantizeOp::create(builder, loc, builder.getIntegerType(kind->width), accumulated->getOperand(0),
                                multiplier, kind->zeroPoint, lo, hi, kind->isUnsigned);
  }
  return QuantizeOp::create(builder, loc, builder.getIntegerType(kind->width), source, createFloat(kind->scale),
                            kind->zeroPoint, lo, hi, kind->isUnsigned);
}

/// Wraps the block in a linalg.generic that yields `scalar`.
Value RegionBuilder::finish(Value scalar, RankedTensorType type) {
  linalg::YieldOp::create(builder, loc, scalar);
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*block)))
    if (isOpTriviallyDead(&op))
      op.erase();

  OpBuilder::InsertionGuard guard(builder);
  builder.restoreInsertionPoint(outside);
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  std::string name = getNodeName(loc);
  for (Leaf &leaf : leaves) {
    if (leaf.arg.use_empty()) {
      block->eraseArgument(leaf.arg.getArgNumber());
      continue;
    }
    maps.push_back(leaf.map);
    if (!leaf.floats.empty())
      inputs.push_back(createConstant<float>(builder, loc, RankedTensorType::get(leaf.shape, builder.getF32Type()),
                                             leaf.floats, name + "_scales"));
    else if (!leaf.integers.empty())
      inputs.push_back(createConstant<int32_t>(builder, loc, RankedTensorType::get(leaf.shape, builder.getI32Type()),
                                               leaf.integers, name + "_zero_points"));
    else
      inputs.push_back(leaf.tensor);
  }
  block->addArgument(type.getElementType(), loc);
  maps.push_back(builder.getMultiDimIdentityMap(rank));
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(builder, loc, type, inputs, empty, maps, iterators);
  generic.getRegion().push_back(block.release());
  return generic.getResult(0);
}

FailureOr<Value> RegionBuilder::build(Value value, Type element) {
  auto type = cast<RankedTensorType>(value.getType());
  rank = type.getRank();
  outside = builder.saveInsertionPoint();
  builder.setInsertionPointToEnd(block.get());
  Value scalar = emit(value, builder.getMultiDimIdentityMap(rank));
  foldBias();
  scalar = emitted.lookup({value, builder.getMultiDimIdentityMap(rank)});
  if (element) {
    scalar = quantize(scalar, element);
    type = type.clone(cast<quant::QuantizedType>(element).getStorageType());
  }
  if (!scalar) {
    builder.restoreInsertionPoint(outside);
    return failure();
  }
  Value result = finish(scalar, type);
  builder.restoreInsertionPoint(outside);
  return result;
}

FailureOr<Value> RegionBuilder::buildFloat(Value value) { return build(value, Type()); }

FailureOr<Value> RegionBuilder::buildQuantized(Value value, Type element) { return build(value, element); }
