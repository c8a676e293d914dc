//===- SpendBudgetTest.cpp - The search for the layers to widen, on models made of numbers -----------------------===//
#include "quant-opt/Refine/SpendBudget.h"

#include "gtest/gtest.h"
#include <cmath>

using namespace mlir;
using namespace mlir::qnn;

namespace {

constexpr Precision I8 = Precision::I8, I16 = Precision::I16, F32 = Precision::F32;

/// Layers whose noise powers add up; a wider one makes none, i16 a hundredth of it. The signal's power is 1.
struct Model {
  std::vector<BudgetLayer> layers;
  double floor;

  void add(double noise, double time, bool hasI16 = false) {
    BudgetLayer layer;
    layer.noise = noise;
    layer.choices = hasI16 ? SmallVector<Precision, 4>{I8, I16, F32} : SmallVector<Precision, 4>{I8, F32};
    layer.times = hasI16 ? SmallVector<double, 4>{time, 2 * time, 4 * time} : SmallVector<double, 4>{time, 4 * time};
    layers.push_back(layer);
  }
  BudgetScore measure(ArrayRef<Precision> precisions) const {
    double noise = 1e-30;
    for (auto [precision, layer] : llvm::zip_equal(precisions, layers))
      noise += precision == I8 ? layer.noise : precision == I16 ? layer.noise / 100 : 0;
    const double sqnr = -10 * std::log10(noise);
    return {sqnr, std::max(0.0, floor - sqnr)};
  }
  BudgetResult spend() const {
    return spendBudget(layers, [&](ArrayRef<Precision> precisions) { return measure(precisions); });
  }
};

} // namespace

TEST(SpendBudget, AGoalThatHoldsCostsOneMeasurement) {
  Model model{{}, 20};
  model.add(0.001, 100);
  BudgetResult result = model.spend();
  EXPECT_EQ(result.measurements, 1);
  EXPECT_EQ(result.precisions, std::vector<Precision>{I8});
  EXPECT_TRUE(result.last.holds());
  EXPECT_TRUE(result.steps.empty());
}

TEST(SpendBudget, TheLayerThatCostsMostForItsTimeIsWidened) {
  Model model{{}, 20};
  model.add(0.002, 100);
  model.add(0.5, 100);
  model.add(0.3, 10000);
  model.add(0.002, 100);
  model.floor = 5;
  BudgetResult result = model.spend();
  EXPECT_EQ(result.precisions, (std::vector<Precision>{I8, F32, I8, I8}));
  model.floor = 20;
  result = model.spend();
  EXPECT_EQ(result.precisions, (std::vector<Precision>{I8, F32, F32, I8}));
  EXPECT_LT(result.first.sqnr, 2);
  EXPECT_GT(result.last.sqnr, 20);
}

TEST(SpendBudget, WhatTurnsOutNotToMatterIsTakenBack) {
  Model model{{}, 20};
  for (int i = 0; i < 20; ++i)
    model.add(1e-4, 1); // cheap, so that they are tried first
  model.add(0.5, 100000);
  BudgetResult result = model.spend();
  EXPECT_EQ(llvm::count(result.precisions, F32), 1);
  EXPECT_EQ(result.precisions.back(), F32);
  EXPECT_LT(result.measurements, 45);
}

TEST(SpendBudget, TheNarrowestChoiceThatIsEnoughIsKept) {
  Model model{{}, 20};
  model.add(0.5, 100, /*hasI16=*/true);
  EXPECT_EQ(model.spend().precisions, std::vector<Precision>{I16});
  model.floor = 30;
  EXPECT_EQ(model.spend().precisions, std::vector<Precision>{F32});
}

TEST(SpendBudget, ManyLayersALittleWiderAreTakenWhereTheyAreCheaper) {
  Model model{{}, 30};
  for (int i = 0; i < 4; ++i)
    model.add(0.01, 100, /*hasI16=*/true);
  EXPECT_EQ(model.spend().precisions, std::vector<Precision>(4, I16));
  // Three float layers would do as well, for a time of 900 more instead of 400.
  model.floor = 19.9;
  EXPECT_EQ(llvm::count(model.spend().precisions, F32), 0);
}

TEST(SpendBudget, TheBestStateIsKeptWhereTheGoalIsOutOfReach) {
  Model model{{}, 60};
  model.add(0.1, 100);
  model.add(0.01, 100);
  model.layers[1].choices = {I8}; // pinned
  model.layers[1].times = {100};
  BudgetResult result = model.spend();
  EXPECT_EQ(result.precisions, (std::vector<Precision>{F32, I8}));
  EXPECT_FALSE(result.last.holds());
  EXPECT_NEAR(result.last.sqnr, 20, 1e-6);
}

TEST(SpendBudget, TimesAreThoseOfKindAndPrecision) {
  EXPECT_LT(estimateTime({"conv"}, 1000, I8), estimateTime({"conv"}, 1000, I16));
  EXPECT_LT(estimateTime({"conv"}, 1000, I16), estimateTime({"conv"}, 1000, F32));
  EXPECT_LT(estimateTime({"conv"}, 1000, I8), estimateTime({"depthwise", "conv"}, 1000, I8));
}
