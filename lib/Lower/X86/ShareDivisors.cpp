//===- ShareDivisors.cpp - Loops that divide by one number multiply by its inverse -------------------------------===//
#include "QuantizeArith.h"
#include "TargetPath.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Lower/X86/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_SHAREDIVISORSPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Iterations below which looking at the dividends first does not pay.
static constexpr int64_t kLeastIterations = 48;
/// Dividends that are looked at together.
static constexpr int64_t kLanes = 16;
/// What numerics::divideByInverse is exact for: the bits of dividends that are not 0, and divisors.
static constexpr int32_t kLeastDividend = (127 - 100) << 23, kMostDividend = (127 + 40) << 23;
static constexpr float kLeastDivisor = 0x1p-20f, kMostDivisor = 0x1p20f;

/// Whether nothing that the loop writes is read through the same value.
static bool isOnlyRead(memref::LoadOp load, scf::ForOp loop) {
  return llvm::none_of(loop.getBody()->getOps<memref::StoreOp>(),
                       [&](memref::StoreOp store) { return store.getMemRef() == load.getMemRef(); });
}

/// The reading of neighbouring elements that makes `value`, or null.
static memref::LoadOp getRow(Value value, scf::ForOp loop) {
  auto load = value.getDefiningOp<memref::LoadOp>();
  if (!load || load.getIndices().empty() || load.getIndices().back() != loop.getInductionVar() ||
      !load.getMemRefType().getLayout().isIdentity())
    return nullptr;
  bool isRow = llvm::all_of(load.getIndices().drop_back(), [&](Value index) { return isInvariant(index, loop); });
  return isRow ? load : memref::LoadOp();
}

/// `value`, which the loop sees always alike, made before it; null if the loop might change it.
static Value hoist(OpBuilder &b, Value value, scf::ForOp loop) {
  if (loop.isDefinedOutsideOfLoop(value))
    return value;
  Operation *op = value.getDefiningOp();
  if (auto load = dyn_cast<memref::LoadOp>(op); load && !isOnlyRead(load, loop))
    return nullptr;
  IRMapping mapping;
  for (Value operand : op->getOperands()) {
    Value made = hoist(b, operand, loop);
    if (!made)
      return nullptr;
    mapping.map(operand, made);
  }
  return b.clone(*op, mapping)->getResult(0);
}

namespace {
struct ShareDivisors : public qnn::impl::ShareDivisorsPassBase<ShareDivisors> {
  using ShareDivisorsPassBase::ShareDivisorsPassBase;

  void runOnOperation() override {
    FailureOr<CpuPath> target = readTargetPath(getOperation(), path);
    if (failed(target))
      return signalPassFailure();
    if (*target == CpuPath::X86_64)
      return;
    SmallVector<arith::DivFOp> divisions;
    getOperation()->walk([&](scf::ForOp loop) {
      if (arith::DivFOp division = findDivision(loop))
        divisions.push_back(division);
    });
    for (arith::DivFOp division : divisions)
      if (share(division, *target))
        ++numShared;
  }

  /// The one division of an innermost loop that all iterations do by one number.
  static arith::DivFOp findDivision(scf::ForOp loop) {
    std::optional<int64_t> end = getConstantIntValue(loop.getUpperBound());
    if (loop.getNumResults() != 0 || !end || *end < kLeastIterations || *end % kLanes != 0 ||
        !isZeroInteger(loop.getLowerBound()) || !isOneInteger(loop.getStep()))
      return nullptr;
    auto found = loop.getBody()->getOps<arith::DivFOp>();
    if (!llvm::hasSingleElement(found) ||
        llvm::any_of(*loop.getBody(), [](Operation &inner) { return inner.getNumRegions() != 0; }))
      return nullptr;
    arith::DivFOp division = *found.begin();
    bool applies = division.getType().isF32() && !division->hasAttr(kInRangeAttr) &&
                   !matchPattern(division.getRhs(), m_Constant()) && isInvariant(division.getRhs(), loop) &&
                   getRow(division.getLhs(), loop);
    return applies ? division : nullptr;
  }

  /// The loop as it is, for any numbers, and before it one that a look at the numbers allows.
  static bool share(arith::DivFOp division, CpuPath path) {
    auto loop = cast<scf::ForOp>(division->getParentOp());
    OpBuilder b(loop);
    Location loc = division.getLoc();
    auto number = [&](float value) -> Value { return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value)); };
    Value divisor = hoist(b, division.getRhs(), loop);
    if (!divisor)
      return false;
    Value isNormal = arith::AndIOp::create(
        b, loc, arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGE, divisor, number(kLeastDivisor)),
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLE, divisor, number(kMostDivisor)));
    Value fits = areDividendsNormal(b, loc, getRow(division.getLhs(), loop), loop);
    if (!fits)
      return false;
    auto choice = scf::IfOp::create(b, loc, arith::AndIOp::create(b, loc, isNormal, fits), /*withElseRegion=*/true);
    b.setInsertionPoint(choice.thenBlock()->getTerminator());
    Value inverse = arith::DivFOp::create(b, loc, number(1.0f), divisor);
    IRMapping mapping;
    b.clone(*loop, mapping);
    loop->moveBefore(choice.elseBlock()->getTerminator());

    auto copy = cast<arith::DivFOp>(mapping.lookup(division.getOperation()));
    b.setInsertionPoint(copy);
    QuantizeArith arith(b, loc, copy.getType(), path);
    copy.replaceAllUsesWith(arith.divideByInverse(copy.getLhs(), copy.getRhs(), inverse));
    copy.erase();
    return true;
  }

  /// Whether all elements that the loop reads by `row` are 0 or have a magnitude within the bounds: the bits of
  /// magnitudes are in the order of magnitudes, and those of 0, less 1, are the largest.
  static Value areDividendsNormal(OpBuilder &b, Location loc, memref::LoadOp row, scf::ForOp loop) {
    auto integers = VectorType::get(kLanes, b.getI32Type()), floats = VectorType::get(kLanes, b.getF32Type());
    auto integer = [&](int32_t value) -> Value {
      return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(integers, b.getI32IntegerAttr(value)));
    };
    SmallVector<Value> indices;
    for (Value index : row.getIndices().drop_back()) {
      indices.push_back(hoist(b, index, loop));
      if (!indices.back())
        return nullptr;
    }
    indices.emplace_back();
    Value step = arith::ConstantIndexOp::create(b, loc, kLanes);
    auto look = scf::ForOp::create(b, loc, loop.getLowerBound(), loop.getUpperBound(), step,
                                   ValueRange{integer(-1), integer(0)});
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(look.getBody());
      indices.back() = look.getInductionVar();
      Value dividends = vector::LoadOp::create(b, loc, floats, row.getMemRef(), indices);
      Value bits = arith::BitcastOp::create(b, loc, integers, math::AbsFOp::create(b, loc, dividends));
      Value less = arith::AddIOp::create(b, loc, bits, integer(-1));
      scf::YieldOp::create(b, loc,
                           ValueRange{arith::MinUIOp::create(b, loc, look.getRegionIterArgs()[0], less),
                                      arith::MaxUIOp::create(b, loc, look.getRegionIterArgs()[1], bits)});
    }
    Value isLarge =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, look.getResult(0), integer(kLeastDividend - 1));
    Value isSmall = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ule, look.getResult(1), integer(kMostDividend));
    return vector::ReductionOp::create(b, loc, vector::CombiningKind::AND,
                                       arith::AndIOp::create(b, loc, isLarge, isSmall));
  }
};
} // namespace
