//===- ShortFloatsTest.cpp - bf16 and f16 are the nearest ones, ties to even --------------------------------------===//
#include "quant-opt/Numerics/ShortFloats.h"

#include "llvm/ADT/APFloat.h"
#include "gtest/gtest.h"
#include <limits>

using namespace mlir::qnn::numerics;

static uint16_t roundBySemantics(float x, const llvm::fltSemantics &semantics) {
  llvm::APFloat value(x);
  bool losesInfo;
  value.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return static_cast<uint16_t>(value.bitcastToAPInt().getZExtValue());
}

TEST(ShortFloats, RoundToNearestEvenOverAllMagnitudes) {
  // Every exponent, mantissas next to the ties of both types, both signs.
  for (uint32_t exponent = 0; exponent < 255; ++exponent)
    for (uint32_t high = 0; high < 1024; high += 37)
      for (uint32_t low : {0x0000u, 0x0fffu, 0x1000u, 0x1001u, 0x1fffu})
        for (uint32_t sign : {0u, 0x80000000u}) {
          float x = floatOf(sign | exponent << 23 | high << 13 | low);
          ASSERT_EQ(roundToF16(x), roundBySemantics(x, llvm::APFloat::IEEEhalf())) << x;
          ASSERT_EQ(roundToBf16(x), roundBySemantics(x, llvm::APFloat::BFloat())) << x;
        }
}

TEST(ShortFloats, WideningIsExact) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    if (!std::isnan(widenF16(bits)))
      ASSERT_EQ(roundToF16(widenF16(bits)), bits);
    if (!std::isnan(widenBf16(bits)))
      ASSERT_EQ(roundToBf16(widenBf16(bits)), bits);
  }
  EXPECT_EQ(widenF16(0x3c00), 1.0f);
  EXPECT_EQ(widenF16(0x0001), 0x1p-24f);
  EXPECT_EQ(widenBf16(0x3f80), 1.0f);
}

TEST(ShortFloats, NaNStaysNaN) {
  float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(widenF16(roundToF16(nan))));
  EXPECT_TRUE(std::isnan(widenBf16(roundToBf16(floatOf(0x7f800001)))));
}
