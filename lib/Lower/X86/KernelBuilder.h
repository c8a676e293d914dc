//===- KernelBuilder.h - What plain and depthwise kernels have in common -----------------------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_X86_KERNELBUILDER_H
#define QUANT_OPT_LIB_LOWER_X86_KERNELBUILDER_H

#include "Tile.h"
#include "quant-opt/Lower/Common/ContractionKernel.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/DenseMap.h"
#include <map>

namespace mlir::qnn {

/// Builds the loops and vectors that replace one qnn.contract.
class KernelBuilder : public ContractionKernel {
public:
  KernelBuilder(OpBuilder &builder, ContractOp op, const ContractionPlan &plan, CpuPath path)
      : ContractionKernel(builder, op, plan), path(path), tile(chooseTile(plan, path)) {}

  /// Makes the scf.forall before the operation; the operation itself stays.
  scf::ForallOp build();
  const Tile &getTile() const { return tile; }
  /// Iterations that compute the same channels; those of one panel follow one another.
  int64_t getIterationsPerPanel() const { return iterationsPerPanel; }

protected:
  /// How many iterations cover the channels at one point of the outer loops and rows.
  virtual int64_t getPanels() const = 0;
  /// Computes all channels of `panel` for the rows that `forEachRowTile` gives.
  virtual void buildPanel(Value panel, Value chunk, const Place &place) = 0;

  using RowTileFn = llvm::function_ref<void(const Place &place, int64_t rows)>;
  /// Calls `body` for the full tiles of rows of `chunk` (in a loop) and for the last, smaller one; `place` is at the
  /// first row.
  void forEachRowTile(Value chunk, const Place &place, RowTileFn body);
  /// Keeps LLVM from unrolling: accumulators of an unrolled tile would spill.
  void annotate(scf::ForOp loop) override;
  void ifElse(arith::CmpIPredicate predicate, Value left, Value right, llvm::function_ref<void()> buildThen,
              llvm::function_ref<void()> buildElse);

  /// What an accumulator of the channels from `channel` on holds before the sum: the bias where the epilogue begins by
  /// adding one for each channel, else zero.
  Value getStart(const Place &place, Value channel, int64_t lanes);
  /// Applies the epilogue to accs[row * vectors + v] and stores; vector v holds the channels from channel + v * lanes,
  /// of which the last has only `lastLanes`.
  void finish(ArrayRef<Value> accs, const Place &place, Value channel, int64_t rows, int64_t vectors,
              int64_t lastLanes);
  /// The i-th epilogue operand at the channels from `channel` on, `row` rows below the place.
  Value loadExtra(size_t i, const Place &place, Value channel, int64_t row, int64_t lanes);
  /// The epilogue operand that `getStart` takes, if any.
  std::optional<size_t> getStartExtra() const { return startAdd ? std::optional(startExtra) : std::nullopt; }
  /// Whether the epilogue ends in rounding to a byte, so that vectors can be packed; then `packBytes` is for it.
  bool endsInBytes();
  /// The rounded bytes of up to four vectors, those of an odd one twice; arguments[v] are the epilogue's for vector v.
  Value packBytes(ArrayRef<SmallVector<Value>> arguments, bool interleaved);

  VectorType accType() { return vectorOf(getAccElement(), tile.lanes); }
  Value zero(VectorType type) { return arith::ConstantOp::create(b, loc, b.getZeroAttr(type)); }
  Value load(VectorType type, Value memref, Value at) {
    return vector::LoadOp::create(b, loc, type, memref, ValueRange{at});
  }
  Type elementOf(Value memref) { return cast<MemRefType>(memref.getType()).getElementType(); }
  /// Short floats as f32; other elements as they are.
  Value widen(Value value);
  /// Loads the first `lanes` elements, zeros beyond.
  Value loadFirst(VectorType type, Value memref, Value at, int64_t lanes);
  /// Stores the first `lanes` elements.
  void storeFirst(Value vector, Value memref, Value at, int64_t lanes);
  /// acc + lhs * rhs on bytes or f32.
  Value multiplyAdd(Value lhs, Value rhs, Value acc);

  CpuPath path;
  Tile tile;
  int64_t fullTiles = 0; // tiles of rows that have all rows, and all tiles that read one panel of rhs
  int64_t tilesPerPanel = 1;
  Value tileOfPanel; // the number of the tile at hand among them

