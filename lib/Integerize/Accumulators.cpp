//===- Accumulators.cpp - Contractions and sums on storage integers -----------------------------------------------===//
#include "Accumulators.h"

#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// A constant weight made signed: q - zero point fits in i8 wherever it can, so that most weights have zero point 0.
struct SignedWeight {
  std::vector<int8_t> values;
  /// For each channel; all zero unless the differences do not fit.
  std::vector<int32_t> zeroPoints;
  std::vector<float> scales;
  std::vector<int32_t> differences; // q - zero point of each element
  std::vector<int64_t> channels;    // of each element
};

/// One operand of the sum's body.
struct BodyInput {
  Value value;
  AffineMap map;
};

/// One byte of each integer of an operand, or all of it.
struct Plane {
  Value storage;
  bool isUnsigned;
  int32_t zeroPoint;
  int64_t maxMagnitude; // of the difference from the zero point
  unsigned shift;
};

} // namespace

/// The number of iterations of each loop, read off operand dimensions that a loop walks alone; -1 where none does.
static SmallVector<int64_t> getLoopRanges(const QuantRule &rule, ArrayRef<Value> operands) {
  SmallVector<int64_t> ranges(rule.iterators.size(), -1);
  for (auto [operand, map] : llvm::zip(operands, rule.maps))
    for (auto [dim, expr] : llvm::enumerate(map.getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(expr))
        ranges[loop.getPosition()] = cast<RankedTensorType>(operand.getType()).getDimSize(dim);
  return ranges;
}

static int64_t getMaxMagnitude(int32_t min, int32_t max, int32_t zeroPoint) {
  return std::max(std::abs(min - zeroPoint), std::abs(max - zeroPoint));
}

/// The high or low byte of each 16-bit integer.
static Value extractBytes(OpBuilder &builder, Location loc, Value words, bool high) {
  auto type = cast<RankedTensorType>(words.getType()).clone(builder.getI8Type());
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> parallel(type.getRank(), utils::IteratorType::parallel);
  return linalg::GenericOp::create(builder, loc, type, words, empty, ArrayRef{identity, identity}, parallel,
                                   [&](OpBuilder &b, Location bodyLoc, ValueRange args) {
                                     Value word = args[0];
                                     if (high)
                                       word = arith::ShRUIOp::create(b, bodyLoc, word,
                                                                     arith::ConstantIntOp::create(b, bodyLoc, 8, 16));
                                     Value byte = arith::TruncIOp::create(b, bodyLoc, b.getI8Type(), word);
                                     linalg::YieldOp::create(b, bodyLoc, byte);
                                   })
      .getResult(0);
}

/// The operand as kernels multiply it: its integers, or if they are 16-bit factors their bytes, high first.
static SmallVector<Plane, 2> getPlanes(OpBuilder &builder, Location loc, Value source, const StorageKind &kind,
                                       bool isFactor) {
  Value storage = getStorage(builder, source);
  if (kind.width == 8 || !isFactor)
    return {{storage, kind.isUnsigned, kind.zeroPoint, getMaxMagnitude(kind.min, kind.max, kind.zeroPoint), 0}};
  int32_t high = numerics::highPlane(kind.zeroPoint), low = numerics::lowPlane(kind.zeroPoint);
  return {{extractBytes(builder, loc, storage, true), kind.isUnsigned, high,
           getMaxMagnitude(numerics::highPlane(kind.min), numerics::highPlane(kind.max), high), 8},
          {extractBytes(builder, loc, storage, false), /*isUnsigned=*/true, low, getMaxMagnitude(0, 255, low), 0}};
}

/// Makes the weight's parameters those of its output channels; fails if they vary within one.
static std::optional<SignedWeight> getSignedWeight(const IntegerConstant &constant, const QuantRule &rule) {
  auto type = cast<RankedTensorType>(rule.weight->get().getType());
  SmallVector<int64_t> dims = rule.getWeightChannelDims();
  SignedWeight weight;
  int64_t numChannels = 1;
  SmallVector<int64_t> stride(type.getRank(), 0);
  for (int64_t dim : llvm::reverse(dims)) {
    stride[dim] = numChannels;
    numChannels *= type.getDimSize(dim);
  }
  const size_t size = constant.values.size();
  weight.channels.reserve(size);
  // Elements that follow each other and belong to one channel.
  int64_t numOuter = type.getRank(), run = 1;
  for (; numOuter > 0 && stride[numOuter - 1] == 0; --numOuter)
    run *= type.getDimSize(numOuter - 1);
  SmallVector<int64_t> index(numOuter, 0);
  std::vector<int64_t> parameter(numChannels, -1);
  while (weight.channels.size() < size) {
    int64_t channel = 0;
    for (int64_t dim = 0; dim < numOuter; ++dim)
      channel += index[dim] * stride[dim];
    const size_t begin = weight.channels.size();
    if (parameter[channel] == -1)
      parameter[channel] = constant.getParameter(begin);
    for (size_t i = begin, end = begin + run; i != end; ++i)
      if (parameter[channel] != constant.getParameter(i))
        return std::nullopt;
    weight.channels.insert(weight.channels.end(), run, channel);
    for (int64_t dim = numOuter - 1; dim >= 0 && ++index[dim] == type.getDimSize(dim); --dim)
      index[dim] = 0;
  }
  for (int64_t p : parameter) {
    weight.scales.push_back(constant.scales[p]);
    weight.zeroPoints.push_back(constant.zeroPoints[p]);
  }
  weight.differences.resize(size);
  bool fits = true;
  int32_t largest = 0;
  for (size_t i = 0; i != size; ++i) {
    int32_t difference = constant.values[i] - weight.zeroPoints[weight.channels[i]];
    weight.differences[i] = difference;
    fits &= difference >= -128 && difference <= 127;
    largest = std::max(largest, constant.values[i]);
  }
  // Bytes above 127 are unsigned storage: shifted by 128, as is the zero point.
  int32_t shift = largest > 127 ? 128 : 0;
  weight.values.resize(size);
  for (size_t i = 0; i != size; ++i)
    weight.values[i] = static_cast<int8_t>(fits ? weight.differences[i] : constant.values[i] - shift);
  for (int32_t &zeroPoint : weight.zeroPoints)
    zeroPoint = fits ? 0 : zeroPoint - shift;
  return weight;
}

/// The extended operand of the body, less its zero point unless that is 0.
static Value createFactor(OpBuilder &builder, Location loc, Value byte, bool isUnsigned, Value zeroPoint) {
  Type i32 = builder.getI32Type();
  Value wide = isUnsigned ? arith::ExtUIOp::create(builder, loc, i32, byte).getResult()
                          : arith::ExtSIOp::create(builder, loc, i32, byte).getResult();
  return zeroPoint ? arith::SubIOp::create(builder, loc, wide, zeroPoint).getResult() : wide;
}

FailureOr<Accumulator> qnn::createAccumulator(OpBuilder &builder, Operation *op, const QuantRule &rule,
                                              std::string &reason) {
  SmallVector<StorageKind, 2> kinds;
  SmallVector<Value, 2> sources;
  for (OpOperand *operand : rule.activations)
    if (Value source = getQuantizedSource(operand->get()); source && getStorageKind(source.getType())) {
      sources.push_back(source);
      kinds.push_back(*getStorageKind(source.getType()));
    }
  std::optional<IntegerConstant> constant = rule.weight ? resolveIntegerConstant(rule.weight->get()) : std::nullopt;
  if (sources.size() != rule.activations.size() || (rule.weight && (!constant || constant->width != 8))) {
    if (!sources.empty() || constant)
      reason = "only some of its operands are quantized to 8 bits per tensor";
    return failure();
  }

  Accumulator result;
  result.source = op;
  result.hasWeights = rule.weight;
  std::optional<SignedWeight> weight;
  SmallVector<Value> operands =
      llvm::map_to_vector(rule.activations, [](OpOperand *operand) { return operand->get(); });
  if (rule.weight)
    operands.push_back(rule.weight->get());
  operands.append(rule.windows.begin(), rule.windows.end());
  operands.push_back(op->getResult(0));
  SmallVector<int64_t> ranges = getLoopRanges(rule, operands);
  int64_t count = 1;
  for (auto [range, iterator] : llvm::zip_equal(ranges, rule.iterators))
    if (iterator == utils::IteratorType::reduction)
      count = range < 0 ? -1 : count * range;
  if (count < 0) {
    reason = "the extent of a reduction cannot be read off its operands";
    return failure();
  }

  bool isProduct = rule.role == QuantRole::Contraction;
  result.activationScale = kinds[0].scale;
  AffineMap resultMap = rule.maps.back();
  if (constant) {
    weight = getSignedWeight(*constant, rule);
    if (!weight) {
      reason = "its weight's parameters vary along the reduction";
      return failure();
    }
    result.weightScales = weight->scales;
    SmallVector<AffineExpr> channelExprs;
    for (int64_t loop : rule.getWeightChannelLoops()) {
      unsigned dim = *resultMap.getResultPosition(builder.getAffineDimExpr(loop));
      channelExprs.push_back(builder.getAffineDimExpr(dim));
      result.channelShape.push_back(ranges[loop]);
    }
    result.channelMap = AffineMap::get(resultMap.getNumResults(), 0, channelExprs, builder.getContext());
  } else {
    result.weightScales = {isProduct ? kinds[1].scale : 1.0f};
    result.channelMap = AffineMap::get(resultMap.getNumResults(), 0, builder.getContext());
  }

  builder.setInsertionPoint(op);
  Location loc = op->getLoc();
  SmallVector<Plane, 2> lhs = getPlanes(builder, loc, sources[0], kinds[0], isProduct), rhs;
  if (sources.size() > 1)
    rhs = getPlanes(builder, loc, sources[1], kinds[1], isProduct);
  else
    rhs.push_back({Value(), false, 0, 1, 0});
  std::vector<std::pair<Plane, Plane>> pairs;
  for (const Plane &left : lhs)
    for (const Plane &right : rhs) {
      AccumulatorPart part;
      part.shift = left.shift + right.shift;
      if (weight) {
        part.bounds = AccumulatorBounds::ofWeights(weight->differences, weight->channels, weight->scales.size(),
                                                   left.maxMagnitude);
        part.init.assign(weight->scales.size(), 0);
        for (auto [difference, channel] : llvm::zip_equal(weight->differences, weight->channels))
          part.init[channel] -= static_cast<int64_t>(left.zeroPoint) * difference;
      } else {
        part.bounds = AccumulatorBounds::ofProducts(count, left.maxMagnitude, right.maxMagnitude);
        // A sum's zero points are folded; those of two activations stay in the body.
        part.init = {isProduct ? 0 : -count * left.zeroPoint};
      }
      if (std::optional<int64_t> channel = part.bounds.findOverflow()) {
        reason = "its accumulator might not fit in i32: the bound of output channel " + std::to_string(*channel) +
                 " is " + std::to_string(part.bounds.getBounds()[*channel]) +
                 ", and 2147483647 is the limit (contract_c2)";
        return failure();
      }
      result.parts.push_back(std::move(part));
      pairs.push_back({left, right});
    }

  // What all parts read behind the planes.
  SmallVector<BodyInput> shared;
  std::optional<size_t> zeroPointInput;
  if (weight) {
    auto type = cast<RankedTensorType>(rule.weight->get().getType()).clone(builder.getI8Type());
    std::string name = getNodeName(loc);
    shared.push_back({createConstant<int8_t>(builder, loc, type, weight->values, name + "_weight"), rule.maps[1]});
    if (!llvm::all_equal(weight->zeroPoints)) {
      auto zeroPointType = RankedTensorType::get(result.channelShape, builder.getI32Type());
      SmallVector<AffineExpr> loops = llvm::map_to_vector(rule.getWeightChannelLoops(),
                                                          [&](int64_t loop) { return builder.getAffineDimExpr(loop); });
      zeroPointInput = 1 + shared.size();
      shared.push_back(
          {createConstant<int32_t>(builder, loc, zeroPointType, weight->zeroPoints, name + "_weight_zero_point"),
           AffineMap::get(rule.iterators.size(), 0, loops, builder.getContext())});
    }
  }
  for (auto [i, window] : llvm::enumerate(rule.windows))
    shared.push_back({window, rule.maps[rule.activations.size() + (rule.weight ? 1 : 0) + i]});

  auto resultType = cast<RankedTensorType>(op->getResult(0).getType()).clone(builder.getI32Type());
  for (auto [part, pair] : llvm::zip_equal(result.parts, pairs)) {
    const Plane &left = pair.first, &right = pair.second;
    SmallVector<Value> values{left.storage};
    SmallVector<AffineMap> maps{rule.maps[0]};
    if (right.storage) {
      values.push_back(right.storage);
      maps.push_back(rule.maps[1]);
    }
    for (const BodyInput &input : shared) {
      values.push_back(input.value);
      maps.push_back(input.map);
    }
    maps.push_back(resultMap);
    Value empty = tensor::EmptyOp::create(builder, loc, resultType.getShape(), resultType.getElementType());
    part.sum = linalg::GenericOp::create(
        builder, loc, resultType, values, empty, maps, rule.iterators,
        [&](OpBuilder &b, Location bodyLoc, ValueRange args) {
          auto constantOrNull = [&](int32_t zeroPoint) {
            return zeroPoint ? arith::ConstantIntOp::create(b, bodyLoc, zeroPoint, 32).getResult() : Value();
          };
          Value term;
          if (!isProduct) {
            term = createFactor(b, bodyLoc, args[0], left.isUnsigned, Value());
          } else if (weight) {
            Value factor = createFactor(b, bodyLoc, args[0], left.isUnsigned, Value());
            Value zeroPoint = zeroPointInput ? args[*zeroPointInput] : constantOrNull(weight->zeroPoints.front());
            term = arith::MulIOp::create(b, bodyLoc, factor,
                                         createFactor(b, bodyLoc, args[1], /*isUnsigned=*/false, zeroPoint));
          } else {
            Value factor = createFactor(b, bodyLoc, args[0], left.isUnsigned, constantOrNull(left.zeroPoint));
            term = arith::MulIOp::create(
                b, bodyLoc, factor,
                createFactor(b, bodyLoc, args[1], right.isUnsigned, constantOrNull(right.zeroPoint)));
          }
          Value sum = arith::AddIOp::create(b, bodyLoc, args.back(), term);
          linalg::YieldOp::create(b, bodyLoc, sum);
        });
  }
  return result;
}

LogicalResult Accumulator::addBias(ArrayRef<int64_t> bias) {
  AccumulatorPart &part = parts.front();
  AccumulatorBounds widened = part.bounds;
  for (auto [channel, value] : llvm::enumerate(bias))
    widened.addBias(channel, value);
  if (widened.findOverflow())
    return failure();
  part.bounds = widened;
  for (auto [sum, value] : llvm::zip_equal(part.init, bias))
    sum += value;
  return success();
}

void Accumulator::finish(OpBuilder &builder) {
  for (AccumulatorPart &part : parts) {
    linalg::GenericOp sum = part.sum;
    builder.setInsertionPoint(sum);
    Location loc = sum.getLoc();
    sum->setAttr("qnn.certificate", builder.getDenseI64ArrayAttr(part.bounds.getBounds()));
    // Wrapping is harmless here: the certificate bounds the final sum.
    std::vector<int32_t> wrapped(part.init.begin(), part.init.end());
    Value empty = sum.getOutputs().front();
    Value initial;
    if (llvm::all_equal(wrapped)) {
      Value value = arith::ConstantIntOp::create(builder, loc, wrapped.front(), 32);
      initial = linalg::FillOp::create(builder, loc, value, empty).getResult(0);
    } else {
      auto type = RankedTensorType::get(channelShape, builder.getI32Type());
      Value vector = createConstant<int32_t>(builder, loc, type, wrapped, getNodeName(loc) + "_bias");
      unsigned rank = cast<RankedTensorType>(empty.getType()).getRank();
      SmallVector<AffineMap> maps{channelMap, builder.getMultiDimIdentityMap(rank)};
      SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
      initial = linalg::GenericOp::create(builder, loc, empty.getType(), vector, empty, maps, iterators,
                                          [](OpBuilder &b, Location bodyLoc, ValueRange args) {
                                            linalg::YieldOp::create(b, bodyLoc, args[0]);
                                          })
                    .getResult(0);
    }
    sum.getOutputsMutable().assign(initial);
  }
}
