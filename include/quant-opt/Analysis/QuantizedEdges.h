//===- QuantizedEdges.h - Which values are quantized, decided once for Calibrate and InsertQdq --------------------===//
#ifndef QUANT_OPT_ANALYSIS_QUANTIZEDEDGES_H
#define QUANT_OPT_ANALYSIS_QUANTIZEDEDGES_H

#include "quant-opt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringSet.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::qnn {

/// A value that becomes 8-bit, and whose range is therefore measured: a function argument, the end of a chain, or the
/// result of an operation left in float. Value-preserving results are no edges of their own: they carry their operands'
/// scale.
struct QuantizedEdge {
  Value value;
  /// Unique in the function and stable between runs: the name of the node that made the value, or of the function
  /// argument.
  std::string name;
  /// Edges of one group share scale and zero point, for example the operands of a concat.
  unsigned group;
  /// The dimension along which the edge has parameters of its own, or none for a single pair.
  std::optional<int64_t> channelAxis;
};

/// An accumulating operation, or a first elementwise operation, with the elementwise operations that become its
/// epilogue.
struct QuantizedChain {
  Operation *root;
  QuantRole role;
  /// In program order: bias, activation, residual add, and reshapes between them.
  SmallVector<Operation *, 4> epilogue;
  /// What the chain computes: the last operation's result.
  Value result;
};

/// A contraction, reduction or elementwise operation that stays in f32.
struct FloatOp {
  Operation *op;
  std::string reason;
};

struct QuantizedEdgesOptions {
  /// Names of nodes whose chains are left out too, to try what that would do.
  llvm::StringSet<> exclude;
};

/// The decision for one function, whose IR holds no `qnn.range` or `qnn.observe` (see `stripRanges`). A chain whose
/// root bears a float `qnn.precision` is left out.
struct QuantizedEdges {
  /// In program order.
  std::vector<QuantizedEdge> edges;
  /// Constants that join a group, for example through a concat: quantized as edges are, but their range is known.
  std::vector<QuantizedEdge> constants;
  /// The chains that become integer.
  std::vector<QuantizedChain> chains;
  /// Finite padding values that a group must represent.
  std::vector<std::pair<unsigned, float>> padding;
  std::vector<FloatOp> floatOps;
  unsigned numGroups = 0;
  /// For each group 8, or 16: one that a contraction of `qnn.precision` i16 reads, or that one makes and no contraction
  /// of fewer bits reads.
  std::vector<unsigned> groupBits;
  /// Operands of quantized contractions of fewer bits that are in a group of 16.
  std::vector<std::pair<OpOperand *, unsigned>> narrowReads;
};

QuantizedEdges getQuantizedEdges(FunctionOpInterface function, const QuantizedEdgesOptions &options = {});

} // namespace mlir::qnn

#endif // QUANT_OPT_ANALYSIS_QUANTIZEDEDGES_H
