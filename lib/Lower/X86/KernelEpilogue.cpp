//===- KernelEpilogue.cpp - What kernels do with accumulators before they store them -----------------------------===//
#include "KernelBuilder.h"
#include "QuantizeArith.h"

using namespace mlir;
using namespace mlir::qnn;

/// An epilogue that begins by adding a bias to the accumulator and to nothing else needs no addition: sums of integers
/// may start anywhere.
void KernelBuilder::findStart() {
  Block &block = op.getEpilogueBlock();
  BlockArgument acc = block.getArgument(0);
  if (plan.isFloat || !acc.hasOneUse())
    return;
  auto addition = dyn_cast<arith::AddIOp>(*acc.user_begin());
  if (!addition)
    return;
  auto bias = dyn_cast<BlockArgument>(addition.getLhs() == acc ? addition.getRhs() : addition.getLhs());
  if (!bias || bias == acc || bias.getOwner() != &block)
    return;
  size_t extra = bias.getArgNumber() - 1;
  if (plan.extrasChannel[extra] == 0 || plan.rows.extras[extra] != 0)
    return;
  startAdd = addition;
  startExtra = extra;
}

Value KernelBuilder::getStart(const Place &place, Value channel, int64_t lanes) {
  return startAdd ? loadExtra(startExtra, place, channel, 0, lanes) : zero(accType());
}

Value KernelBuilder::vectorize(IRMapping &mapping, Value value) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  // Captured from outside the region.
  Value splat = vector::BroadcastOp::create(b, loc, vectorOf(value.getType(), tile.lanes), value);
  mapping.map(value, splat);
  return splat;
}

IRMapping KernelBuilder::cloneEpilogue(ArrayRef<Value> arguments, Operation *end) {
  Block &block = op.getEpilogueBlock();
  IRMapping mapping;
  mapping.map(block.getArguments(), arguments);
  for (Operation &inner : llvm::make_range(block.begin(), end->getIterator())) {
    if (&inner == startAdd) {
      mapping.map(inner.getResult(0), arguments[0]);
      continue;
    }
    if (auto constant = dyn_cast<arith::ConstantOp>(inner)) {
      auto attr = DenseElementsAttr::get(vectorOf(constant.getType(), tile.lanes), constant.getValue());
      mapping.map(constant.getResult(),
                  arith::ConstantOp::create(b, constant.getLoc(), cast<TypedAttr>(attr)).getResult());
      continue;
    }
    for (Value operand : inner.getOperands())
      vectorize(mapping, operand);
    Operation *wide = b.clone(inner, mapping);
    for (Value result : wide->getResults())
      result.setType(vectorOf(result.getType(), tile.lanes));
    mapping.map(inner.getResults(), wide->getResults());
  }
  return mapping;
}

/// Clones the epilogue's operations with vectors in place of scalars.
Value KernelBuilder::applyEpilogue(ArrayRef<Value> arguments) {
  Operation *yield = op.getEpilogueBlock().getTerminator();
  IRMapping mapping = cloneEpilogue(arguments, yield);
  return vectorize(mapping, yield->getOperand(0));
}

/// The operation that makes a byte from a wider value, if nothing but lookups of that byte follows it.
static Operation *getRounding(Block &epilogue) {
  Operation *next = epilogue.getTerminator(), *last = next->getOperand(0).getDefiningOp();
  for (; last && last->getBlock() == &epilogue && last->getNextNode() == next;
       last = next->getOperand(0).getDefiningOp())
    if (isa<LookupOp>(last))
      next = last;
    else
      break;
  if (!last || last->getBlock() != &epilogue || last->getNextNode() != next)
    return nullptr;
  bool makesBytes = isa<QuantizeOp, RequantizeOp>(last) && last->getResult(0).getType().isInteger(8);
  return makesBytes ? last : nullptr;
}

bool KernelBuilder::endsInBytes() { return getRounding(op.getEpilogueBlock()) != nullptr; }

