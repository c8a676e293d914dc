//===- Tile.h - How many rows and channels a kernel keeps in registers -------------------------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_X86_TILE_H
#define QUANT_OPT_LIB_LOWER_X86_TILE_H

#include "quant-opt/Lower/Common/ContractionPlan.h"
#include "quant-opt/Support/CpuPath.h"

namespace mlir::qnn {

/// Accumulators of a kernel: `rows` times `vectors` registers of `lanes` channels.
struct Tile {
  int64_t rows = 1;
  int64_t vectors = 1;
  int64_t lanes = 16;
  /// Depthwise: one tile does this many steps of the outer loop `lineLoop` after each other, and what it has made of
  /// the rows of lhs for one of them serves the next ones.
  std::optional<size_t> lineLoop;
  int64_t lines = 1;
};

/// The tile that covers the plan's rows and channels in the least time, by a count of instructions, among those that
/// fit the registers of `path`.
Tile chooseTile(const ContractionPlan &plan, CpuPath path);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_X86_TILE_H
