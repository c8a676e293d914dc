//===- ByteSums.cpp - Elementwise operations that add two bytes --------------------------------------------------===//
#include "ByteSums.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Numerics/Quantize.h"

#include "mlir/IR/Matchers.h"
#include <array>

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// first x + second y + offset, for bytes x and y.
struct Affine {
  double first = 0, second = 0, offset = 0;

  Affine scaled(double factor) const { return {first * factor, second * factor, offset * factor}; }
  Affine plus(const Affine &other) const { return {first + other.first, second + other.second, offset + other.offset}; }
};

/// Computes the body of one operation: as real numbers, and as f32 by the numeric contract.
class Body {
public:
  explicit Body(linalg::GenericOp op) : block(*op.getBlock()) {}

  /// Finds the two bytes; false if the body has any other form.
  bool read();
  Affine getAffine();
  int32_t evaluate(int32_t x, int32_t y);

  QuantizeOp quantize;
  std::array<DequantizeOp, 2> bytes;

private:
  static std::optional<float> getConstant(Value value) {
    FloatAttr attr;
    if (!matchPattern(value, m_Constant(&attr)) || !attr.getType().isF32())
      return std::nullopt;
    return attr.getValue().convertToFloat();
  }

  Block &block;
  /// The operations between, with their constant operands.
  struct Step {
    Operation *op;
    std::array<std::optional<float>, 2> constants;
  };
  SmallVector<Step> steps;
  std::array<float, 2> scales;
  float scale = 1;
};
} // namespace

bool Body::read() {
  unsigned numBytes = 0;
  for (Operation &op : block.without_terminator()) {
    if (isa<arith::ConstantOp>(op))
      continue;
    if (auto dequantize = dyn_cast<DequantizeOp>(op)) {
      std::optional<float> known = getConstant(dequantize.getScale());
      if (numBytes == 2 || !known || !dequantize.getInput().getType().isInteger(8) ||
          !isa<BlockArgument>(dequantize.getInput()))
        return false;
      scales[numBytes] = *known;
      bytes[numBytes++] = dequantize;
    } else if (auto last = dyn_cast<QuantizeOp>(op)) {
      std::optional<float> known = getConstant(last.getScale());
      if (quantize || !known || !last.getType().isInteger(8) || last->getNextNode() != block.getTerminator() ||
          block.getTerminator()->getOperand(0) != last.getResult())
        return false;
      quantize = last;
      scale = *known;
    } else if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::MaximumFOp, arith::MinimumFOp>(op)) {
      Step step{&op, {getConstant(op.getOperand(0)), getConstant(op.getOperand(1))}};
      bool hasConstant = step.constants[0] || step.constants[1];
      if (!op.getResult(0).getType().isF32() || (!isa<arith::AddFOp, arith::SubFOp>(op) && !hasConstant))
        return false;
      steps.push_back(step);
    } else {
      return false;
    }
  }
  return quantize && numBytes == 2 && bytes[0].getInput() != bytes[1].getInput();
}

Affine Body::getAffine() {
  DenseMap<Value, Affine> known;
  known[bytes[0]] = {scales[0], 0, -static_cast<double>(scales[0]) * static_cast<int32_t>(bytes[0].getZeroPoint())};
  known[bytes[1]] = {0, scales[1], -static_cast<double>(scales[1]) * static_cast<int32_t>(bytes[1].getZeroPoint())};
  for (const Step &step : steps) {
    std::array<Affine, 2> operands;
    for (unsigned i = 0; i < 2; ++i)
      operands[i] = step.constants[i] ? Affine{0, 0, *step.constants[i]} : known.lookup(step.op->getOperand(i));
    unsigned varying = step.constants[0] ? 1 : 0;
    known[step.op->getResult(0)] =
        TypeSwitch<Operation *, Affine>(step.op)
            .Case([&](arith::AddFOp) { return operands[0].plus(operands[1]); })
            .Case([&](arith::SubFOp) { return operands[0].plus(operands[1].scaled(-1)); })
            .Case([&](arith::MulFOp) { return operands[varying].scaled(*step.constants[1 - varying]); })
            // A bound of the sum is a bound of the result, which the table shows.
            .Default([&](Operation *) { return operands[varying]; });
  }
  return known.lookup(quantize.getInput()).scaled(1 / static_cast<double>(scale));
}

int32_t Body::evaluate(int32_t x, int32_t y) {
  llvm::SmallDenseMap<Value, float, 16> known;
  known[bytes[0]] = numerics::dequantize(x, scales[0], static_cast<int32_t>(bytes[0].getZeroPoint()));
  known[bytes[1]] = numerics::dequantize(y, scales[1], static_cast<int32_t>(bytes[1].getZeroPoint()));
  for (const Step &step : steps) {
    float a = step.constants[0] ? *step.constants[0] : known.lookup(step.op->getOperand(0));
    float b = step.constants[1] ? *step.constants[1] : known.lookup(step.op->getOperand(1));
    known[step.op->getResult(0)] = TypeSwitch<Operation *, float>(step.op)
                                       .Case([&](arith::AddFOp) { return a + b; })
                                       .Case([&](arith::SubFOp) { return a - b; })
                                       .Case([&](arith::MulFOp) { return a * b; })
                                       .Case([&](arith::MaximumFOp) { return std::max(a, b); })
                                       .Default([&](Operation *) { return std::min(a, b); });
  }
  return numerics::quantize(known.lookup(quantize.getInput()), scale, static_cast<int32_t>(quantize.getZeroPoint()),
                            static_cast<int32_t>(quantize.getLo()), static_cast<int32_t>(quantize.getHi()));
}

std::optional<MatchedByteSum> qnn::matchByteSum(linalg::GenericOp op) {
  Body body(op);
  if (!body.read())
    return std::nullopt;
  bool isFirstUnsigned = body.bytes[0].getIsUnsigned(), isSecondUnsigned = body.bytes[1].getIsUnsigned();
  int32_t firstLow = isFirstUnsigned ? 0 : -128, secondLow = isSecondUnsigned ? 0 : -128;
  std::vector<int32_t> table(65536);
  for (int32_t i = 0; i < 256; ++i)
    for (int32_t j = 0; j < 256; ++j)
      table[256 * i + j] = body.evaluate(firstLow + i, secondLow + j);
  Affine affine = body.getAffine();
  std::optional<numerics::ByteSum> sum =
      numerics::findByteSum(affine.first, affine.second, affine.offset,
                            static_cast<int32_t>(body.quantize.getZeroPoint()), firstLow, secondLow, table);
  if (!sum)
    return std::nullopt;
  return MatchedByteSum{*sum,
                        cast<BlockArgument>(body.bytes[0].getInput()),
                        cast<BlockArgument>(body.bytes[1].getInput()),
                        isFirstUnsigned,
                        isSecondUnsigned,
                        body.quantize.getIsUnsigned()};
}
