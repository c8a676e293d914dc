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

void KernelBuilder::annotate(scf::ForOp loop) { forbidUnrolling(loop); }

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

  scf::ForallOp forall = beginLoop(others * chunks);
  findStart();

  // The iteration's number is panel, outer loops, chunk of rows, the last fastest: weights are reused before rows.
  Value rest = forall.getInductionVar(0);
  Value chunk = split(rest, chunks);
  Value point = arith::RemUIOp::create(b, loc, rest, index(others / getPanels()));
  outerTiles = mul(point, tilesOfRows);
  Place place = getOrigin();
  for (size_t i = plan.outer.size(); i-- > 0;) {
    Value by = split(rest, getExtent(i));
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
