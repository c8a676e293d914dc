//===- ProveRanges.cpp - Finds arithmetic that can meet neither NaN nor numbers out of range ---------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

namespace mlir::qnn {
#define GEN_PASS_DEF_PROVERANGESPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Quotients up to this convert to i32; half of what does, so that rounding on the way does not matter.
constexpr double kMaxConverted = 0x1p30;
/// What numerics::getExactReciprocal takes, and numerics::divideByInverse.
constexpr double kMaxQuotient = 0x1p60, kMinQuotient = 0x1p-60, kMinDividend = 0x1p-100;

namespace {
/// Every value is a number of at most the magnitude `most`, and is +0 or has at least the magnitude `least`; where all
/// are `positive`, none is 0 or less.
struct Bounds {
  double most, least;
  bool positive = false;
};
using MaybeBounds = std::optional<Bounds>;

class Prover {
public:
  /// `operands` are what the block's arguments are elements of; fewer than arguments if the last have no such.
  Prover(Block &block, ArrayRef<Value> operands) : block(block) {
    for (auto [argument, operand] : llvm::zip_first(block.getArguments().take_front(operands.size()), operands))
      known[argument] = operand ? getBounds(operand) : getBounds(argument.getType());
  }
  int64_t run();

private:
  explicit Prover(linalg::GenericOp op) : block(*op.getBlock()) {
    for (auto [argument, operand] : llvm::zip_equal(op.getRegionInputArgs(), op.getDpsInputs()))
      known[argument] = getConstantBounds(operand);
  }
  static MaybeBounds getBounds(Type type);
  static MaybeBounds getBounds(Value tensor);
  static MaybeBounds getConstantBounds(Value tensor);
  MaybeBounds get(Value value);
  MaybeBounds compute(Operation &op);
  void follow(Operation &op);
  bool isInRange(Operation &op);

