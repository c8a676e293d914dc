//===- ByteSumTest.cpp - Sums of two bytes in fewer operations equal the contract's ------------------------------===//
#include "quant-opt/Numerics/ByteSum.h"
#include "quant-opt/Numerics/Quantize.h"

#include "gtest/gtest.h"

using namespace mlir::qnn::numerics;

namespace {
struct Grid {
  float scale;
  int32_t zeroPoint, low;
};
} // namespace

static std::vector<int32_t> addBytes(Grid a, Grid b, Grid y, int32_t lo) {
  std::vector<int32_t> table;
  for (int32_t i = 0; i < 256; ++i)
    for (int32_t j = 0; j < 256; ++j)
      table.push_back(
          quantize(dequantize(a.low + i, a.scale, a.zeroPoint) + dequantize(b.low + j, b.scale, b.zeroPoint), y.scale,
                   y.zeroPoint, lo, y.low + 255));
  return table;
}

static std::optional<ByteSum> find(Grid a, Grid b, Grid y, const std::vector<int32_t> &table) {
  double first = double(a.scale) / y.scale, second = double(b.scale) / y.scale;
  return findByteSum(first, second, -first * a.zeroPoint - second * b.zeroPoint, y.zeroPoint, a.low, b.low, table);
}

TEST(ByteSumTest, GivesTheTableForAllBytes) {
  for (float scale : {0.0171934f, 0.0317771f, 0.0124973f})
    for (int32_t low : {0, -128}) {
      Grid a{0.0213712f, 121, 0}, b{scale, 13, low}, y{0.0297311f, low + 97, low};
      std::vector<int32_t> table = addBytes(a, b, y, y.zeroPoint);
      std::optional<ByteSum> sum = find(a, b, y, table);
      ASSERT_TRUE(sum) << scale << " " << low;
      EXPECT_EQ(sum->lo, y.zeroPoint);
      for (int32_t i = 0; i < 65536; ++i)
        ASSERT_EQ(sum->apply(a.low + i / 256, b.low + i % 256), table[i]);
    }
}

TEST(ByteSumTest, ExactTiesNeedTheZeroPointOutside) {
  // Halves are rounded to even before an odd zero point is added.
  Grid a{1, 3, 0}, b{0.5f, 4, 0}, y{1, 5, 0};
  std::vector<int32_t> table = addBytes(a, b, y, 0);
  std::optional<ByteSum> sum = find(a, b, y, table);
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->zeroPoint, 5);
}

TEST(ByteSumTest, RefusesTiesThatRoundingDecides) {
  Grid a{0.02f, 120, 0}, b{0.017f, 100, 0}, y{0.02f, 120, 0};
  EXPECT_FALSE(find(a, b, y, addBytes(a, b, y, 0)));
}

TEST(ByteSumTest, RefusesSumsThatDoNotConvert) {
  Grid a{1e20f, 0, 0}, b{1, 0, 0}, y{1e-10f, 0, 0};
  EXPECT_FALSE(find(a, b, y, addBytes(a, b, y, 0)));
}
