//===- GuardedParserTest.cpp - What nests too deep is refused, what only looks so is not -------------------------===//
#include "quant-opt/Support/GuardedParser.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::qnn;

static bool passes(const std::string &text) {
  llvm::Error error = checkNesting(text, "file");
  bool ok = !error;
  llvm::consumeError(std::move(error));
  return ok;
}

static std::string repeat(const std::string &text, unsigned count) {
  std::string all;
  for (unsigned i = 0; i < count; ++i)
    all += text;
  return all;
}

TEST(GuardedParser, limitsNesting) {
  EXPECT_TRUE(passes(repeat("(", kMaxNesting)));
  EXPECT_FALSE(passes(repeat("(", kMaxNesting + 1)));
  EXPECT_FALSE(passes(repeat("tensor<[{(", kMaxNesting)));
  EXPECT_TRUE(passes(repeat("({[<>]})", 1000)));
}

TEST(GuardedParser, seesWhatIsNoBracket) {
  EXPECT_TRUE(passes(repeat("\"(((\" ", 1000)));
  EXPECT_TRUE(passes("\"\\\"" + repeat("(", 1000) + "\""));
  EXPECT_TRUE(passes("// " + repeat("(", 1000)));
  EXPECT_FALSE(passes("// \n" + repeat("(", 1000)));
  EXPECT_TRUE(passes(repeat("(d0) -> (d0 <= 1) ", 1000)));
  EXPECT_TRUE(passes("ML\xEFR" + repeat("(", 1000)));
  EXPECT_TRUE(passes(repeat(")", 1000)));
}
