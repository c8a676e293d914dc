//===- QnnContractOps.cpp - Builder and verifier of qnn.contract -------------------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::qnn;

void ContractOp::build(OpBuilder &builder, OperationState &state, Value lhs, Value rhs, ValueRange extras, Value out,
                       ArrayRef<AffineMap> maps, ArrayRef<int64_t> extents, ArrayRef<utils::IteratorType> iterators,
                       bool lhsFlipped) {
  SmallVector<Attribute> iteratorAttrs = llvm::map_to_vector(iterators, [&](utils::IteratorType type) -> Attribute {
    return linalg::IteratorTypeAttr::get(builder.getContext(), type);
  });
  SmallVector<Type> results;
  if (isa<TensorType>(out.getType()))
    results.push_back(out.getType());
  build(builder, state, results, lhs, rhs, extras, out, builder.getAffineMapArrayAttr(maps),
        builder.getDenseI64ArrayAttr(extents), builder.getArrayAttr(iteratorAttrs),
        lhsFlipped ? builder.getUnitAttr() : UnitAttr(), /*packed_k=*/nullptr, /*run_dims=*/nullptr);
}

SmallVector<utils::IteratorType> ContractOp::getIterators() {
  return llvm::map_to_vector(getIteratorTypes(),
                             [](Attribute type) { return cast<linalg::IteratorTypeAttr>(type).getValue(); });
}

void ContractOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  for (OpOperand &operand : getOperation()->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    if (&operand == &getOutMutable())
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  }
}

/// The largest value that `expr` takes when each loop runs from 0 to its extent, or nothing if `expr` is not a sum of
/// loops times non-negative constants.
static std::optional<int64_t> getLargest(AffineExpr expr, ArrayRef<int64_t> extents) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return extents[dim.getPosition()] - 1;
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue() < 0 ? std::nullopt : std::optional<int64_t>(constant.getValue());
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<int64_t> lhs = getLargest(binary.getLHS(), extents), rhs = getLargest(binary.getRHS(), extents);
  if (!lhs || !rhs)
    return std::nullopt;
  if (binary.getKind() == AffineExprKind::Add)
    return *lhs + *rhs;
  if (binary.getKind() == AffineExprKind::Mul && isa<AffineConstantExpr>(binary.getRHS()))
    return *lhs * *rhs;
  return std::nullopt;
}

bool ContractOp::isSupported(Type lhs, Type rhs) {
  return lhs == rhs ? lhs.isInteger(8) || lhs.isF32() || lhs.isBF16() : lhs.isF32() && rhs.isF16();
}

