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

IRMapping KernelBuilder::cloneEpilogue(ArrayRef<Value> arguments, Operation *end) {
  IRMapping mapping;
  mapping.map(op.getEpilogueBlock().getArguments(), arguments);
  if (startAdd)
    mapping.map(startAdd->getResult(0), arguments[0]);
  return ContractionKernel::cloneEpilogue(std::move(mapping), end, tile.lanes);
}

/// Clones the epilogue's operations with vectors in place of scalars.
Value KernelBuilder::applyEpilogue(ArrayRef<Value> arguments) {
  Operation *yield = op.getEpilogueBlock().getTerminator();
  IRMapping mapping = cloneEpilogue(arguments, yield);
  return vectorize(mapping, yield->getOperand(0), tile.lanes);
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
    Value input = vectorize(mapping, last->getOperand(0), tile.lanes),
          factor = vectorize(mapping, last->getOperand(1), tile.lanes);
    if (auto quantize = dyn_cast<QuantizeOp>(last))
      values.push_back(arith.beforeRounding(quantize, input, factor));
    else
      values.push_back(arith.beforeRounding(cast<RequantizeOp>(last), input, factor));
  }
  if (values.size() == 1 || values.size() == 3)
    values.push_back(values.back());
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
  // What all rows share is loaded once.
  SmallVector<SmallVector<Value>> shared(vectors, SmallVector<Value>(extras.size()));
  auto lanesOf = [&](int64_t v) { return v + 1 == vectors ? lastLanes : tile.lanes; };
  auto getArguments = [&](int64_t row, int64_t v) {
    SmallVector<Value> arguments{accs[row * vectors + v]};
    for (size_t i = 0; i < extras.size(); ++i) {
      bool isShared = plan.rows.extras[i] == 0;
      Value loaded = shared[v][i];
      if (!loaded)
        loaded = loadExtra(i, place, add(channel, v * tile.lanes), isShared ? 0 : row, lanesOf(v));
      if (isShared)
        shared[v][i] = loaded;
      arguments.push_back(loaded);
    }
    return arguments;
  };
  auto placeOf = [&](int64_t row, int64_t v) {
    return add(add(add(place.out, channel), v * tile.lanes), row * plan.rows.out);
  };
  // Bytes are rounded and stored four vectors at a time where there are as many, of one row if it has more than one.
  int64_t v = 0;
  while (endsInBytes() && rows * (vectors - v) > 1 && v < vectors) {
    int64_t group = std::min<int64_t>(vectors - v, 4), rowsInGroup = group == 1 ? 4 : 1;
    for (int64_t row = 0; row < rows; row += rowsInGroup) {
      SmallVector<SmallVector<Value>> arguments;
      for (int64_t r = row; r < std::min(row + rowsInGroup, rows); ++r)
        for (int64_t i = v; i < v + group; ++i)
          arguments.push_back(getArguments(r, i));
      int64_t count = arguments.size();
      Value bytes = packBytes(arguments, /*interleaved=*/false);
      if (group > 1)
        storeSlice(bytes, 0, (group - 1) * tile.lanes + lanesOf(v + group - 1), placeOf(row, v));
      else if (plan.rows.out == tile.lanes && lanesOf(v) == tile.lanes)
        storeSlice(bytes, 0, count * tile.lanes, placeOf(row, v));
      else
        for (int64_t r = 0; r < count; ++r)
          storeSlice(bytes, r * tile.lanes, lanesOf(v), placeOf(row + r, v));
    }
    v += group;
  }
  for (; v < vectors; ++v)
    for (int64_t row = 0; row < rows; ++row)
      storeFirst(applyEpilogue(getArguments(row, v)), out, placeOf(row, v), lanesOf(v));
}

/// Stores `count` elements of the vector from the first-th on: in two parts if they are powers of two, else masked.
/// Parts of less than four bytes are left to masks: LLVM 22 legalizes some of those stores forever.
void KernelBuilder::storeSlice(Value vector, int64_t first, int64_t count, Value at) {
  auto type = cast<VectorType>(vector.getType());
  auto slice = [&](int64_t from, int64_t size) -> Value {
    if (size == type.getNumElements())
      return vector;
    return vector::ExtractStridedSliceOp::create(b, loc, vector, ArrayRef<int64_t>{from}, ArrayRef<int64_t>{size},
                                                 ArrayRef<int64_t>{1});
  };
  int64_t most = llvm::bit_floor(static_cast<uint64_t>(count)), rest = count - most;
  if (most < 4 || (rest && (rest < 4 || !llvm::isPowerOf2_64(rest))))
    return storeFirst(slice(first, std::max<int64_t>(llvm::bit_ceil(static_cast<uint64_t>(count)), tile.lanes)), out,
                      at, count);
  vector::StoreOp::create(b, loc, slice(first, most), out, ValueRange{at});
  if (rest)
    vector::StoreOp::create(b, loc, slice(first + most, rest), out, ValueRange{add(at, most)});
}
