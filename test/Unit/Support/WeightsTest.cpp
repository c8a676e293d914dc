//===- WeightsTest.cpp - Which constants a context keeps ---------------------------------------------------------===//
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::qnn;

/// A module with one constant of 32 floats, all `value`.
static OwningOpRef<ModuleOp> makeModule(MLIRContext &context, float value) {
  OpBuilder builder(&context);
  Location loc = builder.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, loc);
  builder.setInsertionPointToStart(module->getBody());
  std::vector<float> elements(32, value);
  createConstant<float>(builder, loc, RankedTensorType::get({32}, builder.getF32Type()), elements, "w");
  return module;
}

static std::optional<std::vector<float>> read(ModuleOp module) {
  return readConstant<float>(module.getBody()->front().getResult(0));
}

TEST(WeightsTest, ReleasesWhatTheKeptOperationDoesNotReferTo) {
  MLIRContext context;
  context.loadDialect<arith::ArithDialect>();
  OwningOpRef<ModuleOp> kept = makeModule(context, 1.0f), other = makeModule(context, 2.0f);
  releaseConstants(&context, kept->getOperation());
  EXPECT_EQ(read(*kept), std::vector<float>(32, 1.0f));
  EXPECT_FALSE(read(*other));
  releaseConstants(&context, {});
  EXPECT_FALSE(read(*kept));
}
