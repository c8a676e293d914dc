//===- SharedBuilders.cpp - The structures that every operator family is made of ---------------------------------===//
#include "NodeImporter.h"
#include "TensorLoader.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::onnx_import;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }
static Type elementOf(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

static SmallVector<OpFoldResult> foldResults(OpBuilder &b, ArrayRef<int64_t> values) {
  return getAsIndexOpFoldResult(b.getContext(), values);
}

//===--- Constants -----------------------------------------------------------------------------------------------===//

Value NodeImporter::scalar(Type type, double value) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return arith::ConstantOp::create(b, b.getFloatAttr(floatType, value));
  return scalarInt(type, static_cast<int64_t>(value));
}

Value NodeImporter::scalarInt(Type type, int64_t value) {
  if (type.isIndex())
    return arith::ConstantIndexOp::create(b, value);
  return arith::ConstantOp::create(b,
                                   b.getIntegerAttr(type, APInt(type.getIntOrFloatBitWidth(), value, /*isSigned=*/true,
                                                                /*implicitTrunc=*/true)));
}

Value NodeImporter::int64Tensor(ArrayRef<int64_t> elements, ArrayRef<int64_t> shape) {
  return createConstant<int64_t>(b, b.getLoc(), RankedTensorType::get(shape, b.getI64Type()), elements, name);
}

Value NodeImporter::floatTensor(ArrayRef<double> elements, ArrayRef<int64_t> shape, ElementType type) {
  auto floatType = cast<FloatType>(irType(type));
  unsigned width = getByteWidth(type);
  std::vector<char> bytes(elements.size() * width);
  for (auto [i, element] : llvm::enumerate(elements)) {
    APFloat rounded(element);
    bool losesInfo;
    rounded.convert(floatType.getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
    uint64_t bits = rounded.bitcastToAPInt().getZExtValue();
    std::memcpy(bytes.data() + i * width, &bits, width);
  }
  return createConstantFromBytes(b, b.getLoc(), RankedTensorType::get(shape, floatType), bytes, name);
}

//===--- Tensors -------------------------------------------------------------------------------------------------===//

Value NodeImporter::empty(ArrayRef<int64_t> shape, Type element) { return tensor::EmptyOp::create(b, shape, element); }

Value NodeImporter::filled(ArrayRef<int64_t> shape, Value scalar) {
  return linalg::FillOp::create(b, scalar, empty(shape, scalar.getType())).getResult(0);
}

Value NodeImporter::reshape(Value value, ArrayRef<int64_t> shape) {
  if (!value)
    return {};
  auto from = cast<RankedTensorType>(value.getType());
  if (from.getShape() == shape)
    return value;
  std::optional<int64_t> count = countElements(shape);
  if (!count || *count != from.getNumElements()) {
    (void)invalid("cannot reshape " + Twine(from.getNumElements()) + " elements to the shape asked for");
    return {};
  }
  auto to = from.clone(shape);
  if (ElementsAttr elements = getConstantElements(value)) {
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements))
      return arith::ConstantOp::create(b, value.getLoc(), to,
                                       DenseResourceElementsAttr::get(to, resource.getRawHandle()));
    if (auto dense = dyn_cast<DenseElementsAttr>(elements))
      return arith::ConstantOp::create(b, value.getLoc(), to, dense.reshape(to));
  }
  if (from.getRank() != to.getRank()) {
    if (auto reassociation = getReassociationIndicesForReshape(from, to)) {
      if (from.getRank() > to.getRank())
        return tensor::CollapseShapeOp::create(b, to, value, *reassociation);
      return tensor::ExpandShapeOp::create(b, to, value, *reassociation);
    }
  }
  // Neither a collapse nor an expansion alone: through one dimension.
  auto allDimensions = [](int64_t rank) {
    SmallVector<ReassociationIndices> all;
    if (rank > 0)
      all.push_back(llvm::to_vector<2>(llvm::seq<int64_t>(0, rank)));
    return all;
  };
  Value flat = value;
  if (from.getRank() != 1) {
    auto flatType = from.clone({from.getNumElements()});
    if (from.getRank() == 0)
      flat = tensor::ExpandShapeOp::create(b, flatType, value, ArrayRef<ReassociationIndices>());
    else
      flat = tensor::CollapseShapeOp::create(b, flatType, value, allDimensions(from.getRank()));
  }
  if (to.getRank() == 1)
    return flat;
  if (to.getRank() == 0)
    return tensor::CollapseShapeOp::create(b, to, flat, ArrayRef<ReassociationIndices>());
  return tensor::ExpandShapeOp::create(b, to, flat, allDimensions(to.getRank()));
}

Value NodeImporter::transpose(Value value, ArrayRef<int64_t> permutation) {
  if (!value || llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return value;
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation)
    shape.push_back(shapeOf(value)[dim]);
  return linalg::TransposeOp::create(b, value, empty(shape, elementOf(value)), permutation)->getResult(0);
}

