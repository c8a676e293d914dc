//===- Tile.cpp - Chooses the register tile of a kernel ----------------------------------------------------------===//
#include "Tile.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::qnn;

/// Whether the accumulators and what one step needs beside them fit the registers.
static bool fits(int64_t rows, int64_t vectors, const ContractionPlan &plan, CpuPath path) {
  int64_t accumulators = rows * vectors;
  bool widens = !plan.isFloat && !hasByteDotProducts(path);
  int64_t registers = getNumVectorRegisters(path);
  // Widening splits both sides into even and odd bytes and needs a product; otherwise the weights and one broadcast are
  // live.
  int64_t others = widens ? 2 * rows + 3 : vectors + 1;
  // Pairs that are split keep both halves of the weights and of one broadcast.
  if (plan.isFloat && plan.step == 2 && !hasBf16DotProducts(path))
    others = 2 * vectors + 3;
  return accumulators + others <= registers - 1;
}

/// Instructions of one step of the reduction, at least as many as hide the latency of the accumulation; each vector of
/// weights takes `widening` more.
static double getStepCost(int64_t rows, int64_t vectors, double widening) {
  return std::max<double>(rows * vectors, 6) + 0.6 * (rows + vectors) + widening * vectors + 1;
}

Tile qnn::chooseTile(const ContractionPlan &plan, CpuPath path) {
  Tile best;
  best.lanes = getVectorBits(path) / 32;
  int64_t registers = getNumVectorRegisters(path);
  if (plan.depthwise) {
    // Rows share the weights; of bytes, each has four vectors of channels, which one load fills.
    if (!plan.isFloat) {
      best.lanes = std::min(best.lanes, plan.getBlockChannels() / 4);
      best.vectors = 4;
    }
    best.rows = std::min<int64_t>(plan.rows.extent, registers / 8);
    return best;
  }
  // Panels start at a whole block of channels.
  int64_t step = kChannelBlock / best.lanes;
  int64_t allVectors = llvm::divideCeil(plan.channels, best.lanes);
  double bestCost = -1;
  bool splitsPairs = plan.isFloat && plan.step == 2 && !hasBf16DotProducts(path);
  double widening = plan.kind == "f32 by f16" || splitsPairs ? 2 : 0;
  for (int64_t vectors = 1; vectors <= std::max<int64_t>(4, step); ++vectors) {
    if (vectors != allVectors && vectors % step != 0)
      continue;
    for (int64_t rows = 1; rows <= std::min<int64_t>(plan.rows.extent, 16); ++rows) {
      if (!fits(rows, vectors, plan, path))
        break;
      int64_t fullRows = plan.rows.extent / rows, restRows = plan.rows.extent % rows;
      auto panelCost = [&](int64_t width) {
        return fullRows * getStepCost(rows, width, widening) + (restRows ? getStepCost(restRows, width, widening) : 0);
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
