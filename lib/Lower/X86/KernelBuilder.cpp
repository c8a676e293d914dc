//===- KernelBuilder.cpp - The loops around tiles and the epilogue in registers ----------------------------------===//
#include "KernelBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::qnn;

/// Iterations of the whole kernel that leave every thread of a large machine some to do.
constexpr int64_t kEnoughIterations = 64;

/// Keeps LLVM from unrolling: accumulators of an unrolled tile would spill.
static void forbidUnrolling(scf::ForOp loop) {
  MLIRContext *context = loop.getContext();
  auto unroll = LLVM::LoopUnrollAttr::get(context, BoolAttr::get(context, true), {}, {}, {}, {}, {}, {});
  loop->setAttr("llvm.loop_annotation",
                LLVM::LoopAnnotationAttr::get(context, {}, {}, {}, unroll, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}));
}

Value KernelBuilder::flatten(Value memref) {
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

KernelBuilder::Place KernelBuilder::at(Place place, const PlanLoop &loop, Value by) {
  auto advance = [&](Value base, int64_t stride) { return stride == 0 ? base : add(base, mul(by, stride)); };
  place.lhs = advance(place.lhs, loop.lhs);
  place.rhs = advance(place.rhs, loop.rhs);
  place.out = advance(place.out, loop.out);
  for (auto [base, stride] : llvm::zip_equal(place.extras, loop.extras))
    base = advance(base, stride);
  return place;
}

scf::ForallOp KernelBuilder::build() {
  fullTiles = plan.rows.extent / tile.rows;
  int64_t others = getPanels();
  auto getExtent = [&](size_t outer) {
    return llvm::divideCeil(plan.outer[outer].extent, outer == tile.lineLoop ? tile.lines : 1);
  };
  for (size_t i = 0; i < plan.outer.size(); ++i)
    others *= getExtent(i);
  chunks =
      std::clamp<int64_t>(llvm::divideCeil(kEnoughIterations, others * tile.lines), 1, std::max<int64_t>(fullTiles, 1));
  tilesPerChunk = std::max<int64_t>(llvm::divideCeil(fullTiles, chunks), 1);
  chunks = std::max<int64_t>(llvm::divideCeil(fullTiles, tilesPerChunk), 1);
  int64_t tilesOfRows = llvm::divideCeil(plan.rows.extent, tile.rows);
  tilesPerPanel = others / getPanels() * tilesOfRows;

  iterationsPerPanel = others / getPanels() * chunks;

  b.setInsertionPoint(op);
  auto forall = scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(others * chunks)}, ValueRange{},
                                      std::nullopt);
  b.setInsertionPointToStart(forall.getBody());
  lhs = flatten(op.getLhs());
  rhs = flatten(op.getRhs());
  out = flatten(op.getOut());
  for (Value extra : op.getExtras())
    extras.push_back(flatten(extra));
  findStart();

  // The iteration's number is panel, outer loops, chunk of rows, the last fastest: weights are reused before rows.
  Value rest = forall.getInductionVar(0);
  auto split = [&](int64_t extent) -> Value {
    if (extent == 1)
      return index(0);
    Value count = index(extent);
    Value part = arith::RemUIOp::create(b, loc, rest, count);
    rest = arith::DivUIOp::create(b, loc, rest, count);
    return part;
  };
  Value chunk = split(chunks);
  Value point = arith::RemUIOp::create(b, loc, rest, index(others / getPanels()));
  outerTiles = mul(point, tilesOfRows);
  Place place{index(plan.lhsBase), index(0), index(plan.outBase), {}};
  for (int64_t base : plan.extrasBase)
    place.extras.push_back(index(base));
  for (size_t i = plan.outer.size(); i-- > 0;) {
    Value by = split(getExtent(i));
    if (i == tile.lineLoop) {
      lineTile = by;
      by = mul(by, tile.lines);
    }
    place = at(place, plan.outer[i], by);
  }
  Value panel = getPanels() == 1 ? index(0) : rest;
  buildPanel(panel, chunk, place);
  return forall;
}

void KernelBuilder::forEachRowTile(Value chunk, const Place &place, RowTileFn body) {
  tileOfPanel = outerTiles;
  if (fullTiles == 1) {
    body(place, tile.rows);
  } else if (tilesPerChunk == 1 && fullTiles > 1) {
    tileOfPanel = add(outerTiles, chunk);
    body(at(place, plan.rows, mul(chunk, tile.rows)), tile.rows);
  } else if (fullTiles > 1) {
    Value first = chunks == 1 ? index(0) : mul(chunk, tilesPerChunk);
    Value end = add(first, tilesPerChunk);
    if (fullTiles % tilesPerChunk)
      end = arith::MinUIOp::create(b, loc, end, index(fullTiles));
    OpBuilder::InsertionGuard guard(b);
    auto loop = scf::ForOp::create(b, loc, first, end, index(1));
    forbidUnrolling(loop);
    b.setInsertionPointToStart(loop.getBody());
    tileOfPanel = add(outerTiles, loop.getInductionVar());
    body(at(place, plan.rows, mul(loop.getInductionVar(), tile.rows)), tile.rows);
  }
  int64_t restRows = plan.rows.extent % tile.rows;
  if (restRows == 0)
    return;
  OpBuilder::InsertionGuard guard(b);
  if (chunks > 1) {
    Value last = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, chunk, index(chunks - 1));
    auto branch = scf::IfOp::create(b, loc, last, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
  }
  tileOfPanel = add(outerTiles, fullTiles);
  body(at(place, plan.rows, index(fullTiles * tile.rows)), restRows);
}

