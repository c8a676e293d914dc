//===- ConstantEvaluator.cpp - Evaluates imported operations whose inputs are constants --------------------------===//
#include "ConstantEvaluator.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

using Tensor = ConstantEvaluator::Tensor;

namespace {

/// Larger tensors are left to the compiled program.
constexpr int64_t kMaxEvaluatedElements = 1 << 16;

unsigned byteWidth(Type element) { return element.isIntOrFloat() ? element.getIntOrFloatBitWidth() / 8 : 0; }

bool isEvaluable(RankedTensorType type) {
  return type && type.hasStaticShape() && type.getElementType().isIntOrFloat() &&
         type.getElementType().getIntOrFloatBitWidth() % 8 == 0 &&
         type.getElementType().getIntOrFloatBitWidth() <= 64 && type.getNumElements() <= kMaxEvaluatedElements;
}

Tensor makeZero(RankedTensorType type) {
  return {type, std::vector<char>(type.getNumElements() * byteWidth(type.getElementType()))};
}

Attribute readElement(const Tensor &tensor, int64_t index) {
  Type element = tensor.type.getElementType();
  unsigned width = byteWidth(element);
  uint64_t bits = 0;
  std::memcpy(&bits, tensor.bytes.data() + index * width, width);
  if (auto floatType = dyn_cast<FloatType>(element))
    return FloatAttr::get(floatType, APFloat(floatType.getFloatSemantics(), APInt(8 * width, bits)));
  return IntegerAttr::get(element, APInt(8 * width, bits));
}

LogicalResult writeElement(Tensor &tensor, int64_t index, Attribute attr) {
  unsigned width = byteWidth(tensor.type.getElementType());
  uint64_t bits;
  if (auto floatAttr = dyn_cast_or_null<FloatAttr>(attr))
    bits = floatAttr.getValue().bitcastToAPInt().getZExtValue();
  else if (auto intAttr = dyn_cast_or_null<IntegerAttr>(attr))
    bits = intAttr.getValue().getZExtValue();
  else
    return failure();
  std::memcpy(tensor.bytes.data() + index * width, &bits, width);
  return success();
}

/// Row-major index of a point; -1 if it is outside.
int64_t linearize(ArrayRef<int64_t> point, ArrayRef<int64_t> shape) {
  int64_t index = 0;
  for (auto [i, size] : llvm::zip_equal(point, shape)) {
    if (i < 0 || i >= size)
      return -1;
    index = index * size + i;
  }
  return index;
}

/// Row-major index of the element that `map` reads at a point of the loops; -1 if it is outside.
int64_t linearize(AffineMap map, ArrayRef<int64_t> point, ArrayRef<int64_t> shape) {
  int64_t index = 0;
  for (auto [expr, size] : llvm::zip_equal(map.getResults(), shape)) {
    int64_t i;
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      i = point[dim.getPosition()];
    else
      i = map.getSubMap({static_cast<unsigned>(llvm::find(map.getResults(), expr) - map.getResults().begin())})
              .compose(point)[0];
    if (i < 0 || i >= size)
      return -1;
    index = index * size + i;
  }
  return index;
}

/// Steps to the next point in row-major order; false after the last.
bool advance(MutableArrayRef<int64_t> point, ArrayRef<int64_t> shape) {
  for (int64_t i = shape.size() - 1; i >= 0; --i) {
    if (++point[i] < shape[i])
      return true;
    point[i] = 0;
  }
  return false;
}

void copyElement(const Tensor &from, int64_t source, Tensor &to, int64_t target) {
  unsigned width = byteWidth(to.type.getElementType());
  std::memcpy(to.bytes.data() + target * width, from.bytes.data() + source * width, width);
}

} // namespace

bool ConstantEvaluator::spend(int64_t points) {
  budget -= points;
  return budget >= 0;
}

void ConstantEvaluator::setTensor(Value value, Tensor tensor) {
  tensors[value] = std::make_unique<Tensor>(std::move(tensor));
}

const Tensor *ConstantEvaluator::getTensor(Value value) {
  if (auto it = tensors.find(value); it != tensors.end())
    return it->second.get();
  ElementsAttr elements = getConstantElements(value);
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!elements || !isEvaluable(type))
    return nullptr;
  std::optional<std::vector<char>> bytes = readBytes(elements);
  if (!bytes)
    return nullptr;
  setTensor(value, {type, std::move(*bytes)});
  return tensors.find(value)->second.get();
}

Attribute ConstantEvaluator::getScalar(Value value, const Scalars &scalars) {
  if (Attribute attr = scalars.lookup(value))
    return attr;
  if (Attribute attr = topLevel.lookup(value))
    return attr;
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    return constant.getValue();
  return {};
}

