//===- DiagnosticsTest.cpp - Escaped text, nearest matches, exit codes -------------------------------------------===//
#include "quant-opt/Support/Diagnostics.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::qnn;

TEST(Diagnostics, escapesWhatActsOnTerminals) {
  EXPECT_EQ(escapeText("conv_1"), "conv_1");
  EXPECT_EQ(escapeText("\x1b[31m\n\t\x7f"), "\\x1B[31m\\x0A\\x09\\x7F");
  EXPECT_EQ(escapeText("a\nb", /*keepNewlines=*/true), "a\nb");
  EXPECT_EQ(escapeText("größe 层"), "größe 层");
  // A C1 control character, a change of writing direction, and bytes that are no UTF-8.
  EXPECT_EQ(escapeText("\xc2\x9b"), "\\xC2\\x9B");
  EXPECT_EQ(escapeText("\xe2\x80\xae"), "\\xE2\\x80\\xAE");
  EXPECT_EQ(escapeText("\xff\xc3"), "\\xFF\\xC3");
}

TEST(Diagnostics, findsWhatWasMeant) {
  EXPECT_EQ(findNearest("imge", {"image", "mask"}), "image");
  EXPECT_EQ(findNearest("xyz", {"image", "mask"}), "");
  EXPECT_EQ(findNearest("x", {}), "");
  EXPECT_EQ(suggestNearest("imge", {"image", "mask"}), ", did you mean \"image\"?");
  EXPECT_EQ(suggestNearest("xyz", {"image", "mask"}), ", expected one of: image, mask");
  EXPECT_EQ(suggestNearest("xyz", {}), "");
}

TEST(Diagnostics, givesTheExitCodeAndAtMostTwentyLines) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(reportError("tool", makeToolError(ExitCode::Limit, "too\x01large")), ExitCode::Limit);
  EXPECT_EQ(reportError("tool", llvm::createStringError("plain")), ExitCode::BadInput);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "tool: error: too\\x01large\ntool: error: plain\n");
  testing::internal::CaptureStderr();
  reportError("tool", makeToolError(ExitCode::Usage, std::string(100, '\n') + std::string(5000, 'x')));
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 20);
}
