//===- PrecisionCostTest.cpp - Estimated costs are ordered as measured ones are -----------------------------------===//
#include "quant-opt/Analysis/PrecisionCost.h"

#include "gtest/gtest.h"

using namespace mlir::qnn;

static double cost(Precision precision, CpuPath path = CpuPath::Avx512Vnni) {
  return estimateCycles({16777216, 131072, 98304, false}, precision, path);
}

TEST(PrecisionCost, OrdersPrecisionsAsMeasured) {
  EXPECT_EQ(cost(Precision::I4), cost(Precision::I8));
  EXPECT_LT(cost(Precision::I8), cost(Precision::I16));
  EXPECT_LT(cost(Precision::I16), cost(Precision::F32));
  EXPECT_LT(cost(Precision::F32), cost(Precision::F16));
  EXPECT_LT(cost(Precision::F16), cost(Precision::BF16));
  // Without byte dot products two products of bytes take longer than one of floats.
  EXPECT_GT(cost(Precision::I16, CpuPath::Avx2), cost(Precision::F32, CpuPath::Avx2));
}

TEST(PrecisionCost, CountsBytesWhereThereIsLittleToMultiply) {
  // A product with one row reads its weights once.
  LayerWork row{1048576, 1048576, 2048, false};
  EXPECT_LT(estimateCycles(row, Precision::F16), estimateCycles(row, Precision::F32));
  EXPECT_EQ(getWeightBytes(row, Precision::F16), 2097152);
  EXPECT_EQ(getWeightBytes(row, Precision::I16), 1048576);
}

TEST(PrecisionCost, DepthwiseGainsLessFromBytes) {
  LayerWork conv{1000000, 0, 0, false}, depthwise{1000000, 0, 0, true};
  auto gain = [](const LayerWork &work) {
    return estimateCycles(work, Precision::F32) / estimateCycles(work, Precision::I8);
  };
  EXPECT_GT(gain(conv), gain(depthwise));
}