LogicalResult ConstantEvaluator::evaluateScalar(Operation &op, Scalars &scalars, ArrayRef<int64_t> point) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    scalars[constant] = constant.getValue();
    return success();
  }
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    scalars[index] = IntegerAttr::get(IndexType::get(op.getContext()), point[index.getDim()]);
    return success();
  }
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    SmallVector<int64_t> at;
    for (Value operand : extract.getIndices()) {
      auto attr = dyn_cast_or_null<IntegerAttr>(getScalar(operand, scalars));
      if (!attr)
        return failure();
      at.push_back(attr.getInt());
    }
    const Tensor *source = getTensor(extract.getTensor());
    int64_t index = source ? linearize(at, source->type.getShape()) : -1;
    if (index < 0)
      return failure();
    scalars[extract] = readElement(*source, index);
    return success();
  }
  if (op.getNumRegions() || op.getNumResults() != 1)
    return failure();
  SmallVector<Attribute> operands;
  for (Value operand : op.getOperands()) {
    operands.push_back(getScalar(operand, scalars));
    if (!operands.back())
      return failure();
  }
  SmallVector<OpFoldResult> folded;
  if (failed(op.fold(operands, folded)) || folded.size() != 1)
    return failure();
  Attribute result = dyn_cast<Attribute>(folded[0]);
  if (!result)
    result = getScalar(cast<Value>(folded[0]), scalars);
  if (!isa_and_nonnull<IntegerAttr, FloatAttr>(result))
    return failure();
  scalars[op.getResult(0)] = result;
  return success();
}

LogicalResult ConstantEvaluator::evaluateStructured(Operation *operation) {
  auto op = cast<linalg::LinalgOp>(operation);
  SmallVector<const Tensor *> inputs;
  SmallVector<Tensor> outputs;
  SmallVector<int64_t> loops;
  // Every shape must be static, and every operand known, before the loop bounds can be derived. Pointers into the map
  // are taken only after all tensors are in it.
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType()) && !getTensor(operand))
      return failure();
  loops = op.getStaticLoopRanges();
  int64_t points = 1;
  for (int64_t size : loops) {
    if (ShapedType::isDynamic(size) || (size > 0 && points > budget / size))
      return failure();
    points *= size;
  }
  Block *body = op.getBlock();
  if (!spend(points * static_cast<int64_t>(body->getOperations().size())))
    return failure();
  for (OpOperand *input : op.getDpsInputOperands())
    inputs.push_back(isa<RankedTensorType>(input->get().getType()) ? getTensor(input->get()) : nullptr);
  for (OpOperand &init : op.getDpsInitsMutable())
    outputs.push_back(*getTensor(init.get()));
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();

  // Everything that one point needs is allocated once: there may be millions of points.
  Scalars scalars;
  SmallVector<int64_t> outputIndices(outputs.size());
  SmallVector<int64_t> point(loops.size(), 0);
  for (bool more = points > 0; more; more = advance(point, loops)) {
    for (auto [i, map] : llvm::enumerate(maps)) {
      BlockArgument arg = body->getArgument(i);
      bool isInput = i < inputs.size();
      if (isInput && !inputs[i]) {
        scalars[arg] = getScalar(op.getDpsInputOperand(i)->get(), scalars);
        if (!scalars[arg])
          return failure();
        continue;
      }
      const Tensor &tensor = isInput ? *inputs[i] : outputs[i - inputs.size()];
      int64_t index = linearize(map, point, tensor.type.getShape());
      if (index < 0)
        return failure();
      scalars[arg] = readElement(tensor, index);
      if (!isInput)
        outputIndices[i - inputs.size()] = index;
    }
    for (Operation &inner : body->without_terminator())
      if (failed(evaluateScalar(inner, scalars, point)))
        return failure();
    for (auto [output, index, value] : llvm::zip_equal(outputs, outputIndices, body->getTerminator()->getOperands()))
      if (failed(writeElement(output, index, getScalar(value, scalars))))
        return failure();
  }
  for (auto [result, output] : llvm::zip_equal(op->getResults(), outputs))
    setTensor(result, std::move(output));
  return success();
}

LogicalResult ConstantEvaluator::evaluatePad(Operation *op) {
  auto pad = cast<tensor::PadOp>(op);
  const Tensor *source = getTensor(pad.getSource());
  Value paddingValue = pad.getConstantPaddingValue();
  Attribute padding = paddingValue ? getScalar(paddingValue, topLevel) : Attribute();
  if (!source || !padding || ShapedType::isDynamicShape(pad.getStaticLow()))
    return failure();
  Tensor result = makeZero(pad.getType());
  for (int64_t i = 0, e = result.type.getNumElements(); i < e; ++i)
    if (failed(writeElement(result, i, padding)))
      return failure();
  SmallVector<int64_t> point(source->type.getRank(), 0);
  for (int64_t i = 0, e = source->type.getNumElements(); i < e; ++i) {
    SmallVector<int64_t> target(point);
    for (auto [at, low] : llvm::zip_equal(target, pad.getStaticLow()))
      at += low;
    int64_t index = linearize(target, result.type.getShape());
    if (index < 0)
      return failure();
    copyElement(*source, i, result, index);
    advance(point, source->type.getShape());
  }
  setTensor(pad.getResult(), std::move(result));
  return success();
}