  Block &block;
  DenseMap<Value, MaybeBounds> known;
};
} // namespace

/// Of integers; a float may be anything.
MaybeBounds Prover::getBounds(Type type) {
  if (!type.isInteger() || type.getIntOrFloatBitWidth() > 32)
    return std::nullopt;
  // Only those of 32 bits are never read as unsigned.
  return Bounds{std::ldexp(1.0, std::min(type.getIntOrFloatBitWidth(), 31u)), 1};
}

static MaybeBounds getBoundsOf(ArrayRef<float> elements) {
  Bounds bounds{0, kMaxQuotient, true};
  for (float element : elements) {
    double magnitude = std::fabs(element);
    if (!(magnitude <= kMaxQuotient))
      return std::nullopt;
    bounds.most = std::max(bounds.most, magnitude);
    bounds.least = std::min(bounds.least, magnitude);
    bounds.positive &= element > 0;
  }
  if (!bounds.positive)
    bounds.least = 0;
  return bounds;
}

MaybeBounds Prover::getConstantBounds(Value tensor) {
  Type element = getElementTypeOrSelf(tensor.getType());
  if (!element.isF32())
    return getBounds(element);
  if (std::optional<std::vector<float>> elements = readConstant<float>(tensor))
    return getBoundsOf(*elements);
  return std::nullopt;
}

/// Of a constant, or of what one elementwise operation makes of integers and constants.
MaybeBounds Prover::getBounds(Value tensor) {
  while (isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(tensor.getDefiningOp()))
    tensor = tensor.getDefiningOp()->getOperand(0);
  auto op = tensor.getDefiningOp<linalg::GenericOp>();
  if (!op || !getElementTypeOrSelf(tensor.getType()).isF32() || op.getNumParallelLoops() != op.getNumLoops())
    return getConstantBounds(tensor);
  Prover prover(op);
  for (Operation &inner : op.getBlock()->without_terminator())
    prover.follow(inner);
  return prover.get(op.getBlock()->getTerminator()->getOperand(cast<OpResult>(tensor).getResultNumber()));
}

MaybeBounds Prover::get(Value value) {
  FloatAttr constant;
  if (matchPattern(value, m_Constant(&constant)) && constant.getType().isF32())
    return getBoundsOf(constant.getValue().convertToFloat());
  auto found = known.find(value);
  return found == known.end() ? getBounds(value.getType()) : found->second;
}

MaybeBounds Prover::compute(Operation &op) {
  if (op.getNumResults() != 1 || !op.getResult(0).getType().isF32())
    return std::nullopt;
  SmallVector<Bounds> operands;
  for (Value operand : op.getOperands()) {
    if (operand.getType().isInteger(1))
      continue; // chooses
    MaybeBounds bounds = get(operand);
    if (!bounds)
      return std::nullopt;
    operands.push_back(*bounds);
  }
  auto most = [&](size_t i) { return operands[i].most; };
  auto least = [&](size_t i) { return operands[i].least; };
  auto positive = [&](size_t i) { return operands[i].positive; };
  return TypeSwitch<Operation *, MaybeBounds>(&op)
      .Case([&](DequantizeOp dequantize) {
        double offset = std::abs(static_cast<double>(static_cast<int32_t>(dequantize.getZeroPoint())));
        return Bounds{(most(0) + offset) * most(1), positive(1) ? least(1) : 0};
      })
      .Case([&](arith::MulFOp) {
        // Any other factor makes -0 of +0.
        return Bounds{most(0) * most(1), positive(0) || positive(1) ? least(0) * least(1) : 0};
      })
      .Case<arith::AddFOp, arith::SubFOp>([&](auto) { return Bounds{most(0) + most(1), 0}; })
      .Case([&](arith::DivFOp) -> MaybeBounds {
        if (!positive(1))
          return std::nullopt;
        return Bounds{most(0) / least(1), least(0) / most(1)};
      })
      .Case<arith::NegFOp, math::AbsFOp>([&](auto) { return Bounds{most(0), 0}; })
      .Case<arith::MaximumFOp, arith::MinimumFOp, arith::SelectOp>(
          [&](auto) { return Bounds{std::max(most(0), most(1)), 0}; })
      .Case<math::ErfOp, math::TanhOp>([&](auto) { return Bounds{2, 0}; })
      .Default([](Operation *) { return std::nullopt; });
}

bool Prover::isInRange(Operation &op) {
  if (!isa<QuantizeOp, RequantizeOp>(op) && !(isa<arith::DivFOp>(op) && op.getResult(0).getType().isF32()))
    return false;
  MaybeBounds x = get(op.getOperand(0)), factor = get(op.getOperand(1));
  if (!x || !factor)
    return false;
  if (isa<RequantizeOp>(op))
    return x->most * factor->most <= kMaxConverted;
  if (isa<QuantizeOp>(op))
    return factor->positive && x->most / factor->least <= kMaxConverted;
  bool isNormal =
      factor->least > 0 && x->most / factor->least <= kMaxQuotient && x->least / factor->most >= kMinQuotient;
  FloatAttr divisor;
  if (matchPattern(op.getOperand(1), m_Constant(&divisor)))
    return isNormal && factor->positive;
  return isNormal && factor->least >= kMinQuotient && x->least >= kMinDividend;
}

void Prover::follow(Operation &op) {
  MaybeBounds bounds = compute(op);
  if (bounds && bounds->most > kMaxQuotient)
    bounds = std::nullopt;
  if (op.getNumResults() == 1 && op.getResult(0).getType().isF32())
    known[op.getResult(0)] = bounds;
}

int64_t Prover::run() {
  int64_t count = 0;
  for (Operation &op : block.without_terminator()) {
    if (isInRange(op)) {
      op.setAttr(kInRangeAttr, UnitAttr::get(op.getContext()));
      ++count;
    }
    follow(op);
  }
  return count;
}

namespace {
struct ProveRanges : public qnn::impl::ProveRangesPassBase<ProveRanges> {
  void runOnOperation() override {
    getOperation()->walk([&](Operation *op) {
      if (auto contract = dyn_cast<ContractOp>(op)) {
        SmallVector<Value> operands{Value()};
        llvm::append_range(operands, contract.getExtras());
        numProved += Prover(contract.getEpilogueBlock(), operands).run();
      } else if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
        numProved += Prover(*generic.getBlock(), SmallVector<Value>(generic.getDpsInputs())).run();
      }
    });
  }
};
} // namespace
