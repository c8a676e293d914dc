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

/// The outer loop whose neighbouring steps read some of the same rows of taps.
static std::optional<size_t> findLineLoop(const ContractionPlan &plan) {
  int64_t tapRows = plan.getGroups();
  if (plan.tapOffsets.empty() || !plan.kOuter.empty() || tapRows == 1)
    return std::nullopt;
  int64_t pitch = plan.tapOffsets[plan.tapsInRow] - plan.tapOffsets[0];
  for (auto [i, loop] : llvm::enumerate(plan.outer))
    if (pitch > 0 && loop.rhs == 0 && loop.lhs > 0 && loop.lhs % pitch == 0 && loop.lhs / pitch < tapRows)
      return i;
  return std::nullopt;
}

/// At most 8 lines, best as many as leave no rest.
static int64_t chooseLines(int64_t extent) {
  int64_t best = std::min<int64_t>(extent, 8);
  for (int64_t lines = best; lines >= 4; --lines)
    if (extent % lines == 0)
      return lines;
  return llvm::divideCeil(extent, llvm::divideCeil(extent, best));
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
    // The lanes of one row of taps stay in registers, beside the accumulators of two rows, until the next line has read
    // them.
    if (std::optional<size_t> loop = findLineLoop(plan); loop && !plan.isFloat && registers >= 32) {
      best.rows = std::min<int64_t>(plan.rows.extent, 2);
      best.lineLoop = loop;
      best.lines = chooseLines(plan.outer[*loop].extent);
    }
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
