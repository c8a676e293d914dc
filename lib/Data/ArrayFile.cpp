//===- ArrayFile.cpp - Reading .npy and .npz files, array by array and piece by piece -----------------------------===//
#include "quant-opt/Data/ArrayFile.h"

#include "NpyHeader.h"
#include "quant-opt/Data/ElementTypes.h"
#include "quant-opt/Support/Diagnostics.h"

#include "llvm/Support/Errno.h"
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

using namespace mlir;
using namespace mlir::qnn;

static llvm::Error makeError(const Twine &message) { return llvm::createStringError(message); }

int64_t ArrayInfo::getNumElements() const {
  int64_t count = 1;
  for (int64_t dim : shape)
    if (dim == 0)
      return 0;
    else
      count *= dim;
  return count;
}

int64_t ArrayInfo::getNumBytes() const {
  const ElementTypeInfo *elementType = findElementType(type);
  return elementType ? getNumElements() * elementType->bytes : 0;
}

/// Bytes in order, from a plain file or from a member of an archive.
class ArrayStream::Source {
public:
  virtual ~Source() = default;
  /// All bytes there are, prefix and header included.
  virtual int64_t getSize() const = 0;
  /// Reads up to `size` bytes; 0 at the end.
  virtual llvm::Expected<size_t> readSome(char *bytes, size_t size) = 0;
  /// Passes over bytes without reading them, where that is possible: true if done.
  virtual bool seekForward(int64_t count) { return false; }
};

namespace {

struct FileCloser {
  int descriptor = -1;
  explicit FileCloser(int descriptor) : descriptor(descriptor) {}
  ~FileCloser() { close(descriptor); }
};

class PlainSource : public ArrayStream::Source {
public:
  PlainSource(std::shared_ptr<FileCloser> file, int64_t size) : file(std::move(file)), size(size) {}
  int64_t getSize() const override { return size; }
  llvm::Expected<size_t> readSome(char *bytes, size_t count) override {
    const ssize_t got = llvm::sys::RetryAfterSignal(-1, pread, file->descriptor, bytes, count, offset);
    if (got < 0)
      return llvm::errorCodeToError(std::error_code(errno, std::generic_category()));
    offset += got;
    return static_cast<size_t>(got);
  }
  bool seekForward(int64_t count) override {
    offset += count;
    return true;
  }

private:
  std::shared_ptr<FileCloser> file;
  int64_t size, offset = 0;
};

class MemberSource : public ArrayStream::Source {
public:
  MemberSource(std::shared_ptr<zip_t> archive, zip_file_t *member, int64_t size)
      : archive(std::move(archive)), member(member), size(size) {}
  ~MemberSource() override { zip_fclose(member); }
  int64_t getSize() const override { return size; }
  llvm::Expected<size_t> readSome(char *bytes, size_t count) override {
    const zip_int64_t got = zip_fread(member, bytes, count);
    if (got < 0)
      return makeError(zip_file_strerror(member));
    return static_cast<size_t>(got);
  }

private:
  std::shared_ptr<zip_t> archive;
  zip_file_t *member;
  int64_t size;
};

} // namespace

/// Fills `bytes` or says that the data ended early.
static llvm::Error readAll(ArrayStream::Source &source, MutableArrayRef<char> bytes) {
  while (!bytes.empty()) {
    llvm::Expected<size_t> got = source.readSome(bytes.data(), bytes.size());
    if (!got)
      return got.takeError();
    if (*got == 0)
      return makeError("the data ends before the array does");
    bytes = bytes.drop_front(*got);
  }
  return llvm::Error::success();
}

ArrayStream::ArrayStream(ArrayInfo info, std::unique_ptr<Source> source)
    : info(std::move(info)), source(std::move(source)), remaining(this->info.getNumBytes()) {}
ArrayStream::ArrayStream(ArrayStream &&) = default;
ArrayStream::~ArrayStream() = default;

llvm::Error ArrayStream::read(MutableArrayRef<char> bytes) {
  if (static_cast<int64_t>(bytes.size()) > remaining)
    return makeError("read beyond the end of the array");
  if (llvm::Error error = readAll(*source, bytes))
    return error;
  remaining -= bytes.size();
  if (remaining)
    return llvm::Error::success();
  // Archives verify their checksum when the end is read.
  char beyond;
  llvm::Expected<size_t> got = source->readSome(&beyond, 1);
  return got ? llvm::Error::success() : got.takeError();
}

llvm::Error ArrayStream::skip(int64_t count) {
  if (count <= remaining && source->seekForward(count)) {
    remaining -= count;
    return llvm::Error::success();
  }
  std::vector<char> scratch(std::min<int64_t>(count, 1 << 16));
  while (count > 0) {
    const int64_t piece = std::min<int64_t>(count, scratch.size());
    if (llvm::Error error = read(MutableArrayRef<char>(scratch.data(), piece)))
      return error;
    count -= piece;
  }
  return llvm::Error::success();
}

struct ArrayFile::State {
  std::string path;
  std::vector<std::string> names;
  std::vector<zip_uint64_t> members; // of an archive: the member of each name
  std::shared_ptr<FileCloser> file;
  int64_t fileSize = 0;
  std::shared_ptr<zip_t> archive; // null for a .npy file

  llvm::Expected<std::unique_ptr<ArrayStream::Source>> openSource(size_t index) const;
  /// Prefixes file and array to a message.
  llvm::Error explain(llvm::Error error, StringRef name) const {
    return makeError(path + (name.empty() ? "" : ": array \"" + escapeText(name) + "\"") + ": " +
                     llvm::toString(std::move(error)));
  }
};

ArrayFile::ArrayFile(std::unique_ptr<State> state) : state(std::move(state)) {}
ArrayFile::ArrayFile(ArrayFile &&) = default;
ArrayFile::~ArrayFile() = default;