  Value lineTile; // the number of the tile along the tile's line loop

private:
  void findStart();
  Value applyEpilogue(ArrayRef<Value> arguments);
  /// Clones the epilogue up to `end`; the result maps its values to vectors.
  IRMapping cloneEpilogue(ArrayRef<Value> arguments, Operation *end);
  void storeSlice(Value vector, int64_t first, int64_t count, Value at);
  Operation *startAdd = nullptr; // the epilogue's first addition, which the accumulators' start replaces
  size_t startExtra = 0;
  int64_t chunks = 1, tilesPerChunk = 1, iterationsPerPanel = 1;
  Value outerTiles; // tiles of rows at earlier points of the outer loops
};

/// lhs rows times packed panels of rhs.
class PlainKernel final : public KernelBuilder {
public:
  using KernelBuilder::KernelBuilder;

private:
  int64_t getPanels() const override;
  void buildPanel(Value panel, Value chunk, const Place &place) override;
  void buildPanel(const Place &place, Value chunk, Value channel, int64_t vectors, int64_t lastLanes);
  SmallVector<Value> buildRun(Value lhsAt, Value rhsAt, ArrayRef<Value> accs, int64_t rows, int64_t vectors);
  /// While a tile reads its weights, it brings its share of the next panel's into the second cache, a little at each
  /// step, so that no tile waits for memory.
  void findPrefetches(const Place &place, int64_t vectors);
  void prefetch(Value rhsAt);
  SmallVector<Value> buildStep(Value lhsAt, Value rhsAt, ArrayRef<Value> accs, int64_t rows, int64_t vectors,
                               int64_t count);
  Value broadcastBytes(Value at, int64_t bytes);
  bool hasWholeWords();
  Value loadPair(Value at, int64_t count);
  SmallVector<Value> buildPairs(Value lhsAt, ArrayRef<Value> weights, ArrayRef<Value> accs, int64_t rows,
                                int64_t count);
  Value panelBase, prefetchBase;
  int64_t prefetchStride = 0;     // elements of rhs; 0 where there is no next panel
  bool prefetchesStreams = false; // whether each step brings what its own streams of weights hold further on
};

/// Channels that lhs and rhs share, in floats: each lane sums the taps of its own channel.
class DepthwiseKernel final : public KernelBuilder {
public:
  using KernelBuilder::KernelBuilder;

private:
  int64_t getPanels() const override { return 1; }
  void buildPanel(Value panel, Value chunk, const Place &place) override;
  void buildChannels(const Place &place, Value channel, int64_t rows, int64_t lanes);
  SmallVector<Value> buildRun(Value lhsAt, Value rhsAt, ArrayRef<Value> accs, int64_t rows, int64_t lanes);
};

/// The same in bytes. Four taps of a channel come side by side by unpacking whole loads twice, first bytes and then
/// words; neighbouring outputs share what they can. Four accumulators a row hold the channels in an order of their own
/// (ContractionPlan::getDepthwiseLane), which packing to bytes undoes.
class DepthwiseByteKernel final : public KernelBuilder {
public:
  using KernelBuilder::KernelBuilder;

private:
  /// Channels, and bytes, that one load takes.
  int64_t getWidth() const;
  /// One iteration does all blocks of channels, or each one alone where there are few iterations.
  int64_t getPanels() const override;
  void buildPanel(Value panel, Value chunk, const Place &place) override;
  void buildBlocks(Value panel, Value chunk, const Place &place, int64_t lines);
  void buildBlock(Value block, Value chunk, const Place &place, int64_t lines);
  /// The channels of the last block that no other block has, in vectors as narrow as they allow.
  void buildLastBlock(Value chunk, const Place &place, int64_t lines);
  void buildChannels(const Place &place, Value chunk, Value channel, int64_t channels, int64_t lines);

  /// What is made of the bytes at offsets from `base`: loads, pairs of them unpacked, and quads of them.
  struct Taps {
    Taps(Value base, int64_t channels) : base(base), channels(channels) {}
    Value base;
    int64_t channels;
    llvm::DenseMap<int64_t, Value> loads;
    llvm::DenseMap<std::pair<int64_t, int64_t>, std::pair<Value, Value>> pairs;
    std::map<std::array<int64_t, 4>, SmallVector<Value, 4>> quads;
  };
  Value getLoad(Taps &taps, int64_t offset);
  ArrayRef<Value> getQuad(Taps &taps, const std::array<int64_t, 4> &offsets);
  SmallVector<Value> buildRun(Taps &taps, int64_t offset, Value rhsAt, ArrayRef<Value> accs, int64_t rows);
  /// `count` taps of one row of the window, the first of them at `offset`; accs[4 * row + v].
  SmallVector<Value> buildTaps(Taps &taps, int64_t offset, Value rhsAt, ArrayRef<Value> accs, int64_t rows,
                               int64_t count);
  void storePacked(ArrayRef<Value> accs, ArrayRef<SmallVector<Value>> shared, const Place &place, Value channel,
                   int64_t rows, int64_t channels);
  void storeReordered(ArrayRef<Value> accs, const Place &place, Value channel, int64_t rows, int64_t channels);
  /// Four vectors whose element e, counted over all, is element from(e) of the given ones.
  SmallVector<Value> reorder(ArrayRef<Value> vectors, llvm::function_ref<int64_t(int64_t)> from);
  SmallVector<Value> loadReordered(size_t i, const Place &place, Value channel, int64_t channels);
  std::pair<Value, Value> unpack(Value x, Value y);
  std::pair<Value, Value> unpackWords(Value x, Value y);
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_X86_KERNELBUILDER_H
