//===- Tile.cpp - Chooses the register tile of a kernel ----------------------------------------------------------===//
#include "Tile.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::qnn;

/// Whether the accumulators and what one step needs beside them fit the registers.
static bool fits(int64_t rows, int64_t vectors, bool isFloat, CpuPath path) {
  int64_t accumulators = rows * vectors;
  bool widens = !isFloat && path != CpuPath::Avx512Vnni && path != CpuPath::AvxVnni;
  int64_t registers = path == CpuPath::Avx512Vnni || path == CpuPath::Avx512 ? 32 : 16;
  // Widening splits both sides into even and odd bytes and needs a product; otherwise the weights and one broadcast are
  // live.
  int64_t others = widens ? 2 * rows + 3 : vectors + 1;
  return accumulators + others <= registers - 1;
}

/// Instructions of one step of the reduction, at least as many as hide the latency of the accumulation.
static double getStepCost(int64_t rows, int64_t vectors) {
  return std::max<double>(rows * vectors, 6) + 0.6 * (rows + vectors) + 1;
}

Tile qnn::chooseTile(const ContractionPlan &plan, CpuPath path) {
  Tile best;
  best.lanes = getVectorBits(path) / 32;
  int64_t registers = path == CpuPath::Avx512Vnni || path == CpuPath::Avx512 ? 32 : 16;
  if (plan.depthwise) {
    // One vector of channels; rows share the weights.
    best.rows = std::min<int64_t>(plan.rows.extent, registers / 8);
    return best;
  }
  // Panels start at a whole block of channels.
  int64_t step = kChannelBlock / best.lanes;
  int64_t allVectors = llvm::divideCeil(plan.channels, best.lanes);
  double bestCost = -1;
  for (int64_t vectors = 1; vectors <= std::max<int64_t>(4, step); ++vectors) {
    if (vectors != allVectors && vectors % step != 0)
      continue;
    for (int64_t rows = 1; rows <= std::min<int64_t>(plan.rows.extent, 16); ++rows) {
      if (!fits(rows, vectors, plan.isFloat, path))
        break;
      int64_t fullRows = plan.rows.extent / rows, restRows = plan.rows.extent % rows;
      auto panelCost = [&](int64_t width) {
        return fullRows * getStepCost(rows, width) + (restRows ? getStepCost(restRows, width) : 0);
      };
      double cost = (allVectors / vectors) * panelCost(vectors);
      if (allVectors % vectors)
        cost += panelCost(allVectors % vectors);
      if (bestCost < 0 || cost < bestCost) {
        bestCost = cost;
        best.rows = rows;
        best.vectors = vectors;
      }
    }
  }
  return best;
}