LogicalResult ConstantEvaluator::evaluateSlice(Operation *op) {
  // Both slices visit the points of the smaller tensor and address the larger.
  auto extract = dyn_cast<tensor::ExtractSliceOp>(op);
  auto slice = cast<OffsetSizeAndStrideOpInterface>(op);
  if (!extract && !isa<tensor::InsertSliceOp>(op))
    return failure();
  ArrayRef<int64_t> offsets = slice.getStaticOffsets(), sizes = slice.getStaticSizes(),
                    strides = slice.getStaticStrides();
  if (ShapedType::isDynamicShape(offsets) || ShapedType::isDynamicShape(sizes) || ShapedType::isDynamicShape(strides))
    return failure();
  const Tensor *source = getTensor(op->getOperand(0));
  if (!source)
    return failure();
  Tensor result = makeZero(cast<RankedTensorType>(op->getResult(0).getType()));
  if (!extract) {
    const Tensor *dest = getTensor(cast<tensor::InsertSliceOp>(op).getDest());
    if (!dest)
      return failure();
    result = *dest;
    source = getTensor(op->getOperand(0));
  }
  ArrayRef<int64_t> largeShape = extract ? source->type.getShape() : result.type.getShape();
  int64_t count = extract ? result.type.getNumElements() : source->type.getNumElements();
  SmallVector<int64_t> point(sizes.size(), 0);
  for (int64_t small = 0; small < count; ++small) {
    SmallVector<int64_t> at;
    for (auto [i, offset, stride] : llvm::zip_equal(point, offsets, strides))
      at.push_back(offset + i * stride);
    int64_t large = linearize(at, largeShape);
    if (large < 0)
      return failure();
    copyElement(*source, extract ? large : small, result, extract ? small : large);
    advance(point, sizes);
  }
  setTensor(op->getResult(0), std::move(result));
  return success();
}

LogicalResult ConstantEvaluator::evaluateConcat(Operation *op) {
  auto concat = cast<tensor::ConcatOp>(op);
  Tensor result = makeZero(concat.getResultType());
  int64_t offset = 0, dim = concat.getDim();
  for (Value input : concat.getInputs()) {
    const Tensor *source = getTensor(input);
    if (!source)
      return failure();
    SmallVector<int64_t> point(source->type.getRank(), 0);
    for (int64_t i = 0, e = source->type.getNumElements(); i < e; ++i) {
      SmallVector<int64_t> target(point);
      target[dim] += offset;
      int64_t index = linearize(target, result.type.getShape());
      if (index < 0)
        return failure();
      copyElement(*source, i, result, index);
      advance(point, source->type.getShape());
    }
    offset += source->type.getShape()[dim];
  }
  setTensor(concat.getResult(), std::move(result));
  return success();
}

LogicalResult ConstantEvaluator::evaluate(Operation *op) {
  for (Type type : op->getResultTypes())
    if (isa<ShapedType>(type) && !isEvaluable(dyn_cast<RankedTensorType>(type)))
      return failure();
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](arith::ConstantOp constant) {
        if (!isa<ShapedType>(constant.getType()))
          topLevel[constant] = constant.getValue();
        return success();
      })
      .Case([&](tensor::EmptyOp empty) {
        setTensor(empty, makeZero(empty.getType()));
        return success();
      })
      .Case<tensor::CollapseShapeOp, tensor::ExpandShapeOp>([&](auto reshape) -> LogicalResult {
        const Tensor *source = getTensor(reshape.getSrc());
        if (!source)
          return failure();
        Tensor result{cast<RankedTensorType>(reshape.getResult().getType()), source->bytes};
        setTensor(reshape.getResult(), std::move(result));
        return success();
      })
      .Case([&](tensor::FromElementsOp fromElements) -> LogicalResult {
        Tensor result = makeZero(cast<RankedTensorType>(fromElements.getType()));
        for (auto [i, element] : llvm::enumerate(fromElements.getElements()))
          if (failed(writeElement(result, i, getScalar(element, topLevel))))
            return failure();
        setTensor(fromElements, std::move(result));
        return success();
      })
      .Case([&](tensor::PadOp pad) { return evaluatePad(pad); })
      .Case<tensor::ExtractSliceOp, tensor::InsertSliceOp>([&](auto slice) { return evaluateSlice(slice); })
      .Case([&](tensor::ConcatOp concat) { return evaluateConcat(concat); })
      .Case([&](linalg::LinalgOp structured) { return evaluateStructured(structured); })
      .Default([&](Operation *scalar) -> LogicalResult {
        if (llvm::any_of(op->getResultTypes(), [](Type type) { return isa<ShapedType>(type); }))
          return failure();
        return evaluateScalar(*scalar, topLevel, {});
      });
}
