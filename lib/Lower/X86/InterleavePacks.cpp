//===- InterleavePacks.cpp - Packing for dot products interleaves whole vectors ----------------------------------===//
#include "quant-opt/Lower/X86/Passes.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_INTERLEAVEPACKSPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// A copy whose last two loops, `channels` and `parts`, write one contiguous piece; each part is a contiguous row of
/// channels in the source.
struct Pack {
  int64_t channels, parts;
};
} // namespace

static bool isContiguous(MemRefType type) { return type.getLayout().isIdentity(); }

static std::optional<Pack> match(linalg::GenericOp op) {
  if (!op.hasPureBufferSemantics() || op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops() || op.getNumLoops() < 3 ||
      op.getBody()->getTerminator()->getOperand(0) != op.getBody()->getArgument(0))
    return std::nullopt;
  // An input may be a scalar.
  auto from = dyn_cast<MemRefType>(op.getDpsInputs()[0].getType()),
       to = cast<MemRefType>(op.getDpsInits()[0].getType());
  AffineMap source = op.getIndexingMapsArray()[0];
  if (!from || from.getRank() == 0 || !op.getIndexingMapsArray()[1].isIdentity() || !isContiguous(from) ||
      !isContiguous(to))
    return std::nullopt;
  Pack pack{to.getDimSize(to.getRank() - 2), to.getDimSize(to.getRank() - 1)};
  if (pack.parts * to.getElementTypeBitWidth() != 32 || pack.parts == 1)
    return std::nullopt;
  // The last index of the source is the channel and something else; the others know nothing of it.
  unsigned channel = op.getNumLoops() - 2;
  AffineExpr dim = getAffineDimExpr(channel, op.getContext());
  AffineExpr rest = simplifyAffineExpr(source.getResults().back() - dim, source.getNumDims(), 0);
  if (rest.isFunctionOfDim(channel) ||
      llvm::any_of(source.getResults().drop_back(), [&](AffineExpr expr) { return expr.isFunctionOfDim(channel); }))
    return std::nullopt;
  return pack;
}

static void interleave(linalg::GenericOp op, const Pack &pack) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  Value from = op.getDpsInputs()[0], to = op.getDpsInits()[0];
  auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, loc, value); };

  // All but the last three loops are shared out.
  int64_t count = 1, outer = op.getNumLoops() - 3;
  for (int64_t range : ArrayRef(ranges).take_front(outer))
    count *= range;
  auto forall =
      scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(count)}, ValueRange(), std::nullopt);
  b.setInsertionPoint(forall.getTerminator());
  SmallVector<Value> at(op.getNumLoops());
  Value rest = forall.getInductionVar(0);
  for (int64_t dim = outer - 1; dim >= 0; --dim) {
    at[dim] = arith::RemUIOp::create(b, loc, rest, index(ranges[dim]));
    rest = arith::DivUIOp::create(b, loc, rest, index(ranges[dim]));
  }
  auto loop = scf::ForOp::create(b, loc, index(0), index(ranges[outer]), index(1));
  b.setInsertionPoint(loop.getBody()->getTerminator());
  at[outer] = loop.getInductionVar();
  at[outer + 1] = index(0);

  Type element = cast<MemRefType>(from.getType()).getElementType();
  SmallVector<Value> vectors;
  for (int64_t part = 0; part < pack.parts; ++part) {
    at[outer + 2] = index(part);
    SmallVector<Value> indices;
    for (AffineExpr expr : op.getIndexingMapsArray()[0].getResults())
      indices.push_back(affine::expandAffineExpr(b, loc, expr, at, ValueRange()));
    vectors.push_back(vector::LoadOp::create(b, loc, VectorType::get(pack.channels, element), from, indices));
  }
  // First those half of the parts apart, so that neighbours meet last.
  for (size_t half = vectors.size() / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i)
      vectors[i] = vector::InterleaveOp::create(b, loc, vectors[i], vectors[i + half]);
  int64_t rank = op.getNumLoops();
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0; dim < rank - 2; ++dim)
    groups.push_back({dim});
  groups.push_back({rank - 2, rank - 1});
  Value flat = memref::CollapseShapeOp::create(b, loc, to, groups);
  SmallVector<Value> indices(at.begin(), at.begin() + rank - 1);
  vector::StoreOp::create(b, loc, vectors.front(), flat, indices);
}

namespace {
struct InterleavePacks : public qnn::impl::InterleavePacksPassBase<InterleavePacks> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) { ops.push_back(op); });
    for (linalg::GenericOp op : ops)
      if (std::optional<Pack> pack = match(op)) {
        interleave(op, *pack);
        op.erase();
        ++numInterleaved;
      }
  }
};
} // namespace