Value NodeImporter::pad(Value value, ArrayRef<int64_t> low, ArrayRef<int64_t> high, Value scalar) {
  if (!value)
    return {};
  SmallVector<int64_t> shape;
  bool isZero = true;
  for (auto [dim, before, after] : llvm::zip_equal(shapeOf(value), low, high)) {
    // Both are within int64 because each was an attribute of a tensor that is checked below; guard their sum.
    if (before < 0 || after < 0 || before > kMaxElements || after > kMaxElements) {
      (void)invalid("a padding of " + Twine(before) + " and " + Twine(after) + " elements is out of range");
      return {};
    }
    isZero &= before == 0 && after == 0;
    shape.push_back(dim + before + after);
  }
  if (isZero)
    return value;
  if (!countElements(shape)) {
    (void)invalid("the padded tensor is too large");
    return {};
  }
  auto type = RankedTensorType::get(shape, elementOf(value));
  return tensor::PadOp::create(b, type, value, foldResults(b, low), foldResults(b, high), scalar);
}

Value NodeImporter::slice(Value value, ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides) {
  if (!value)
    return {};
  if (shapeOf(value) == sizes && llvm::all_of(strides, [](int64_t stride) { return stride == 1; }))
    return value;
  return tensor::ExtractSliceOp::create(b, RankedTensorType::get(sizes, elementOf(value)), value,
                                        foldResults(b, offsets), foldResults(b, sizes), foldResults(b, strides));
}

std::optional<SmallVector<int64_t>> NodeImporter::broadcastShape(ArrayRef<ArrayRef<int64_t>> shapes) {
  size_t rank = 0;
  for (ArrayRef<int64_t> shape : shapes)
    rank = std::max(rank, shape.size());
  SmallVector<int64_t> result(rank, 1);
  for (ArrayRef<int64_t> shape : shapes) {
    for (auto [dim, size] : llvm::zip_equal(MutableArrayRef<int64_t>(result).take_back(shape.size()), shape)) {
      if (size == 1 || size == dim)
        continue;
      if (dim != 1) {
        (void)invalid("shapes do not broadcast: " + Twine(dim) + " against " + Twine(size));
        return std::nullopt;
      }
      dim = size;
    }
  }
  if (!countElements(result)) {
    (void)invalid("the broadcast shape is too large");
    return std::nullopt;
  }
  return result;
}

Value NodeImporter::broadcastTo(Value value, ArrayRef<int64_t> shape) {
  if (!value)
    return {};
  if (shapeOf(value) == shape)
    return value;
  Value target = empty(shape, elementOf(value));
  std::optional<SmallVector<int64_t>> common = broadcastShape({shapeOf(value), shape});
  if (!common || ArrayRef<int64_t>(*common) != shape) {
    if (common)
      (void)invalid("a value does not broadcast to the shape asked for");
    return {};
  }
  (void)target;
  // A second operand that is not read only fixes the shape.
  int64_t rank = shape.size();
  SmallVector<int64_t> kept;
  SmallVector<AffineExpr> exprs;
  int64_t offset = rank - shapeOf(value).size();
  for (auto [i, size] : llvm::enumerate(shapeOf(value))) {
    if (size == 1 && shape[offset + i] != 1)
      continue;
    kept.push_back(size);
    exprs.push_back(b.getAffineDimExpr(offset + i));
  }
  Value source = reshape(value, kept);
  SmallVector<AffineMap> maps{AffineMap::get(rank, 0, exprs, getContext()), b.getMultiDimIdentityMap(rank)};
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, target.getType(), source, target, maps, iterators,
             [](OpBuilder &builder, Location loc, ValueRange args) { linalg::YieldOp::create(builder, loc, args[0]); })
      .getResult(0);
}

