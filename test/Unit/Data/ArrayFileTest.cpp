//===- ArrayFileTest.cpp - .npy and .npz files: round trips, and refusal of everything malformed
//-------------------------===//
#include "quant-opt/Data/ArrayFile.h"
#include "quant-opt/Data/ElementTypes.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace mlir::qnn;

namespace {

class ArrayFileTest : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("array-file-test", folder)); }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string getPath(StringRef name) {
    SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    return path.str().str();
  }
  std::string write(StringRef name, StringRef contents) {
    std::error_code code;
    llvm::raw_fd_ostream os(getPath(name), code);
    os << contents;
    return getPath(name);
  }
  static std::string read(StringRef path) { return (*llvm::MemoryBuffer::getFile(path))->getBuffer().str(); }

  /// A .npy file of version 1 with the given header text and data.
  static std::string makeNpy(StringRef text, size_t dataSize) {
    std::string npy("\x93NUMPY\x01\x00", 8);
    npy += static_cast<char>(text.size());
    npy += static_cast<char>(text.size() >> 8);
    return npy + text.str() + std::string(dataSize, 'd');
  }
  /// The message with which the array `name` of `path` is refused; empty if it is read.
  static std::string getRefusal(StringRef path, StringRef name = "") {
    llvm::Expected<ArrayFile> file = ArrayFile::open(path);
    if (!file)
      return llvm::toString(file.takeError());
    ArrayInfo info;
    llvm::Expected<std::vector<char>> bytes = file->readArray(name, info);
    return bytes ? "" : llvm::toString(bytes.takeError());
  }
  void expectRefusal(StringRef contents, StringRef message) {
    const std::string refusal = getRefusal(write("a.npy", contents));
    EXPECT_TRUE(StringRef(refusal).contains(message)) << refusal;
  }

  SmallString<128> folder;
};

TEST_F(ArrayFileTest, EveryElementTypeSurvivesBothFormats) {
  std::vector<std::vector<char>> contents;
  std::vector<NamedArray> arrays;
  for (const ElementTypeInfo &type : getElementTypes()) {
    ArrayInfo info{type.name.str(), type.name.str(), {2, 3, 5}};
    contents.emplace_back(info.getNumBytes());
    for (size_t i = 0; i < contents.back().size(); ++i)
      contents.back()[i] = static_cast<char>(i * 7);
    arrays.push_back({info, {}});
  }
  for (size_t i = 0; i < arrays.size(); ++i)
    arrays[i].bytes = contents[i];
  ASSERT_FALSE(writeNpz(getPath("all.npz"), arrays));
  llvm::Expected<ArrayFile> file = ArrayFile::open(getPath("all.npz"));
  ASSERT_TRUE(bool(file));
  ASSERT_EQ(file->getNames().size(), arrays.size());
  for (const NamedArray &array : arrays) {
    ASSERT_FALSE(writeNpy(getPath("one.npy"), array));
    llvm::Expected<ArrayFile> one = ArrayFile::open(getPath("one.npy"));
    ASSERT_TRUE(bool(one));
    ArrayInfo fromNpz, fromNpy;
    EXPECT_EQ(ArrayRef<char>(*file->readArray(array.info.name, fromNpz)), array.bytes);
    EXPECT_EQ(ArrayRef<char>(*one->readArray("", fromNpy)), array.bytes);
    EXPECT_EQ(fromNpz.type, array.info.type);
    EXPECT_EQ(fromNpz.shape, array.info.shape);
    EXPECT_EQ(fromNpy.type, array.info.type);
  }
}

TEST_F(ArrayFileTest, ScalarsVectorsAndEmptyArraysSurvive) {
  for (std::vector<int64_t> shape : {std::vector<int64_t>{}, {3}, {0}, {4, 0, 2}, {1, 1}}) {
    ArrayInfo info{"x", "float", shape}, found;
    std::vector<char> bytes(info.getNumBytes(), 'x');
    ASSERT_FALSE(writeNpz(getPath("x.npz"), {{info, bytes}}));
    llvm::Expected<ArrayFile> file = ArrayFile::open(getPath("x.npz"));
    ASSERT_TRUE(bool(file));
    llvm::Expected<std::vector<char>> read = file->readArray("x", found);
    ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
    EXPECT_EQ(*read, bytes);
    EXPECT_EQ(found.shape, shape);
  }
}

TEST_F(ArrayFileTest, StreamsReadPiecesAndSkip) {
  std::vector<char> bytes(100000);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * i >> 3);
  ArrayInfo info{"x", "uint8", {100, 1000}};
  ASSERT_FALSE(writeNpz(getPath("x.npz"), {{info, bytes}}));
  ASSERT_FALSE(writeNpy(getPath("x.npy"), {info, bytes}));
  for (auto [path, name] : {std::pair("x.npz", "x"), std::pair("x.npy", "")}) {
    llvm::Expected<ArrayFile> file = ArrayFile::open(getPath(path));
    ASSERT_TRUE(bool(file));
    llvm::Expected<ArrayStream> stream = file->openArray(name);
    ASSERT_TRUE(bool(stream));
    std::vector<char> row(1000);
    for (int i = 0; i < 100; ++i) {
      if (i % 3 == 1) {
        ASSERT_FALSE(stream->skip(1000));
        continue;
      }
      ASSERT_FALSE(stream->read(row));
      ASSERT_TRUE(std::equal(row.begin(), row.end(), bytes.begin() + i * 1000)) << i;
    }
    EXPECT_EQ(llvm::toString(stream->read(row)), "read beyond the end of the array");
  }
}

