//===- PackingTest.cpp - Packed elements lie where the definition of qnn.contract says ----------------------------===//
#include "quant-opt/Support/Packing.h"

#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// Distinct elements that are not zero.
template <typename T> std::vector<T> count(int64_t size) {
  std::vector<T> elements;
  for (int64_t i = 0; i < size; ++i)
    elements.push_back(static_cast<T>(i % 250 + 1));
  return elements;
}

template <typename T> std::vector<T> pack(const Packing &packing, const std::vector<T> &from) {
  std::vector<T> to(packing.size, T(0));
  packing.pack(reinterpret_cast<const char *>(from.data()), reinterpret_cast<char *>(to.data()), sizeof(T));
  return to;
}

/// Weights [channels, outer, run] as [blocks, outer, groups, block, step].
Packing getPlain(int64_t channels, int64_t outer, int64_t run, int64_t step) {
  Packing packing;
  const int64_t blocks = (channels + 15) / 16, groups = (run + step - 1) / step;
  packing.channels = channels;
  packing.run = run;
  packing.block = 16;
  packing.step = step;
  packing.groupStride = 16 * step;
  packing.blockStride = outer * groups * packing.groupStride;
  packing.size = blocks * packing.blockStride;
  packing.dims = {{channels, 0, 1, 0}, {outer, groups * packing.groupStride, 0, 0}, {run, 0, 0, 1}};
  return packing;
}

template <typename T> void expectPlain(int64_t channels, int64_t outer, int64_t run, int64_t step) {
  const Packing packing = getPlain(channels, outer, run, step);
  const std::vector<T> from = count<T>(channels * outer * run);
  std::vector<T> expected(packing.size, T(0));
  const int64_t groups = (run + step - 1) / step;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t k = 0; k < run; ++k)
        expected[(((c / 16 * outer + o) * groups + k / step) * 16 + c % 16) * step + k % step] =
            from[(c * outer + o) * run + k];
  EXPECT_EQ(pack(packing, from), expected) << channels << " channels, " << outer << " x " << run;
}

TEST(PackingTest, ChannelsGoToBlocksAndTheRunToGroups) {
  for (int64_t channels : {1, 15, 16, 17, 40})
    for (int64_t run : {1, 3, 4, 9}) {
      expectPlain<int8_t>(channels, 3, run, 4);
      expectPlain<uint16_t>(channels, 2, run, 2);
      expectPlain<float>(channels, 1, run, 1);
    }
}

TEST(PackingTest, TheInnermostDimensionMayBeTheChannels) {
  // [run, channels] holds the transpose of [channels, run].
  Packing packing = getPlain(19, 1, 5, 4), transposed = packing;
  packing.dims = {{19, 0, 1, 0}, {5, 0, 0, 1}};
  transposed.dims = {{5, 0, 0, 1}, {19, 0, 1, 0}};
  const std::vector<int8_t> from = count<int8_t>(95);
  std::vector<int8_t> other(95);
  for (int64_t c = 0; c < 19; ++c)
    for (int64_t k = 0; k < 5; ++k)
      other[k * 19 + c] = from[c * 5 + k];
  EXPECT_EQ(pack(packing, from), pack(transposed, other));
}

TEST(PackingTest, TheRunMayBeOfSeveralDimensions) {
  // Three columns of five channels of the input: a run of fifteen.
  Packing whole = getPlain(7, 1, 15, 4), parts = whole;
  whole.dims = {{7, 0, 1, 0}, {15, 0, 0, 1}};
  parts.dims = {{7, 0, 1, 0}, {3, 0, 0, 5}, {5, 0, 0, 1}};
  const std::vector<int8_t> from = count<int8_t>(105);
  EXPECT_EQ(pack(whole, from), pack(parts, from));
}

TEST(PackingTest, DepthwiseTapsLieInFoursTwiceAndTheLastBlockRepeats) {
  // 70 channels of 2 rows of 3 taps, in blocks of 64 channels: [2 blocks, 2 rows, 2 shifts, 1 quad, 64, 4].
  Packing packing;
  packing.channels = 70;
  packing.run = 6;
  packing.block = 64;
  packing.step = 4;
  packing.tapsInRow = 3;
  packing.groupStride = 2 * 64 * 4;
  packing.blockStride = 2 * packing.groupStride;
  packing.size = 2 * packing.blockStride;
  packing.dims = {{70, 0, 1, 0}, {2, 0, 0, 3}, {3, 0, 0, 1}};
  const std::vector<uint16_t> from = [] {
    std::vector<uint16_t> numbers(420);
    for (size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = i + 1;
    return numbers;
  }();
  std::vector<uint16_t> expected(packing.size, 0);
  for (int64_t block : {0, 1})
    for (int64_t lane = 0; lane < 64; ++lane)
      for (int64_t tap = 0; tap < 6; ++tap)
        for (int64_t shift : {0, 1}) {
          const int64_t place = lane % 16 / 4 * 16 + lane / 16 * 4 + lane % 4, channel = block * 6 + lane;
          expected[(((block * 2 + tap / 3) * 2 + shift) * 64 + place) * 4 + tap % 3 + shift] = from[channel * 6 + tap];
        }
  EXPECT_EQ(pack(packing, from), expected);
}

TEST(PackingTest, PiecesGiveTheSameBytes) {
  const Packing packing = getPlain(21, 2, 7, 4);
  const std::vector<int8_t> from = count<int8_t>(21 * 2 * 7);
  std::vector<int8_t> to(packing.size, 0);
  for (int64_t row = packing.getNumRows(); row-- > 0;)
    packing.packRows(reinterpret_cast<const char *>(from.data()) + row * packing.getRowSize(),
                     reinterpret_cast<char *>(to.data()), 1, row, row + 1);
  EXPECT_EQ(to, pack(packing, from));
}

TEST(PackingTest, TheAttributeSaysEverything) {
  MLIRContext context;
  const Packing packing = getPlain(21, 2, 7, 4);
  EXPECT_EQ(Packing::fromAttr(packing.toAttr(&context)), packing);
  EXPECT_FALSE(Packing::fromAttr(DictionaryAttr::get(&context)));
}

} // namespace