Value NodeImporter::elementwise(ValueRange values, Type resultElement, Body body) {
  SmallVector<ArrayRef<int64_t>> shapes;
  for (Value value : values) {
    if (!value)
      return {};
    shapes.push_back(shapeOf(value));
  }
  std::optional<SmallVector<int64_t>> shape = broadcastShape(shapes);
  if (!shape)
    return {};
  int64_t rank = shape->size();

  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  SmallVector<TypedAttr> constants; // per value; null where it is an operand
  bool allConstant = llvm::all_of(values, [](Value value) { return bool(getConstantElements(value)); });
  for (Value value : values) {
    ElementsAttr elements = getConstantElements(value);
    if (elements && elements.getNumElements() == 1 && !allConstant) {
      if (auto dense = dyn_cast<DenseElementsAttr>(elements)) {
        constants.push_back(cast<TypedAttr>(dense.getSplatValue<Attribute>()));
        continue;
      }
    }
    constants.push_back({});
    SmallVector<int64_t> kept;
    SmallVector<AffineExpr> exprs;
    int64_t offset = rank - shapeOf(value).size();
    for (auto [i, size] : llvm::enumerate(shapeOf(value))) {
      // A constant loses all its unit dimensions, so that a vector stays one whatever the other operand's shape.
      if (size == 1 && ((*shape)[offset + i] != 1 || (elements && !allConstant)))
        continue;
      kept.push_back(size);
      exprs.push_back(b.getAffineDimExpr(offset + i));
    }
    operands.push_back(reshape(value, kept));
    maps.push_back(AffineMap::get(rank, 0, exprs, getContext()));
  }
  Value target = empty(*shape, resultElement);
  maps.push_back(b.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  return linalg::GenericOp::create(b, target.getType(), operands, target, maps, iterators,
                                   [&](OpBuilder &builder, Location loc, ValueRange args) {
                                     OpBuilder::InsertionGuard guard(b);
                                     b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
                                     SmallVector<Value> scalars;
                                     for (TypedAttr constant : constants) {
                                       if (constant) {
                                         scalars.push_back(arith::ConstantOp::create(b, constant));
                                       } else {
                                         scalars.push_back(args.front());
                                         args = args.drop_front();
                                       }
                                     }
                                     linalg::YieldOp::create(b, body(b, scalars));
                                   })
      .getResult(0);
}

Value NodeImporter::reduce(Value value, ArrayRef<int64_t> axes, bool keepDims, Value init, Body body) {
  if (!value)
    return {};
  ArrayRef<int64_t> shape = shapeOf(value);
  int64_t rank = shape.size();
  SmallVector<int64_t> reduced, kept;
  SmallVector<AffineExpr> exprs;
  SmallVector<utils::IteratorType> iterators;
  for (int64_t i = 0; i < rank; ++i) {
    bool isReduced = llvm::is_contained(axes, i);
    iterators.push_back(isReduced ? utils::IteratorType::reduction : utils::IteratorType::parallel);
    if (!isReduced) {
      reduced.push_back(shape[i]);
      exprs.push_back(b.getAffineDimExpr(i));
    }
    if (!isReduced || keepDims)
      kept.push_back(isReduced ? 1 : shape[i]);
  }
  Value target = filled(reduced, init);
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank), AffineMap::get(rank, 0, exprs, getContext())};
  Value result =
      linalg::GenericOp::create(b, target.getType(), value, target, maps, iterators,
                                [&](OpBuilder &builder, Location loc, ValueRange args) {
                                  OpBuilder::InsertionGuard guard(b);
                                  b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
                                  linalg::YieldOp::create(b, body(b, args));
                                })
          .getResult(0);
  return reshape(result, kept);
}

//===--- Casts ---------------------------------------------------------------------------------------------------===//

Value NodeImporter::castScalar(ImplicitLocOpBuilder &builder, Value value, ElementType from, ElementType to) {
  Type source = irType(from), target = irType(to);
  if (to == ElementType::Bool) {
    if (from == ElementType::Bool)
      return value;
    Value isTrue;
    if (isFloat(from)) {
      Value zero = arith::ConstantOp::create(builder, builder.getFloatAttr(source, 0.0));
      isTrue = arith::CmpFOp::create(builder, arith::CmpFPredicate::UNE, value, zero);
    } else {
      Value zero = arith::ConstantOp::create(builder, builder.getIntegerAttr(source, 0));
      isTrue = arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, value, zero);
    }
    return arith::ExtUIOp::create(builder, target, isTrue);
  }
  if (source == target && isFloat(from) == isFloat(to)) {
    return value;
  }
  // No machine converts 16-bit floats from or to anything but f32.
  bool isDirect = from == ElementType::Float || to == ElementType::Float;
  bool isNarrow = (isFloat(from) && getByteWidth(from) == 2) || (isFloat(to) && getByteWidth(to) == 2);
  if (isNarrow && !isDirect)
    return castScalar(builder, castScalar(builder, value, from, ElementType::Float), ElementType::Float, to);
  if (isFloat(from) && isFloat(to)) {
    if (getByteWidth(from) < getByteWidth(to))
      return arith::ExtFOp::create(builder, target, value);
    return arith::TruncFOp::create(builder, target, value);
  }
  if (isFloat(from)) {
    // Out of range is undefined in ONNX, and what fptosi yields for it is poison: narrow integers go through i32 or
    // i64, whose truncation wraps as C compilers' code for the reference does.
    unsigned width = target.getIntOrFloatBitWidth();
    if (width >= 32 && isUnsigned(to))
      return arith::FPToUIOp::create(builder, target, value);
    if (width >= 32)
      return arith::FPToSIOp::create(builder, target, value);
    return arith::TruncIOp::create(builder, target, arith::FPToSIOp::create(builder, builder.getI32Type(), value));
  }
  if (isFloat(to)) {
    if (isUnsigned(from))
      return arith::UIToFPOp::create(builder, target, value);
    return arith::SIToFPOp::create(builder, target, value);
  }
  unsigned fromWidth = source.getIntOrFloatBitWidth(), toWidth = target.getIntOrFloatBitWidth();
  if (fromWidth > toWidth)
    return arith::TruncIOp::create(builder, target, value);
  if (isUnsigned(from))
    return arith::ExtUIOp::create(builder, target, value);
  return arith::ExtSIOp::create(builder, target, value);
}

Value NodeImporter::castTensor(Value value, ElementType from, ElementType to) {
  if (from == to)
    return value;
  if (irType(from) == irType(to) && to != ElementType::Bool)
    return value;
  return elementwise(value, irType(to), [&](ImplicitLocOpBuilder &builder, ValueRange args) {
    return castScalar(builder, args[0], from, to);
  });
}
