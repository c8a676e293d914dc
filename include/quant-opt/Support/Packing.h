//===- Packing.h - Where each element of a contraction's right side lies once it is packed ------------------------===//
#ifndef QUANT_OPT_SUPPORT_PACKING_H
#define QUANT_OPT_SUPPORT_PACKING_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include <optional>
#include <tuple>
#include <vector>

namespace mlir::qnn {

/// Tells from a row-major tensor of weights how kernels read it. An element belongs to a channel, to a place in the run
/// (the contiguous part of the sum) and to what lies outside both. Its place in packed order is the sum of three
/// numbers, one for each, so that tables of them are all that packing computes. What no element fills is zero.
struct Packing {
  /// A dimension of the tensor, and how far one step along it goes: in packed elements, in channels, in the run.
  struct Dim {
    int64_t extent, outer, channel, run;
    bool operator==(const Dim &other) const {
      return std::tie(extent, outer, channel, run) == std::tie(other.extent, other.outer, other.channel, other.run);
    }
  };
  SmallVector<Dim> dims;
  int64_t size = 0; ///< packed elements
  int64_t channels = 1, run = 1;
  int64_t block = 1, blockStride = 0; ///< channels of a block; elements from one to the next
  int64_t step = 1, groupStride = 1;  ///< places of the run next to each other, in a lane of a channel; a group of them
  /// Depthwise bytes, otherwise 0: the places of a row of taps, which are packed by fours, twice: from the first tap on
  /// and from one before it. The last block ends with the last channel and repeats some of the block before it.
  int64_t tapsInRow = 0;

  bool operator==(const Packing &other) const {
    auto numbers = [](const Packing &p) {
      return std::tie(p.dims, p.size, p.channels, p.run, p.block, p.blockStride, p.step, p.groupStride, p.tapsInRow);
    };
    return numbers(*this) == numbers(other);
  }

  int64_t getNumElements() const;

  /// Packs `from`, of elements of `bytes` each (1, 2 or 4), into `to`, which holds zeros where nothing will lie.
  void pack(const char *from, char *to, unsigned bytes) const { packRows(from, to, bytes, 0, getNumRows()); }
  /// The same with some of the tensor's rows; `from` begins with the first of them. Different rows write different
  /// bytes.
  void packRows(const char *from, char *to, unsigned bytes, int64_t begin, int64_t end) const;
  /// Elements of a row.
  int64_t getRowSize() const { return dims.empty() ? 1 : dims.back().extent; }
  int64_t getNumRows() const;
  /// Whether elements fill everything, so that zeros need not lie there before.
  bool isFull() const { return size == getNumElements(); }

  /// As the attribute `qnn.packing` of a parameter says it.
  DictionaryAttr toAttr(MLIRContext *context) const;
  static std::optional<Packing> fromAttr(DictionaryAttr attr);
};

/// Marks an argument whose value a program is given long before it runs, so that it may be given as kernels read it.
constexpr llvm::StringLiteral kParameterAttr = "qnn.parameter";
/// How such an argument is packed; its type is the packed one then.
constexpr llvm::StringLiteral kPackingAttr = "qnn.packing";

/// Takes both off all arguments in `module`: whoever runs it gives every argument as it is, or marks its own.
void dropParameters(ModuleOp module);

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_PACKING_H
