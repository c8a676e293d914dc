//===- ContractionKernel.cpp - Places, loops and epilogues of kernels, whatever the target -----------------------===//
#include "quant-opt/Lower/Common/ContractionKernel.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qnn;

Value ContractionKernel::flatten(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  if (type.getLayout().isIdentity()) {
    if (type.getRank() == 1)
      return memref;
    int64_t size = type.getNumElements();
    auto flat = MemRefType::get({size}, type.getElementType());
    return memref::ReinterpretCastOp::create(b, loc, flat, memref, int64_t(0), ArrayRef<int64_t>{size},
                                             ArrayRef<int64_t>{1});
  }
  // The plan's strides count from the slice's own first element.
  SmallVector<int64_t> strides;
  int64_t offset, span = 1;
  (void)type.getStridesAndOffset(strides, offset);
  for (auto [size, stride] : llvm::zip_equal(type.getShape(), strides))
    span += (size - 1) * stride;
  auto metadata = memref::ExtractStridedMetadataOp::create(b, loc, memref);
  auto layout = StridedLayoutAttr::get(b.getContext(), offset, {1});
  auto flat = MemRefType::get({span}, type.getElementType(), layout);
  OpFoldResult start = ShapedType::isDynamic(offset) ? OpFoldResult(metadata.getOffset()) : b.getIndexAttr(offset);
  return memref::ReinterpretCastOp::create(b, loc, flat, metadata.getBaseBuffer(), start,
                                           ArrayRef<OpFoldResult>{b.getIndexAttr(span)},
                                           ArrayRef<OpFoldResult>{b.getIndexAttr(1)});
}

scf::ForallOp ContractionKernel::beginLoop(int64_t count) {
  b.setInsertionPoint(op);
  auto forall =
      scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(count)}, ValueRange{}, std::nullopt);
  b.setInsertionPointToStart(forall.getBody());
  lhs = flatten(op.getLhs());
  rhs = flatten(op.getRhs());
  out = flatten(op.getOut());
  for (Value extra : op.getExtras())
    extras.push_back(flatten(extra));
  return forall;
}

Value ContractionKernel::split(Value &rest, int64_t extent, bool isLast) {
  if (isLast)
    return rest;
  if (extent == 1)
    return index(0);
  Value count = index(extent);
  Value part = arith::RemUIOp::create(b, loc, rest, count);
  rest = arith::DivUIOp::create(b, loc, rest, count);
  return part;
}

ContractionKernel::Place ContractionKernel::getOrigin() {
  Place place{index(plan.lhsBase), index(0), index(plan.outBase), {}};
  for (int64_t base : plan.extrasBase)
    place.extras.push_back(index(base));
  return place;
}

ContractionKernel::Place ContractionKernel::at(Place place, const PlanLoop &loop, Value by) {
  auto advance = [&](Value base, int64_t stride) { return stride == 0 ? base : add(base, mul(by, stride)); };
  place.lhs = advance(place.lhs, loop.lhs);
  place.rhs = advance(place.rhs, loop.rhs);
  place.out = advance(place.out, loop.out);
  for (auto [base, stride] : llvm::zip_equal(place.extras, loop.extras))
    base = advance(base, stride);
  return place;
}

SmallVector<Value>
ContractionKernel::forRange(int64_t count, ArrayRef<Value> values,
                            llvm::function_ref<SmallVector<Value>(Value index, ArrayRef<Value> values)> body) {
  if (count == 1)
    return body(index(0), values);
  auto loop = scf::ForOp::create(b, loc, index(0), index(count), index(1), values);
  annotate(loop);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> carried(loop.getRegionIterArgs());
  SmallVector<Value> next = body(loop.getInductionVar(), carried);
  if (!values.empty())
    scf::YieldOp::create(b, loc, next);
  return SmallVector<Value>(loop.getResults());
}

SmallVector<Value>
ContractionKernel::forOuterReductions(Value lhsAt, Value rhsAt, ArrayRef<Value> accs,
                                      llvm::function_ref<SmallVector<Value>(Value, Value, ArrayRef<Value>)> body,
                                      size_t level) {
  if (level == plan.kOuter.size())
    return body(lhsAt, rhsAt, accs);
  const PlanLoop &loop = plan.kOuter[level];
  return forRange(loop.extent, accs, [&](Value i, ArrayRef<Value> carried) {
    return forOuterReductions(add(lhsAt, mul(i, loop.lhs)), add(rhsAt, mul(i, loop.rhs)), carried, body, level + 1);
  });
}

Value ContractionKernel::vectorize(IRMapping &mapping, Value value, int64_t lanes) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  // Captured from outside the region.
  Value splat = vector::BroadcastOp::create(b, loc, vectorOf(value.getType(), lanes), value);
  mapping.map(value, splat);
  return splat;
}

IRMapping ContractionKernel::cloneEpilogue(IRMapping mapping, Operation *end, int64_t lanes) {
  for (Operation &inner : llvm::make_range(op.getEpilogueBlock().begin(), end->getIterator())) {
    if (llvm::all_of(inner.getResults(), [&](Value result) { return mapping.contains(result); }))
      continue;
    if (auto constant = dyn_cast<arith::ConstantOp>(inner)) {
      auto attr = DenseElementsAttr::get(vectorOf(constant.getType(), lanes), constant.getValue());
      mapping.map(constant.getResult(),
                  arith::ConstantOp::create(b, constant.getLoc(), cast<TypedAttr>(attr)).getResult());
      continue;
    }
    for (Value operand : inner.getOperands())
      vectorize(mapping, operand, lanes);
    Operation *wide = b.clone(inner, mapping);
    for (Value result : wide->getResults())
      result.setType(vectorOf(result.getType(), lanes));
    mapping.map(inner.getResults(), wide->getResults());
  }
  return mapping;
}
