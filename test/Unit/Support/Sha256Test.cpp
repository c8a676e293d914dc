//===- Sha256Test.cpp - The hash of the standard, however the bytes come ------------------------------------------===//
#include "quant-opt/Support/Sha256.h"

#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

using namespace mlir::qnn;

TEST(Sha256, GivesTheStandardsExamples) {
  EXPECT_EQ(Sha256::hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256::hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256::hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, GivesLlvmsHashForEveryLengthAndSplit) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const std::string expected = llvm::toHex(
        llvm::SHA256::hash(llvm::ArrayRef(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size())), true);
    EXPECT_EQ(Sha256::hash(bytes), expected) << i;
    Sha256 pieces;
    pieces.update(llvm::StringRef(bytes).take_front(i / 3));
    pieces.update(llvm::StringRef(bytes).drop_front(i / 3).take_front(i % 70));
    pieces.update(llvm::StringRef(bytes).drop_front(i / 3).drop_front(std::min<size_t>(i % 70, i - i / 3)));
    EXPECT_EQ(pieces.finish(), expected) << i;
    bytes.push_back(static_cast<char>(i * 89 + i / 7));
  }
}
