//===- ContractionPlan.h - A contraction read as rows, channels and runs -----------------------------------------===//
#ifndef QUANT_OPT_LOWER_COMMON_CONTRACTIONPLAN_H
#define QUANT_OPT_LOWER_COMMON_CONTRACTIONPLAN_H

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include <optional>
#include <string>

namespace mlir::qnn {

/// Channels are handled in blocks of this many: one 512-bit register of i32.
constexpr int64_t kChannelBlock = 16;

/// Depthwise taps up to this many are unrolled by kernels.
constexpr int64_t kMaxUnrolledTaps = 64;

/// One loop, with the distance in elements that each operand moves when it advances by one.
struct PlanLoop {
  int64_t extent = 1;
  int64_t lhs = 0, rhs = 0, out = 0;
  SmallVector<int64_t> extras;
};

/// How a target computes a `qnn.contract`. Every operand is addressed as a base plus the sum of loop index times
/// stride, in elements. Nothing here depends on the target: rows, channels and runs are what tiles are made of.
///
///  - plain: out[outer, row, c] = sum over (k outer, run) of lhs[outer, row, k outer, run] * rhs[outer, k outer, run,
///  c]
///  - depthwise: the channel is shared: lhs[outer, row, tap, c] * rhs[outer, tap, c]
///
/// Loops of extent 1 are left out; loops that are contiguous in every operand are one loop.
struct ContractionPlan {
  bool isFloat = false;  // the sum is f32
  int64_t step = 1;      // elements of a run that share a lane of 32 bits: 4 bytes, 2 bf16, else 1
  StringRef kind = "i8"; // of the elements: i8, bf16, f32, or f32 by f16
  bool depthwise = false;
  bool lhsFlipped = false;

  SmallVector<PlanLoop> outer;        // outermost first
  PlanLoop rows;                      // the loop that a tile's rows advance; rhs does not move along it
  int64_t channels = 1;               // contiguous in out
  SmallVector<int64_t> extrasChannel; // of each epilogue operand: 1 if it has an element per channel, 0 if one for all

  SmallVector<PlanLoop> kOuter;    // outermost first
  int64_t run = 1;                 // elements of lhs (taps, if depthwise) that one packed run covers
  int64_t runStride = 1;           // of lhs, where the run is one loop; 1 for bytes unless depthwise
  SmallVector<int64_t> tapOffsets; // depthwise with at most kMaxUnrolledTaps: the place of each tap in lhs
  int64_t tapsInRow = 1;           // depthwise bytes: the taps of the run's innermost loop, runStride apart

  int64_t lhsBase = 0, outBase = 0;
  SmallVector<int64_t> extrasBase;

  // How rhs is packed; see the description of `qnn.contract`.
  SmallVector<int64_t> kOrder;       // all reduction loops, outermost first
  int64_t runDims = 0;               // how many of the last ones make up the run
  SmallVector<unsigned> packedOuter; // loops of the leading dimensions
  std::optional<unsigned> channelLoop;
  SmallVector<int64_t> packedShape;
  int64_t blockStride = 0; // elements of rhs from one block of channels to the next; not of depthwise floats

  bool isDepthwiseBytes() const { return depthwise && !isFloat; }
  /// Steps of the run; of depthwise bytes, rows of taps.
  int64_t getGroups() const { return isDepthwiseBytes() ? run / tapsInRow : (run + step - 1) / step; }
  /// Elements of packed rhs that one step of the run takes for a block of channels, or for all (depthwise floats).
  int64_t getGroupStride() const;
  /// Channels of a block, and how many blocks there are. Of depthwise bytes, the last block ends with the last channel
  /// and repeats some of the block before it.
  int64_t getBlockChannels() const;
  int64_t getBlocks() const;
  int64_t getBlockStart(int64_t block) const;
  /// Depthwise bytes: four taps share a lane, and a row of taps takes this many such quads, from its first tap or, for
  /// a neighbouring output that shares the quads, from one before it.
  int64_t getTapQuads() const { return (tapsInRow + 4) / 4; }
  /// Depthwise bytes: where a channel of a block lies among its lanes. Unpacking bytes and then words of 128 bits
  /// leaves channel 16 l + 4 v + j in lane 4 l + j of vector v.
  int64_t getDepthwiseLane(int64_t channel) const {
    return channel % 16 / 4 * (getBlockChannels() / 4) + channel / 16 * 4 + channel % 4;
  }
  /// Multiply-adds of the whole contraction.
  int64_t getMacs() const;
  /// One readable line.
  std::string str() const;

  /// Plans the contraction with the given maps (lhs, rhs, extras…, out), types and loops. `packing` holds kOrder and
  /// runDims if rhs is packed already. Nothing if no plan fits, and then `why` says what was met.
  static std::optional<ContractionPlan>
  get(ArrayRef<AffineMap> maps, ArrayRef<ShapedType> types, ArrayRef<int64_t> extents,
      ArrayRef<utils::IteratorType> iterators, std::string &why,
      std::optional<std::pair<ArrayRef<int64_t>, int64_t>> packing = std::nullopt);
  static std::optional<ContractionPlan> get(ContractOp op, std::string &why);
  /// The plan of a contraction on memrefs whose rhs is packed as the plan says; emits an error if it is not such a one.
  static FailureOr<ContractionPlan> getPacked(ContractOp op);
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LOWER_COMMON_CONTRACTIONPLAN_H
