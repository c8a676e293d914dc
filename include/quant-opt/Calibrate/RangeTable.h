//===- RangeTable.h - The measured ranges of a model's edges, with where they come from ---------------------------===//
//
// docs/range-table.md describes the JSON that a table is written as.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_CALIBRATE_RANGETABLE_H
#define QUANT_OPT_CALIBRATE_RANGETABLE_H

#include "quant-opt/Numerics/Ranges.h"

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::qnn {

/// The name of a method on the command line and in tables: "min-max", "moving-average", "percentile", "entropy", "mse".
StringRef getMethodName(numerics::RangeMethod method);
std::optional<numerics::RangeMethod> parseMethod(StringRef name);

/// The range of one edge: one pair for the whole tensor, or one for each index along `axis`.
struct EdgeRange {
  std::string name;
  std::vector<float> lo, hi;
  std::optional<int64_t> axis;
};

/// What one run of calibration read.
struct DataSource {
  std::string file; ///< without its folder
  std::string sha256;
  int64_t samplesAsked = 0;
  int64_t samplesUsed = 0;    ///< fewer than asked if the run was interrupted
  int64_t samplesHeldOut = 0; ///< of those asked for, left for judging the result
  uint64_t seed = 0;          ///< of the choice among more samples than asked for; 0 takes the first
};

/// What one edge's values looked like.
struct EdgeSketch {
  std::string name;
  numerics::Sketch sketch;
};

struct RangeTable {
  /// The version of the format that this program writes, and the newest it reads.
  static constexpr int64_t kVersion = 1;

  std::string model;       ///< the function's name
  std::string modelSha256; ///< of the Normalized form; empty in a table written by hand
  std::vector<DataSource> data;
  numerics::RangeOptions options;
  std::vector<EdgeRange> edges;     ///< in program order
  std::vector<EdgeSketch> sketches; ///< in program order; empty if the table was written without them

  int64_t getSamplesAsked() const;
  int64_t getSamplesUsed() const;
  int64_t getSamplesHeldOut() const;

  /// Computes `edges` from `sketches` by `options`. An edge that has seen no finite value is an error that names it.
  llvm::Error computeEdges(bool perChannel);

  /// Adds everything `other` measured. Both are of the same model and hold sketches.
  llvm::Error merge(const RangeTable &other);

  /// With sketches a table can be merged and resumed.
  void writeJson(raw_ostream &os, bool withSketches = true) const;
  /// Reads a table; the error says what was expected and where.
  static llvm::Expected<RangeTable> parseJson(StringRef text);
  /// Reads a table from a file; the error names it.
  static llvm::Expected<RangeTable> read(StringRef path);
};

} // namespace mlir::qnn

#endif // QUANT_OPT_CALIBRATE_RANGETABLE_H
