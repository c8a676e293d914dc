//===- HeaderTest.cpp - Identifiers and the C header made from untrusted names -----------------------------------===//
#include "quant-opt/Emit/Artifact.h"

#include "TestProgram.h"

#include "quant-opt/Support/Identifiers.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::qnn;

TEST(Header, makesIdentifiersOfAnyText) {
  EXPECT_EQ(makeIdentifier("resnet-8.v2"), "resnet_8_v2");
  EXPECT_EQ(makeIdentifier("8bit"), "m8bit");
  EXPECT_EQ(makeIdentifier("_x"), "m_x");
  EXPECT_EQ(makeIdentifier("float"), "float_");
  EXPECT_EQ(makeIdentifier("class"), "class_");
  EXPECT_EQ(makeIdentifier(""), "m");
}

TEST(Header, keepsHostileNamesInsideComments) {
  MLIRContext context;
  std::string text = emitHeader(makeTestProgram(context));
  EXPECT_NE(text.find("const float *in__put_; /* \"in?/put?x0A\", float [1, 1000] */"), std::string::npos) << text;
  EXPECT_NE(text.find("float *float_; /* \"float\", float [1, 1000] */"), std::string::npos);
  EXPECT_NE(text.find("int tiny_run(const tiny_inputs *inputs"), std::string::npos);
  EXPECT_NE(text.find("int tiny_run_profiled(const tiny_inputs *inputs"), std::string::npos);
}

TEST(Header, makesMembersUnique) {
  MLIRContext context;
  Program program = makeTestProgram(context);
  program.inputs = {{"a.b", "float", {1}}, {"a-b", "uint8", {1}}};
  program.outputs.clear();
  program.codes.clear();
  std::string text = emitHeader(program);
  EXPECT_NE(text.find("const float *a_b;"), std::string::npos);
  EXPECT_NE(text.find("const uint8_t *a_b_2;"), std::string::npos);
  EXPECT_NE(text.find("const void *unused;"), std::string::npos);
  EXPECT_EQ(text.find("_run_profiled"), std::string::npos) << "a model without steps cannot time them";
}
