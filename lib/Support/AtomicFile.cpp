//===- AtomicFile.cpp - An output file that appears whole or not at all ------------------------------------------===//
#include "quant-opt/Support/AtomicFile.h"

#include "quant-opt/Support/Diagnostics.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::qnn;

static llvm::Error fail(StringRef path, StringRef what, int error) {
  return makeToolError(ExitCode::BadInput, path + ": cannot " + what + ": " + strerror(error));
}

AtomicFile::AtomicFile(StringRef path) : path(path) {}

AtomicFile::AtomicFile(AtomicFile &&other)
    : path(std::move(other.path)), temporaryPath(std::move(other.temporaryPath)),
      descriptor(std::exchange(other.descriptor, -1)), stream(std::move(other.stream)) {
  other.temporaryPath.clear();
}

AtomicFile::~AtomicFile() {
  if (stream)
    static_cast<llvm::raw_fd_ostream &>(*stream).clear_error();
  stream.reset();
  if (descriptor > STDERR_FILENO)
    close(descriptor);
  if (!temporaryPath.empty())
    unlink(temporaryPath.c_str());
}

/// A name beside `path` that no other process uses.
static std::string makeTemporaryName(StringRef path) {
  SmallString<128> name(llvm::sys::path::parent_path(path));
  llvm::sys::path::append(name, "." + llvm::sys::path::filename(path) + "." + Twine(getpid()) + ".tmp");
  return std::string(name);
}

llvm::Expected<AtomicFile> AtomicFile::create(StringRef path) {
  AtomicFile file(path);
  if (path == "-") {
    file.descriptor = STDOUT_FILENO;
  } else {
    struct stat existing;
    if (stat(file.path.c_str(), &existing) == 0 && S_ISDIR(existing.st_mode))
      return fail(path, "write", EISDIR);
    // A link is followed, so that what it points to is replaced and not the link.
    if (char *resolved = realpath(file.path.c_str(), nullptr)) {
      file.path = resolved;
      free(resolved);
    }
    // Pipes and devices cannot be renamed over; they are written directly.
    if (stat(file.path.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode)) {
      file.descriptor = open(file.path.c_str(), O_WRONLY | O_CLOEXEC);
      if (file.descriptor < 0)
        return fail(path, "write", errno);
      file.path = "-";
    } else {
      StringRef folder = llvm::sys::path::parent_path(file.path);
      std::string folderName = folder.empty() ? "." : folder.str();
      file.descriptor = open(folderName.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
      if (file.descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        file.temporaryPath = makeTemporaryName(file.path);
        file.descriptor = open(file.temporaryPath.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (file.descriptor < 0)
          file.temporaryPath.clear();
      }
      if (file.descriptor < 0)
        return fail(path, "write", errno);
    }
  }
  file.stream = std::make_unique<llvm::raw_fd_ostream>(file.descriptor, /*shouldClose=*/false);
  return file;
}

llvm::Error AtomicFile::commit(bool executable) {
  auto &out = static_cast<llvm::raw_fd_ostream &>(*stream);
  out.flush();
  if (std::error_code error = out.error()) {
    out.clear_error();
    return fail(path, "write", error.value());
  }
  if (path == "-")
    return llvm::Error::success();
  if (executable) {
    mode_t mask = umask(0);
    umask(mask);
    fchmod(descriptor, 0777 & ~mask);
  }
  if (fsync(descriptor) != 0)
    return fail(path, "write", errno);
  if (temporaryPath.empty()) {
    // A link cannot replace a file, so the nameless file gets a name first; that name lives for two system calls.
    std::string name = makeTemporaryName(path);
    std::string self = "/proc/self/fd/" + std::to_string(descriptor);
    if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
      return fail(path, "write", errno);
    temporaryPath = name;
  }
  if (rename(temporaryPath.c_str(), path.c_str()) != 0)
    return fail(path, "replace", errno);
  temporaryPath.clear();
  return llvm::Error::success();
}

llvm::Error qnn::writeFileAtomically(StringRef path, StringRef contents, bool executable) {
  llvm::Expected<AtomicFile> file = AtomicFile::create(path);
  if (!file)
    return file.takeError();
  file->os() << contents;
  return file->commit(executable);
}
