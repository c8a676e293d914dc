//===- GpuKernel.cpp - Places, words and the epilogue of kernels on a GPU ----------------------------------------===//
#include "GpuKernel.h"

#include <numeric>

using namespace mlir;
using namespace mlir::qnn;

/// Where flattening starts to count: the offset of a slice, if that is constant.
static std::optional<int64_t> getOffset(Value memref) {
  SmallVector<int64_t> strides;
  int64_t offset;
  auto type = cast<MemRefType>(memref.getType());
  if (failed(type.getStridesAndOffset(strides, offset)) || ShapedType::isDynamic(offset))
    return std::nullopt;
  return offset;
}

int64_t GpuKernel::getStrideOf(Value memref, int64_t base, llvm::function_ref<int64_t(const PlanLoop &)> stride) const {
  std::optional<int64_t> offset = getOffset(memref);
  if (!offset)
    return 1;
  int64_t common = std::gcd(base + *offset, stride(plan.rows));
  for (const PlanLoop &loop : plan.outer)
    common = std::gcd(common, stride(loop));
  return common;
}

GpuKernel::GpuKernel(OpBuilder &builder, ContractOp op, const ContractionPlan &plan, GpuChip chip)
    : ContractionKernel(builder, op, plan), chip(chip) {
  int64_t common = getStrideOf(op.getLhs(), plan.lhsBase, [](const PlanLoop &loop) { return loop.lhs; });
  for (const PlanLoop &loop : plan.kOuter)
    common = std::gcd(common, loop.lhs);
  lhsAlignment = std::gcd(common * (plan.isFloat ? 4 : 1), int64_t(16));

  auto isMultiple = [&](int64_t stride) { return stride % 4 == 0; };
  vectors = plan.channels % 4 == 0 &&
            isMultiple(getStrideOf(op.getOut(), plan.outBase, [](const PlanLoop &loop) { return loop.out; }));
  for (auto [i, extra] : llvm::enumerate(op.getExtras()))
    if (plan.extrasChannel[i] != 0)
      vectors = vectors && isMultiple(getStrideOf(extra, plan.extrasBase[i],
                                                  [i = i](const PlanLoop &loop) { return loop.extras[i]; }));
}

Value GpuKernel::beginLoop(int64_t count, int64_t blockSize) {
  scf::ForallOp forall = ContractionKernel::beginLoop(count);
  if (blockSize)
    forall->setAttr("qnn.block_size", b.getI64IntegerAttr(blockSize));
  return forall.getInductionVar(0);
}

GpuKernel::Place GpuKernel::at(Place place, ArrayRef<PlanLoop> loops, Value number) {
  for (size_t i = loops.size(); i-- > 0;)
    place = at(place, loops[i], split(number, loops[i].extent, i == 0));
  return place;
}

Value GpuKernel::lhsAt(Value base, ArrayRef<PlanLoop> loops, Value number) {
  for (size_t i = loops.size(); i-- > 0;)
    base = add(base, mul(split(number, loops[i].extent, i == 0), loops[i].lhs));
  return base;
}

