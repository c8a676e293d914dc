//===- AtomicFileTest.cpp - An output file appears whole or not at all -------------------------------------------===//
#include "quant-opt/Support/AtomicFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {
class AtomicFileTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("quant-opt-test", folder));
    path = folder;
    llvm::sys::path::append(path, "file");
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string read() const {
    llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : "absent";
  }
  unsigned countFiles() const {
    unsigned count = 0;
    std::error_code error;
    for (llvm::sys::fs::directory_iterator it(folder, error), end; it != end && !error; it.increment(error))
      ++count;
    return count;
  }

  SmallString<128> folder, path;
};
} // namespace

TEST_F(AtomicFileTest, replacesOnlyWhenCommitted) {
  llvm::cantFail(writeFileAtomically(path, "old"));
  {
    llvm::Expected<AtomicFile> file = AtomicFile::create(path);
    ASSERT_TRUE(bool(file));
    file->os() << "new";
    EXPECT_EQ(read(), "old");
  }
  EXPECT_EQ(read(), "old");
  EXPECT_EQ(countFiles(), 1u);
  llvm::Expected<AtomicFile> file = AtomicFile::create(path);
  ASSERT_TRUE(bool(file));
  file->os() << "new";
  llvm::cantFail(file->commit());
  EXPECT_EQ(read(), "new");
  EXPECT_EQ(countFiles(), 1u);
}

TEST_F(AtomicFileTest, makesExecutablesExecutable) {
  llvm::cantFail(writeFileAtomically(path, "text"));
  EXPECT_FALSE(llvm::sys::fs::can_execute(path));
  llvm::cantFail(writeFileAtomically(path, "program", /*executable=*/true));
  EXPECT_TRUE(llvm::sys::fs::can_execute(path));
}

TEST_F(AtomicFileTest, saysWhatCannotBeWritten) {
  EXPECT_NE(llvm::toString(writeFileAtomically(folder, "x")).find("cannot write: Is a directory"), std::string::npos);
  llvm::sys::path::append(path, "below");
  EXPECT_NE(llvm::toString(writeFileAtomically(path, "x")).find("cannot write: No such file"), std::string::npos);
}

TEST_F(AtomicFileTest, writesDevicesDirectly) { EXPECT_FALSE(bool(writeFileAtomically("/dev/null", "text"))); }