LogicalResult ContractOp::verify() {
  SmallVector<AffineMap> maps = getMaps();
  ArrayRef<int64_t> extents = getExtents();
  if (maps.size() != getOperation()->getNumOperands())
    return emitOpError("expected an indexing map for each of ")
           << getOperation()->getNumOperands() << " operands, found " << maps.size();
  if (getIteratorTypes().size() != extents.size())
    return emitOpError("expected an iterator type for each of ")
           << extents.size() << " loops, found " << getIteratorTypes().size();
  for (Attribute type : getIteratorTypes()) {
    auto iterator = dyn_cast<linalg::IteratorTypeAttr>(type);
    if (!iterator)
      return emitOpError("expected parallel and reduction iterator types, found ") << type;
  }
  if (llvm::any_of(extents, [](int64_t extent) { return extent <= 0; }))
    return emitOpError("expected positive extents");

  SmallVector<utils::IteratorType> iterators = getIterators();
  if (isPacked() != getRunDims().has_value())
    return emitOpError("expected packed_k and run_dims together");
  if (isPacked()) {
    SmallVector<int64_t> order(*getPackedK());
    llvm::sort(order);
    SmallVector<int64_t> reductions;
    for (auto [dim, iterator] : llvm::enumerate(iterators))
      if (iterator == utils::IteratorType::reduction)
        reductions.push_back(dim);
    if (order != reductions)
      return emitOpError("expected packed_k to order the reduction loops");
    if (*getRunDims() > reductions.size())
      return emitOpError("expected at most ") << reductions.size() << " run_dims, found " << *getRunDims();
  }

  for (auto [index, operand, map] : llvm::enumerate(getOperation()->getOperands(), maps)) {
    auto type = cast<ShapedType>(operand.getType());
    if (isa<TensorType>(type) != isa<TensorType>(getOut().getType()))
      return emitOpError("expected all operands to be tensors or all to be memrefs");
    if (map.getNumDims() != extents.size() || map.getNumSymbols() != 0)
      return emitOpError("expected map ") << index << " to have " << extents.size() << " dimensions and no symbols";
    bool packed = isPacked() && index == 1;
    if (!packed && map.getNumResults() != type.getRank())
      return emitOpError("expected map ")
             << index << " to have " << type.getRank() << " results, found " << map.getNumResults();
    for (auto [i, expr] : llvm::enumerate(map.getResults())) {
      std::optional<int64_t> largest = getLargest(expr, extents);
      if (!largest)
        return emitOpError("expected map ") << index << " to hold sums of loops times non-negative constants";
      if (!packed && *largest >= type.getDimSize(i))
        return emitOpError("operand ") << index << " is accessed at " << *largest << " in dimension " << i
                                       << " of size " << type.getDimSize(i);
      if (index >= 2)
        for (auto [dim, iterator] : llvm::enumerate(iterators))
          if (iterator == utils::IteratorType::reduction && expr.isFunctionOfDim(dim))
            return emitOpError("operand ") << index << " depends on the reduction loop " << dim;
    }
  }
  AffineMap outMap = maps.back();
  if (!outMap.isProjectedPermutation() ||
      static_cast<int64_t>(outMap.getNumResults()) != llvm::count(iterators, utils::IteratorType::parallel))
    return emitOpError("expected out to be accessed by a permutation of the parallel loops");
  for (auto [i, expr] : llvm::enumerate(outMap.getResults()))
    if (extents[cast<AffineDimExpr>(expr).getPosition()] != cast<ShapedType>(getOut().getType()).getDimSize(i))
      return emitOpError("expected dimension ") << i << " of out to have the extent of its loop";

  Type lhs = cast<ShapedType>(getLhs().getType()).getElementType();
  Type rhs = cast<ShapedType>(getRhs().getType()).getElementType();
  if (!isSupported(lhs, rhs))
    return emitOpError("expected lhs and rhs of i8, of f32 or of bf16, or f32 and f16, found ")
           << lhs << " and " << rhs;
  if (isFloat() && getLhsFlipped())
    return emitOpError("expected lhs_flipped on 8-bit operands only");
  bool tensors = isa<TensorType>(getOut().getType());
  if (tensors != static_cast<bool>(getResult()) || (tensors && getResult().getType() != getOut().getType()))
    return emitOpError("expected one result of the type of out on tensors, none on memrefs");
  return success();
}

LogicalResult ContractOp::verifyRegions() {
  Block &block = getEpilogueBlock();
  if (block.getNumArguments() != 1 + getExtras().size())
    return emitOpError("expected ") << 1 + getExtras().size() << " arguments of the region, found "
                                    << block.getNumArguments();
  Type acc = isFloat() ? Type(Float32Type::get(getContext())) : Type(IntegerType::get(getContext(), 32));
  if (block.getArgument(0).getType() != acc)
    return emitOpError("expected an accumulator of ") << acc << ", found " << block.getArgument(0).getType();
  for (auto [i, argument] : llvm::enumerate(block.getArguments().drop_front())) {
    Type element = cast<ShapedType>(getExtras()[i].getType()).getElementType();
    if (argument.getType() != element)
      return emitOpError("expected argument ") << i + 1 << " of " << element << ", found " << argument.getType();
  }
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  Type element = cast<ShapedType>(getOut().getType()).getElementType();
  if (!yield || yield.getValue().getType() != element)
    return emitOpError("expected the region to yield ") << element;
  return success();
}
