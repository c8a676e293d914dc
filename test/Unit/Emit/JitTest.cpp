//===- JitTest.cpp - A program runs in this process, with and without an observer --------------------------------===//
#include "quant-opt/Emit/Jit.h"

#include "TestProgram.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::qnn;

static void sumUp(void *observer, int32_t edge, const float *data, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    static_cast<double *>(observer)[edge] += data[i];
}

TEST(Jit, runsStepsAndFeedsTheObserver) {
  MLIRContext context;
  llvm::Expected<std::unique_ptr<JitModel>> model = JitModel::create(makeTestProgram(context));
  ASSERT_TRUE(bool(model)) << llvm::toString(model.takeError());
  EXPECT_EQ((*model)->getInputs().size(), 1u);
  EXPECT_EQ((*model)->getObservedEdges()[0], "copy");
  std::vector<float> input(kCount), output(kCount);
  for (int64_t i = 0; i < kCount; ++i)
    input[i] = i;
  double sum = 0;
  (*model)->run({input.data()}, {output.data()});
  EXPECT_EQ(sum, 0);
  (*model)->run({input.data()}, {output.data()}, &sum, sumUp);
  EXPECT_EQ(sum, kCount * (kCount - 1) / 2);
  for (int64_t i = 0; i < kCount; ++i)
    ASSERT_EQ(output[i], i + (i % 4 + 1));
}

TEST(Jit, saysThatAStepIsMissing) {
  MLIRContext context;
  Program program = makeTestProgram(context);
  for (ProgramCode &code : program.codes)
    code.steps[1].symbol = "absent";
  llvm::Expected<std::unique_ptr<JitModel>> model = JitModel::create(std::move(program));
  ASSERT_FALSE(bool(model));
  EXPECT_NE(llvm::toString(model.takeError()).find("has no step function \"absent\""), std::string::npos);
}
