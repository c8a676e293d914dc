//===- Relayout.cpp - Values and linalg operations in another order of dimensions ---------------------------------===//
#include "Relayout.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::qnn;

bool qnn::isIdentity(ArrayRef<int64_t> permutation) {
  for (auto [i, dim] : llvm::enumerate(permutation))
    if (dim != static_cast<int64_t>(i))
      return false;
  return true;
}

Permutation qnn::invert(ArrayRef<int64_t> permutation) {
  Permutation inverse(permutation.size());
  for (auto [i, dim] : llvm::enumerate(permutation))
    inverse[dim] = i;
  return inverse;
}

AffineMap qnn::permuteResults(AffineMap map, ArrayRef<int64_t> permutation) {
  return AffineMap::get(map.getNumDims(), map.getNumSymbols(), permute(map.getResults(), permutation),
                        map.getContext());
}

RankedTensorType qnn::permuteType(RankedTensorType type, ArrayRef<int64_t> permutation) {
  Type element = type.getElementType();
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element); perAxis && !permutation.empty()) {
    int64_t axis = llvm::find(permutation, perAxis.getQuantizedDimension()) - permutation.begin();
    element = quant::UniformQuantizedPerAxisType::get(
        perAxis.getFlags(), perAxis.getStorageType(), perAxis.getExpressedType(), perAxis.getScales(),
        perAxis.getZeroPoints(), axis, perAxis.getStorageTypeMin(), perAxis.getStorageTypeMax());
  }
  return RankedTensorType::get(permute(type.getShape(), permutation), element, type.getEncoding());
}

ElementsAttr qnn::getConstantBehindReshapes(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return getConstantElements(value);
}

std::string qnn::getConstantName(ElementsAttr attr) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr))
    return resource.getRawHandle().getKey().str();
  return "weights";
}

/// Copies elements of `size` bytes, row-major in `shape`, into the permuted order.
static std::vector<char> permuteBytes(ArrayRef<char> bytes, ArrayRef<int64_t> shape, ArrayRef<int64_t> permutation,
                                      unsigned size) {
  int64_t rank = shape.size();
  SmallVector<int64_t> strides(rank, size);
  for (int64_t i = rank - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  SmallVector<int64_t> newShape = permute(shape, permutation), newStrides = permute(ArrayRef(strides), permutation);
  std::vector<char> result(bytes.size());
  SmallVector<int64_t> index(rank, 0);
  int64_t source = 0;
  for (size_t target = 0; target < result.size(); target += size) {
    std::copy_n(bytes.data() + source, size, result.data() + target);
    for (int64_t i = rank - 1; i >= 0; --i) {
      source += newStrides[i];
      if (++index[i] < newShape[i])
        break;
      source -= newStrides[i] * newShape[i];
      index[i] = 0;
    }
  }
  return result;
}

Value qnn::createRelaidConstant(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> permutation,
                                RankedTensorType type) {
  ElementsAttr attr = getConstantBehindReshapes(value);
  if (!attr)
    return {};
  if (auto splat = dyn_cast<SplatElementsAttr>(attr))
    return arith::ConstantOp::create(builder, loc, type, splat.resizeSplat(type));
  std::optional<std::vector<char>> bytes = readBytes(attr);
  if (!bytes)
    return {};
  if (!isIdentity(permutation))
    bytes = permuteBytes(*bytes, cast<RankedTensorType>(value.getType()).getShape(), permutation,
                         type.getElementTypeBitWidth() / 8);
  return createConstantFromBytes(builder, loc, type, *bytes, getConstantName(attr));
}

/// Values whose elements do not depend on their place are made anew in `type`; null for others.
static Value createUniform(OpBuilder &builder, Location loc, Value value, RankedTensorType type) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<tensor::EmptyOp>(op))
    return tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  auto fill = dyn_cast_if_present<linalg::FillOp>(op);
  if (!fill)
    return {};
  Value empty = tensor::EmptyOp::create(builder, fill.getLoc(), type.getShape(), type.getElementType());
  return linalg::FillOp::create(builder, fill.getLoc(), fill.getInputs(), empty).getResult(0);
}

Value qnn::createTransposed(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> permutation) {
  if (isIdentity(permutation))
    return value;
  RankedTensorType type = permuteType(cast<RankedTensorType>(value.getType()), permutation);
  if (Value constant = createRelaidConstant(builder, loc, value, permutation, type))
    return constant;
  if (Value uniform = createUniform(builder, loc, value, type))
    return uniform;
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
  return linalg::TransposeOp::create(builder, loc, value, empty, permutation)->getResult(0);
}

Value qnn::createReshaped(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> shape,
                          ArrayRef<ReassociationIndices> groups) {
  auto type = cast<RankedTensorType>(value.getType());
  auto newType = RankedTensorType::get(shape, type.getElementType());
  if (type == newType)
    return value;
  if (Value constant = createRelaidConstant(builder, loc, value, {}, newType))
    return constant;
  if (Value uniform = createUniform(builder, loc, value, newType))
    return uniform;
  if (newType.getRank() > type.getRank())
    return tensor::ExpandShapeOp::create(builder, loc, newType, value, groups);
  return tensor::CollapseShapeOp::create(builder, loc, newType, value, groups);
}

linalg::GenericOp qnn::createRelaidGeneric(OpBuilder &builder, linalg::GenericOp op, ValueRange operands,
                                           ArrayRef<Permutation> permutations, ArrayRef<unsigned> loops) {
  MLIRContext *context = op.getContext();
  SmallVector<unsigned> newPosition(loops.size());
  SmallVector<AffineExpr> newDims(loops.size());
  SmallVector<utils::IteratorType> iterators;
  for (auto [i, loop] : llvm::enumerate(loops)) {
    newPosition[loop] = i;
    newDims[loop] = getAffineDimExpr(i, context);
    iterators.push_back(op.getIteratorTypesArray()[loop]);
  }
  SmallVector<AffineMap> maps;
  for (auto [map, permutation] : llvm::zip_equal(op.getIndexingMapsArray(), permutations))
    maps.push_back(permuteResults(map, permutation).replaceDimsAndSymbols(newDims, {}, loops.size(), 0));

  unsigned numInputs = op.getNumDpsInputs();
  ValueRange inputs = operands.take_front(numInputs), inits = operands.drop_front(numInputs);
  auto result = linalg::GenericOp::create(builder, op.getLoc(), TypeRange(inits), inputs, inits, maps, iterators);
  result->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  IRMapping mapping;
  op.getRegion().cloneInto(&result.getRegion(), mapping);
  result.walk([&](linalg::IndexOp index) { index.setDim(newPosition[index.getDim()]); });
  return result;
}