SmallVector<Value>
KernelBuilder::forRange(int64_t count, ArrayRef<Value> values,
                        llvm::function_ref<SmallVector<Value>(Value index, ArrayRef<Value> values)> body) {
  if (count == 1)
    return body(index(0), values);
  auto loop = scf::ForOp::create(b, loc, index(0), index(count), index(1), values);
  forbidUnrolling(loop);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> carried(loop.getRegionIterArgs());
  SmallVector<Value> next = body(loop.getInductionVar(), carried);
  if (!values.empty())
    scf::YieldOp::create(b, loc, next);
  return SmallVector<Value>(loop.getResults());
}

void KernelBuilder::ifElse(arith::CmpIPredicate predicate, Value left, Value right,
                           llvm::function_ref<void()> buildThen, llvm::function_ref<void()> buildElse) {
  Value condition = arith::CmpIOp::create(b, loc, predicate, left, right);
  auto branch = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  buildThen();
  b.setInsertionPointToStart(branch.elseBlock());
  buildElse();
}

SmallVector<Value>
KernelBuilder::forOuterReductions(Value lhsAt, Value rhsAt, ArrayRef<Value> accs,
                                  llvm::function_ref<SmallVector<Value>(Value, Value, ArrayRef<Value>)> body,
                                  size_t level) {
  if (level == plan.kOuter.size())
    return body(lhsAt, rhsAt, accs);
  const PlanLoop &loop = plan.kOuter[level];
  return forRange(loop.extent, accs, [&](Value i, ArrayRef<Value> carried) {
    return forOuterReductions(add(lhsAt, mul(i, loop.lhs)), add(rhsAt, mul(i, loop.rhs)), carried, body, level + 1);
  });
}

Value KernelBuilder::loadFirst(VectorType type, Value memref, Value at, int64_t lanes) {
  if (lanes == type.getNumElements())
    return load(type, memref, at);
  if (lanes == 1) {
    Value scalar = memref::LoadOp::create(b, loc, memref, ValueRange{at});
    return vector::InsertOp::create(b, loc, scalar, zero(type), ArrayRef<int64_t>{0});
  }
  Value mask =
      vector::ConstantMaskOp::create(b, loc, vectorOf(b.getI1Type(), type.getNumElements()), ArrayRef<int64_t>{lanes});
  return vector::MaskedLoadOp::create(b, loc, type, memref, ValueRange{at}, mask, zero(type));
}

void KernelBuilder::storeFirst(Value vector, Value memref, Value at, int64_t lanes) {
  auto type = cast<VectorType>(vector.getType());
  if (lanes == type.getNumElements()) {
    vector::StoreOp::create(b, loc, vector, memref, ValueRange{at});
    return;
  }
  if (lanes == 1) {
    // LLVM 22 writes a whole i32 where the one lane of a masked store was truncated from it.
    Value scalar = vector::ExtractOp::create(b, loc, vector, ArrayRef<int64_t>{0});
    memref::StoreOp::create(b, loc, scalar, memref, ValueRange{at});
    return;
  }
  Value mask =
      vector::ConstantMaskOp::create(b, loc, vectorOf(b.getI1Type(), type.getNumElements()), ArrayRef<int64_t>{lanes});
  vector::MaskedStoreOp::create(b, loc, memref, ValueRange{at}, mask, vector);
}

Value KernelBuilder::widen(Value value) {
  auto type = cast<VectorType>(value.getType());
  if (!isa<FloatType>(type.getElementType()) || type.getElementType().isF32())
    return value;
  return arith::ExtFOp::create(b, loc, vectorOf(b.getF32Type(), type.getNumElements()), value);
}

Value KernelBuilder::multiplyAdd(Value left, Value right, Value acc) {
  if (!plan.isFloat)
    return Dot4Op::create(b, loc, acc.getType(), left, right, acc, /*lhs_unsigned=*/true);
  if (path == CpuPath::X86_64)
    return arith::AddFOp::create(b, loc, acc, arith::MulFOp::create(b, loc, left, right));
  // Not vector.fma or math.fma: the one may be split again, the other may become a call.
  return LLVM::FMAOp::create(b, loc, acc.getType(), left, right, acc);
}