void GpuKernel::ifTrue(Value condition, llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

Value GpuKernel::zeroAcc() { return arith::ConstantOp::create(b, loc, b.getZeroAttr(getAccElement())); }

Value GpuKernel::flip(Value word) {
  return plan.lhsFlipped ? arith::XOrIOp::create(b, loc, word, i32(0x80808080)).getResult() : word;
}

Value GpuKernel::loadWord(Value from, int64_t bytes) {
  if (bytes == 4 && lhsAlignment % 4 == 0) {
    Value four = loadVector(b.getI8Type(), 4, lhs, from);
    Value word = vector::BitCastOp::create(b, loc, vectorOf(b.getI32Type(), 1), four);
    return flip(vector::ExtractOp::create(b, loc, word, ArrayRef<int64_t>{0}));
  }
  Value word;
  for (int64_t i = 0; i < bytes; ++i) {
    Value byte = memref::LoadOp::create(b, loc, lhs, ValueRange{add(from, i)});
    byte = arith::ExtUIOp::create(b, loc, b.getI32Type(), byte);
    if (i > 0)
      byte = arith::ShLIOp::create(b, loc, byte, i32(8 * i));
    word = word ? arith::OrIOp::create(b, loc, word, byte).getResult() : byte;
  }
  return flip(word);
}

Value GpuKernel::dot4(Value lhsWord, Value rhsWord, Value acc) {
  auto wordType = vectorOf(b.getI32Type(), 1), bytesType = vectorOf(b.getI8Type(), 4);
  auto toBytes = [&](Value word) -> Value {
    return vector::BitCastOp::create(b, loc, bytesType, vector::BroadcastOp::create(b, loc, wordType, word));
  };
  Value sum = Dot4Op::create(b, loc, wordType, toBytes(lhsWord), toBytes(rhsWord),
                             vector::BroadcastOp::create(b, loc, wordType, acc), /*lhs_unsigned=*/true);
  return vector::ExtractOp::create(b, loc, sum, ArrayRef<int64_t>{0});
}

Value GpuKernel::depthwiseRhs(Value rhsAt, Value channel) {
  int64_t size = plan.getBlockChannels();
  Value local = channel, block;
  if (plan.getBlocks() > 1) {
    // The last block ends with the last channel.
    block = arith::DivUIOp::create(b, loc, channel, index(size));
    Value start = arith::MinUIOp::create(b, loc, mul(block, size), index(plan.channels - size));
    local = arith::SubIOp::create(b, loc, channel, start);
    rhsAt = add(rhsAt, mul(block, plan.blockStride));
  }
  Value sixteen = local, rest = split(sixteen, 16), four = rest, one = split(four, 4);
  Value lane = add(add(mul(four, size / 4), mul(sixteen, 4)), one);
  return add(rhsAt, mul(lane, 4));
}

Value GpuKernel::loadVector(Type element, int64_t size, Value memref, Value from) {
  int64_t bytes = size * llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  return vector::LoadOp::create(b, loc, vectorOf(element, size), memref, ValueRange{from}, /*nontemporal=*/false,
                                llvm::MaybeAlign(bytes));
}

void GpuKernel::storeVector(Value vector, Value memref, Value to) {
  auto type = cast<VectorType>(vector.getType());
  int64_t bytes = type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  vector::StoreOp::create(b, loc, vector, memref, ValueRange{to}, /*nontemporal=*/false, llvm::MaybeAlign(bytes));
}

/// Clones the epilogue's operations, with vectors in place of scalars if `width` is more than 1.
Value GpuKernel::applyEpilogue(ArrayRef<Value> arguments, int64_t width) {
  Block &block = op.getEpilogueBlock();
  IRMapping mapping;
  mapping.map(block.getArguments(), arguments);
  if (width == 1) {
    for (Operation &inner : block.without_terminator())
      b.clone(inner, mapping);
    return mapping.lookupOrDefault(block.getTerminator()->getOperand(0));
  }
  mapping = cloneEpilogue(std::move(mapping), block.getTerminator(), width);
  return vectorize(mapping, block.getTerminator()->getOperand(0), width);
}

void GpuKernel::finish(ArrayRef<Value> accs, const Place &place, Value channel) {
  int64_t width = accs.size();
  SmallVector<Value> arguments;
  arguments.push_back(
      width == 1 ? accs[0]
                 : vector::FromElementsOp::create(b, loc, vectorOf(accs[0].getType(), width), accs).getResult());
  for (size_t i = 0; i < extras.size(); ++i) {
    Type element = cast<MemRefType>(extras[i].getType()).getElementType();
    if (plan.extrasChannel[i] == 0) {
      Value scalar = memref::LoadOp::create(b, loc, extras[i], ValueRange{place.extras[i]});
      arguments.push_back(width == 1 ? scalar : vector::BroadcastOp::create(b, loc, vectorOf(element, width), scalar));
      continue;
    }
    Value from = add(place.extras[i], channel);
    arguments.push_back(width == 1 ? memref::LoadOp::create(b, loc, extras[i], ValueRange{from}).getResult()
                                   : loadVector(element, width, extras[i], from));
  }
  Value result = applyEpilogue(arguments, width);
  Value to = add(place.out, channel);
  if (width == 1)
    memref::StoreOp::create(b, loc, result, out, ValueRange{to});
  else
    storeVector(result, out, to);
}