Value KernelBuilder::packBytes(ArrayRef<SmallVector<Value>> arguments, bool interleaved) {
  Operation *last = getRounding(op.getEpilogueBlock());
  QuantizeArith arith(b, loc, accType(), path);
  SmallVector<Value> values;
  for (const SmallVector<Value> &each : arguments) {
    IRMapping mapping = cloneEpilogue(each, last);
    Value input = vectorize(mapping, last->getOperand(0)), factor = vectorize(mapping, last->getOperand(1));
    if (auto quantize = dyn_cast<QuantizeOp>(last))
      values.push_back(arith.beforeRounding(quantize, input, factor));
    else
      values.push_back(arith.beforeRounding(cast<RequantizeOp>(last), input, factor));
  }
  QuantizeArith::Rounding rounding = isa<QuantizeOp>(last) ? QuantizeArith::getRounding(cast<QuantizeOp>(last))
                                                           : QuantizeArith::getRounding(cast<RequantizeOp>(last));
  Value bytes = interleaved ? arith.roundToInterleavedBytes(values, rounding) : arith.roundToBytes(values, rounding);
  for (Operation *next = last->getNextNode(); auto lookup = dyn_cast<LookupOp>(next); next = next->getNextNode())
    bytes = LookupOp::create(b, loc, bytes.getType(), bytes, lookup.getTable());
  return bytes;
}

Value KernelBuilder::loadExtra(size_t i, const Place &place, Value channel, int64_t row, int64_t lanes) {
  Value at = add(place.extras[i], row * plan.rows.extras[i]);
  Type element = cast<MemRefType>(extras[i].getType()).getElementType();
  VectorType type = vectorOf(element, tile.lanes);
  if (plan.extrasChannel[i] != 0)
    return loadFirst(type, extras[i], add(at, channel), lanes);
  return vector::BroadcastOp::create(b, loc, type, memref::LoadOp::create(b, loc, extras[i], ValueRange{at}));
}

void KernelBuilder::finish(ArrayRef<Value> accs, const Place &place, Value channel, int64_t rows, int64_t vectors,
                           int64_t lastLanes) {
  // Whole vectors are rounded and stored four or two at a time.
  int64_t whole = endsInBytes() ? vectors - (lastLanes < tile.lanes) : 0, v = 0;
  for (int64_t group : {4, 2})
    for (; v + group <= whole; v += group)
      finishGroup(accs.drop_front(v), place, add(channel, v * tile.lanes), rows, vectors, group);
  for (; v < vectors; ++v) {
    int64_t lanes = v + 1 == vectors ? lastLanes : tile.lanes;
    Value first = add(channel, v * tile.lanes);
    // What all rows share is loaded once.
    SmallVector<Value> shared(extras.size());
    for (size_t i = 0; i < extras.size(); ++i)
      if (plan.rows.extras[i] == 0)
        shared[i] = loadExtra(i, place, first, 0, lanes);
    for (int64_t row = 0; row < rows; ++row) {
      SmallVector<Value> arguments{accs[row * vectors + v]};
      for (size_t i = 0; i < extras.size(); ++i)
        arguments.push_back(shared[i] ? shared[i] : loadExtra(i, place, first, row, lanes));
      Value result = applyEpilogue(arguments);
      storeFirst(result, out, add(add(place.out, first), row * plan.rows.out), lanes);
    }
  }
}

/// accs[row * stride + v] for `group` whole vectors v, which become one store for each row.
void KernelBuilder::finishGroup(ArrayRef<Value> accs, const Place &place, Value channel, int64_t rows, int64_t stride,
                                int64_t group) {
  SmallVector<SmallVector<Value>> shared(group, SmallVector<Value>(extras.size()));
  for (int64_t v = 0; v < group; ++v)
    for (size_t i = 0; i < extras.size(); ++i)
      if (plan.rows.extras[i] == 0)
        shared[v][i] = loadExtra(i, place, add(channel, v * tile.lanes), 0, tile.lanes);
  for (int64_t row = 0; row < rows; ++row) {
    SmallVector<SmallVector<Value>> arguments;
    for (int64_t v = 0; v < group; ++v) {
      SmallVector<Value> each{accs[row * stride + v]};
      for (size_t i = 0; i < extras.size(); ++i)
        each.push_back(shared[v][i] ? shared[v][i]
                                    : loadExtra(i, place, add(channel, v * tile.lanes), row, tile.lanes));
      arguments.push_back(std::move(each));
    }
    Value bytes = packBytes(arguments, /*interleaved=*/false);
    vector::StoreOp::create(b, loc, bytes, out, ValueRange{add(add(place.out, channel), row * plan.rows.out)});
  }
}
