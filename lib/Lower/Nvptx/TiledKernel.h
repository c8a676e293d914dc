//===- TiledKernel.h - Tiles of a product, staged in shared memory -----------------------------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_NVPTX_TILEDKERNEL_H
#define QUANT_OPT_LIB_LOWER_NVPTX_TILEDKERNEL_H

#include "GpuKernel.h"

namespace mlir::qnn {

/// What a block computes, and what each of its threads keeps in registers. A thread's rows lie `rows / threadRows`
/// apart, its channels are fours, `4 * channels / threadChannels` apart.
struct Tile {
  int64_t rows = 0, channels = 0, threadRows = 0, threadChannels = 0;
  int64_t getThreads() const { return rows / threadRows * (channels / threadChannels); }
};

/// Bytes times bytes. The block walks over the reduction in parts of `part` bytes of every row: rows lie in shared
/// memory one after the other, weights as `[part / 4][channels][4]`, and each thread reads 16 bytes at once of either.
/// With asynchronous copies there are two stages.
class TiledKernel : public GpuKernel {
public:
  TiledKernel(OpBuilder &builder, ContractOp op, const ContractionPlan &plan, GpuChip chip);
  bool fits() const override;
  void build() override;
  std::string describe() const override;

protected:
  /// The tile that covers rows and channels in the least time, if a product of words costs 1 and reading a word from
  /// shared memory 1 / `wordsPerRead`.
  void chooseTile(ArrayRef<Tile> tiles, double wordsPerRead);
  virtual int64_t getThreads() const { return tile.getThreads(); }
  virtual int64_t getAccumulators() const { return tile.threadRows * tile.threadChannels; }
  /// Sets firstRow and firstChannel.
  virtual void placeThread(Value thread);
  /// Adds the products of the part in the stage that starts at `stage`.
  virtual SmallVector<Value> multiply(Value stage, ArrayRef<Value> accs);
  virtual void store(ArrayRef<Value> accs, const Place &place, Value tileRow, Value tileChannel);

  /// 16 more bytes than a part, so that neighbouring rows lie in different banks.
  int64_t getRowStride() const { return part + 16; }
  /// Words from one group of four bytes of all channels to the next.
  int64_t getGroupStride() const { return tile.channels + rhsPadding; }
  void ifInside(bool canBeOutside, Value at, int64_t limit, llvm::function_ref<void()> body) {
    canBeOutside ? ifTrue(isLess(at, limit), body) : body();
  }

  SmallVector<PlanLoop> rowLoops, batchLoops; // weights stand still along the former
  int64_t numRows = 1, numBatches = 1;
  Tile tile;
  int64_t part = 32, granule = 16, rhsPadding = 0;
  Value shared;
  Value firstRow, firstChannel; // of the thread, in the tile

private:
  /// What a thread copies for each part: `from` a place that the part's own start is added to, `to` a place in a stage.
  /// `k` is where in the part it lies, in bytes of lhs or groups of rhs. Only threads with a true `guard` copy it.
  struct Granule {
    Value from, to, k, guard;
    bool isLhs;
  };

  void placeGranules(const Place &place, Value thread, Value tileRow, Value tileChannel);
  /// Calls `body` with the operand and the place where each granule of part `number` of the reduction starts, and how
  /// many bytes of it are there, if that may be less than all.
  void forEachGranule(Value number,
                      llvm::function_ref<void(const Granule &, Value source, Value from, Value read)> body);
  /// Copies part `number` asynchronously to the stage that starts at `stage`.
  void copyPart(Value number, Value stage);
  /// The granules of part `number`, in registers.
  SmallVector<Value> loadPart(Value number);
  /// Stores these to the one stage.
  void storePart(ArrayRef<Value> values);

  SmallVector<Granule> granules;
};

/// The same on tensor cores: `threadRows` and `threadChannels` of the tile are those of a warp, whose threads share its
/// sums as `mma.sync` demands.
class MmaKernel final : public TiledKernel {
public:
  MmaKernel(OpBuilder &builder, ContractOp op, const ContractionPlan &plan, GpuChip chip);
  bool fits() const override;
  bool usesTensorCores() const override { return true; }
  std::string describe() const override;

private:
  int64_t getThreads() const override;
  int64_t getAccumulators() const override;
  void placeThread(Value thread) override;
  SmallVector<Value> multiply(Value stage, ArrayRef<Value> accs) override;
  void store(ArrayRef<Value> accs, const Place &place, Value tileRow, Value tileChannel) override;

  Value four, laneInFour; // which four lanes of the warp the thread belongs to, and where in them it is
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_NVPTX_TILEDKERNEL_H
