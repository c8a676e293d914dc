//===- DecisionsTest.cpp - Decisions survive on the module, in order, until they are dropped ----------------------===//
#include "quant-opt/Support/Decisions.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::qnn;

TEST(Decisions, AreKeptInOrderWithWhatTheyMeasured) {
  MLIRContext context;
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  EXPECT_TRUE(getDecisions(*module).empty());
  recordDecision(*module, {"qnn-meet-budget", "conv1", "goes to bf16", 18.5, 24.25});
  recordDecision(*module, {"qnn-correct-bias", "", "corrected 9 biases"});
  const std::vector<Decision> decisions = getDecisions(*module);
  ASSERT_EQ(decisions.size(), 2u);
  EXPECT_EQ(decisions[0].pass, "qnn-meet-budget");
  EXPECT_EQ(decisions[0].layer, "conv1");
  EXPECT_EQ(decisions[0].text, "goes to bf16");
  EXPECT_EQ(decisions[0].sqnrBefore, 18.5);
  EXPECT_EQ(decisions[0].sqnrAfter, 24.25);
  EXPECT_EQ(decisions[1].layer, "");
  EXPECT_FALSE(decisions[1].sqnrBefore.has_value());
  dropDecisions(*module);
  EXPECT_TRUE(getDecisions(*module).empty());
}
