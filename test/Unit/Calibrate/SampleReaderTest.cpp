//===- SampleReaderTest.cpp - Which arrays serve which inputs, and in which order samples come
//---------------------------===//
#include "quant-opt/Calibrate/SampleReader.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"
#include <numeric>

using namespace mlir;
using namespace mlir::qnn;

namespace {

class SampleReaderTest : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("sample-reader-test", folder)); }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  /// A path in the folder of this test.
  std::string getPath(StringRef name) {
    SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    return path.str().str();
  }
  /// An array of the bytes 0, 1, 2, ….
  NamedArray makeArray(StringRef name, std::vector<int64_t> shape) {
    ArrayInfo info{name.str(), "uint8", std::move(shape)};
    bytes.resize(std::max<size_t>(bytes.size(), 256));
    std::iota(bytes.begin(), bytes.end(), 0);
    return {info, ArrayRef<char>(bytes).take_front(info.getNumBytes())};
  }
  static std::vector<int> readBytes(SampleReader &reader, ArrayRef<int64_t> samples, unsigned input, size_t count) {
    llvm::Expected<ArrayRef<const void *>> pointers = reader.read(samples);
    EXPECT_TRUE(bool(pointers));
    const uint8_t *data = static_cast<const uint8_t *>((*pointers)[input]);
    return std::vector<int>(data, data + count);
  }
  std::string getRefusal(StringRef file, ArrayRef<TensorInfo> inputs) {
    llvm::Expected<SampleReader> reader = SampleReader::open(getPath(file), inputs);
    return reader ? "" : llvm::toString(reader.takeError());
  }

  SmallString<128> folder;
  std::vector<char> bytes;
};

TEST_F(SampleReaderTest, SamplesTakeThePlaceOfTheBatch) {
  ASSERT_FALSE(writeNpz(getPath("x.npz"), {makeArray("x", {5, 2})}));
  llvm::Expected<SampleReader> reader = SampleReader::open(getPath("x.npz"), {{"x", "uint8", {2, 2}}});
  ASSERT_TRUE(bool(reader));
  EXPECT_EQ(reader->getNumSamples(), 5);
  EXPECT_EQ(reader->getBatch(), 2);
  EXPECT_EQ(readBytes(*reader, {0, 1}, 0, 4), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(readBytes(*reader, {3, 4}, 0, 4), (std::vector<int>{6, 7, 8, 9}));
}

TEST_F(SampleReaderTest, ARunThatIsNotFullRepeatsItsSamples) {
  ASSERT_FALSE(writeNpz(getPath("x.npz"), {makeArray("x", {7, 1})}));
  llvm::Expected<SampleReader> reader = SampleReader::open(getPath("x.npz"), {{"x", "uint8", {5, 1}}});
  ASSERT_TRUE(bool(reader));
  EXPECT_EQ(readBytes(*reader, {5, 6}, 0, 5), (std::vector<int>{5, 6, 5, 6, 5}));
}

TEST_F(SampleReaderTest, AnArrayOfTheInputsShapeBelongsToEveryRun) {
  ASSERT_FALSE(writeNpz(getPath("xm.npz"), {makeArray("mask", {1, 3}), makeArray("x", {4, 2}), makeArray("k", {})}));
  llvm::Expected<SampleReader> reader =
      SampleReader::open(getPath("xm.npz"), {{"x", "uint8", {1, 2}}, {"mask", "uint8", {1, 3}}, {"k", "uint8", {}}});
  ASSERT_TRUE(bool(reader));
  EXPECT_EQ(reader->getNumSamples(), 4);
  EXPECT_EQ(readBytes(*reader, {2}, 0, 2), (std::vector<int>{4, 5}));
  EXPECT_EQ(readBytes(*reader, {3}, 1, 3), (std::vector<int>{0, 1, 2}));
}

TEST_F(SampleReaderTest, AnUnnamedArrayServesTheOnlyInput) {
  ASSERT_FALSE(writeNpy(getPath("x.npy"), makeArray("", {3, 2})));
  EXPECT_EQ(getRefusal("x.npy", {{"anything", "uint8", {1, 2}}}), "");
  EXPECT_EQ(getRefusal("x.npy", {{"a", "uint8", {1, 2}}, {"b", "uint8", {1, 2}}}),
            getPath("x.npy") +
                ": expected a .npz file with an array for each of the model's 2 inputs, found a .npy file");
}

TEST_F(SampleReaderTest, ArraysThatDoNotFitAreRefused) {
  ASSERT_FALSE(writeNpz(getPath("x.npz"), {makeArray("x", {4, 2})}));
  const std::string prefix = getPath("x.npz") + ": array for input \"x\": ";
  EXPECT_EQ(getRefusal("x.npz", {{"x", "bool", {1, 2}}}), prefix + "expected element type bool, found uint8");
  EXPECT_EQ(getRefusal("x.npz", {{"x", "uint8", {1, 3}}}),
            prefix + "expected shape [1, 3] or [samples, 3], found [4, 2]");
  EXPECT_EQ(getRefusal("x.npz", {{"x", "uint8", {}}}), prefix + "expected shape [], found [4, 2]");
}

} // namespace