ArrayRef<std::string> ArrayFile::getNames() const { return state->names; }

llvm::Expected<ArrayFile> ArrayFile::open(StringRef path) {
  auto state = std::make_unique<State>();
  state->path = path.str();
  auto fail = [&](const Twine &message) { return makeError(path + ": " + message); };

  // Only regular files: a pipe could not be read twice, and a device might never end.
  const int descriptor =
      llvm::sys::RetryAfterSignal(-1, ::open, state->path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return fail(llvm::sys::StrError(errno));
  state->file = std::make_shared<FileCloser>(descriptor);
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return fail(llvm::sys::StrError(errno));
  if (!S_ISREG(status.st_mode))
    return fail("not a regular file");
  state->fileSize = status.st_size;

  char magic[6] = {};
  const ssize_t got =
      llvm::sys::RetryAfterSignal(-1, pread, descriptor, static_cast<void *>(magic), sizeof(magic), off_t(0));
  if (got == static_cast<ssize_t>(sizeof(magic)) && StringRef(magic, 6) == StringRef("\x93NUMPY", 6)) {
    state->names = {""};
    return ArrayFile(std::move(state));
  }
  if (StringRef(magic, 2) != "PK")
    return fail("expected a .npy or .npz file, found neither's magic bytes");

  // The archive is opened through the descriptor that was checked, not by its name again.
  const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    return fail(llvm::sys::StrError(errno));
  int code = 0;
  zip_t *archive = zip_fdopen(copy, ZIP_CHECKCONS, &code);
  if (!archive) {
    close(copy);
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    return fail("not a sound .npz archive: " + reason);
  }
  state->archive.reset(archive, [](zip_t *z) { zip_discard(z); });
  for (zip_int64_t i = 0, e = zip_get_num_entries(archive, 0); i < e; ++i) {
    const char *name = zip_get_name(archive, i, ZIP_FL_ENC_RAW);
    StringRef stem = name ? name : "";
    if (!stem.consume_back(".npy"))
      continue; // numpy passes over other members too
    state->names.push_back(stem.str());
    state->members.push_back(i);
  }
  if (state->names.empty())
    return fail("the archive holds no arrays");
  return ArrayFile(std::move(state));
}

llvm::Expected<std::unique_ptr<ArrayStream::Source>> ArrayFile::State::openSource(size_t index) const {
  if (!archive)
    return std::make_unique<PlainSource>(file, fileSize);
  zip_stat_t status;
  constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
  if (zip_stat_index(archive.get(), members[index], 0, &status) != 0 || (status.valid & kNeeded) != kNeeded)
    return makeError(zip_strerror(archive.get()));
  // Deflate expands at most 1032 times: a larger size would only make us allocate for nothing.
  if (status.comp_size > static_cast<zip_uint64_t>(fileSize) || status.size / 1032 > status.comp_size)
    return makeError("the archive states an impossible size");
  zip_file_t *member = zip_fopen_index(archive.get(), members[index], 0);
  if (!member)
    return makeError(zip_strerror(archive.get()));
  return std::make_unique<MemberSource>(archive, member, static_cast<int64_t>(status.size));
}

/// Reads prefix and header from `source` and checks that exactly the array's bytes follow.
static llvm::Expected<ArrayInfo> readHeader(ArrayStream::Source &source) {
  char prefix[kMaxNpyPrefix] = {};
  if (llvm::Error error = readAll(source, MutableArrayRef<char>(prefix, 7)))
    return std::move(error);
  llvm::Expected<size_t> prefixSize = getNpyPrefixSize(StringRef(prefix, 7));
  if (!prefixSize)
    return prefixSize.takeError();
  if (llvm::Error error = readAll(source, MutableArrayRef<char>(prefix + 7, *prefixSize - 7)))
    return std::move(error);
  llvm::Expected<size_t> textSize = getNpyTextSize(StringRef(prefix, *prefixSize));
  if (!textSize)
    return textSize.takeError();
  std::string text(*textSize, '\0');
  if (llvm::Error error = readAll(source, MutableArrayRef<char>(text.data(), text.size())))
    return std::move(error);
  llvm::Expected<ArrayInfo> info = parseNpyText(text);
  if (!info)
    return info;
  const int64_t present = source.getSize() - static_cast<int64_t>(*prefixSize + *textSize);
  if (info->getNumBytes() != present)
    return makeError("the shape needs " + Twine(info->getNumBytes()) + " bytes of data, found " + Twine(present));
  return info;
}

llvm::Expected<ArrayStream> ArrayFile::openArray(StringRef name) const {
  auto found = llvm::find(state->names, name);
  if (found == state->names.end()) {
    SmallVector<StringRef> candidates(state->names.begin(), state->names.end());
    return makeError(state->path + ": no array named \"" + escapeText(name) + "\"" + suggestNearest(name, candidates));
  }
  llvm::Expected<std::unique_ptr<ArrayStream::Source>> source = state->openSource(found - state->names.begin());
  if (!source)
    return state->explain(source.takeError(), name);
  llvm::Expected<ArrayInfo> info = readHeader(**source);
  if (!info)
    return state->explain(info.takeError(), name);
  info->name = name.str();
  return ArrayStream(std::move(*info), std::move(*source));
}

llvm::Expected<std::vector<char>> ArrayFile::readArray(StringRef name, ArrayInfo &info) const {
  llvm::Expected<ArrayStream> stream = openArray(name);
  if (!stream)
    return stream.takeError();
  info = stream->getInfo();
  std::vector<char> bytes(info.getNumBytes());
  if (llvm::Error error = stream->read(bytes))
    return state->explain(std::move(error), name);
  return bytes;
}