TEST_F(ArrayFileTest, EqualArraysGiveEqualFiles) {
  std::vector<char> bytes(400, 'x');
  NamedArray array{{"x", "float", {100}}, bytes};
  ASSERT_FALSE(writeNpz(getPath("a.npz"), {array}));
  ASSERT_FALSE(writeNpz(getPath("b.npz"), {array}));
  EXPECT_EQ(read(getPath("a.npz")), read(getPath("b.npz")));
}

TEST_F(ArrayFileTest, AMissingArrayIsNamedWithTheNearest) {
  std::vector<char> bytes(4);
  ASSERT_FALSE(writeNpz(getPath("x.npz"), {{{"image", "float", {1}}, bytes}, {{"mask", "float", {1}}, bytes}}));
  EXPECT_EQ(getRefusal(getPath("x.npz"), "imag"),
            getPath("x.npz") + ": no array named \"imag\", did you mean \"image\"?");
}

TEST_F(ArrayFileTest, FilesThatAreNotArraysAreRefused) {
  EXPECT_EQ(getRefusal(getPath("missing.npz")), getPath("missing.npz") + ": No such file or directory");
  EXPECT_EQ(getRefusal(folder), folder.str().str() + ": not a regular file");
  expectRefusal("", "expected a .npy or .npz file");
  expectRefusal("hello, world", "expected a .npy or .npz file");
  expectRefusal("PK\x03\x04 and no more", "not a sound .npz archive");
  expectRefusal(StringRef("\x93NUMPY", 6), "the data ends before the array does");
  expectRefusal(StringRef("\x93NUMPY\x09\x00xxxxxxxx", 16), "expected version 1 to 3 of the .npy format, found 9");
}

TEST_F(ArrayFileTest, HeadersAreReadAsNumpyWritesThem) {
  EXPECT_EQ(getRefusal(write("a.npy", makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n", 24))),
            "");
  EXPECT_EQ(getRefusal(write("a.npy", makeNpy("{\"shape\": (6,), 'fortran_order': True, 'descr': '<f4'}\n", 24))), "");
  EXPECT_EQ(getRefusal(write("a.npy", makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4))), "");
  EXPECT_EQ(getRefusal(write("a.npy", makeNpy("{'descr': '<u1', 'fortran_order': False, 'shape': (2,)}", 2))), "");
}

TEST_F(ArrayFileTest, ArraysThatCannotBeReadAreRefusedWithTheReason) {
  expectRefusal(makeNpy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8), "object arrays are refused");
  expectRefusal(makeNpy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 4),
                "expected a plain element type, found a structured one");
  expectRefusal(makeNpy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", 4),
                "expected little-endian elements, found big-endian '>f4'");
  expectRefusal(makeNpy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 8),
                "element type '<c8' is not supported");
  expectRefusal(makeNpy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", 16), "found Fortran order");
  expectRefusal(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }", 16),
                "the shape needs 20 bytes of data, found 16");
  expectRefusal(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 16),
                "the shape needs 12 bytes of data, found 16");
  expectRefusal(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", 16),
                "more than 2^63 bytes");
  expectRefusal(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 16), "expected dimensions");
  expectRefusal(makeNpy("{'descr': '<f4', 'fortran_order': False, }", 16),
                "expected 'descr', 'fortran_order' and 'shape'");
  expectRefusal(makeNpy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (), }", 4),
                "unexpected or repeated key");
  expectRefusal(makeNpy("{'descr': '<f4', 'fortran_order': 0, 'shape': (), }", 4), "expected True or False");
  expectRefusal(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (), } + 1", 4), "unexpected text");
  expectRefusal(makeNpy("{'descr': '<f4", 4), "unterminated string");
  expectRefusal(makeNpy("('descr')", 4), "expected '{'");
}

TEST_F(ArrayFileTest, LongHeadersAreRefusedBeforeTheyAreRead) {
  std::string npy("\x93NUMPY\x02\x00\xff\xff\xff\x7f", 12);
  expectRefusal(npy, "expected a .npy header of at most 65536 bytes, found 2147483647");
}

TEST_F(ArrayFileTest, DamageInsideAnArchiveIsFound) {
  std::vector<char> bytes(1000, 'x');
  ASSERT_FALSE(writeNpz(getPath("x.npz"), {{{"x", "uint8", {1000}}, bytes}}));
  std::string contents = read(getPath("x.npz"));
  contents[contents.find("xxxxxxxx") + 500] = 'y';
  const std::string refusal = getRefusal(write("y.npz", contents), "x");
  EXPECT_TRUE(StringRef(refusal).ends_with("CRC error")) << refusal;
}

TEST_F(ArrayFileTest, MutantsAreReadOrRefused) {
  std::vector<char> bytes(24, 'x');
  NamedArray array{{"x", "float", {2, 3}}, bytes};
  ASSERT_FALSE(writeNpz(getPath("x.npz"), {array}));
  ASSERT_FALSE(writeNpy(getPath("x.npy"), array));
  std::mt19937 random(1);
  for (const char *name : {"x.npz", "x.npy"}) {
    const std::string contents = read(getPath(name));
    for (int i = 0; i < 1500; ++i) {
      std::string mutant = contents;
      for (unsigned changes = 1 + random() % 3; changes; --changes) {
        switch (random() % 3) {
        case 0:
          mutant[random() % mutant.size()] = static_cast<char>(random());
          break;
        case 1:
          mutant.resize(1 + random() % mutant.size());
          break;
        default:
          mutant.insert(random() % mutant.size(), 1, static_cast<char>(random()));
        }
      }
      const std::string path = write("mutant", mutant);
      llvm::Expected<ArrayFile> file = ArrayFile::open(path);
      if (!file) {
        llvm::consumeError(file.takeError());
        continue;
      }
      for (const std::string &array : file->getNames())
        getRefusal(path, array);
    }
  }
}

} // namespace
