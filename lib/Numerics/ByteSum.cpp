//===- ByteSum.cpp - Bytes that two bytes make, by fewer operations with the same results ------------------------===//
#include "quant-opt/Numerics/ByteSum.h"

#include <algorithm>

using namespace mlir::qnn::numerics;

/// Larger sums would not convert, and are of no use.
constexpr double kMost = 1 << 20;
/// How far from the nearest float an offset is tried.
constexpr int kSteps = 24;

std::optional<ByteSum> mlir::qnn::numerics::findByteSum(double first, double second, double offset, int32_t zeroPoint,
                                                        int32_t firstLow, int32_t secondLow,
                                                        const std::vector<int32_t> &table) {
  if (!(std::fabs(first) < kMost && std::fabs(second) < kMost && std::fabs(offset) < kMost) || table.size() != 65536)
    return std::nullopt;
  auto [lo, hi] = std::minmax_element(table.begin(), table.end());
  // What failed last is the first to try.
  size_t suspect = 0;
  auto holds = [&](const ByteSum &sum, size_t at) {
    return sum.apply(firstLow + static_cast<int32_t>(at / 256), secondLow + static_cast<int32_t>(at % 256)) ==
           table[at];
  };
  for (int32_t inside : {zeroPoint, 0}) {
    float nearest = static_cast<float>(offset + inside);
    for (int step = 0; step < 2 * kSteps; ++step) {
      float tried = nearest;
      for (int i = 0; i < (step + 1) / 2; ++i)
        tried = std::nextafter(tried, step % 2 ? INFINITY : -INFINITY);
      ByteSum sum{static_cast<float>(first), static_cast<float>(second), tried, zeroPoint - inside, *lo, *hi};
      if (!holds(sum, suspect))
        continue;
      for (suspect = 0; suspect < table.size() && holds(sum, suspect); ++suspect) {
      }
      if (suspect == table.size())
        return sum;
    }
    if (inside == 0)
      break;
  }
  return std::nullopt;
}
