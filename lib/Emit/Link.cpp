//===- Link.cpp - Runs the linker on objects in memory -----------------------------------------------------------===//
#include "Link.h"

#include "quant-opt/Support/Diagnostics.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <optional>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::qnn;

llvm::Expected<MemoryFile> MemoryFile::create(ArrayRef<char> contents) {
  // Inherited by children on purpose: they open it by its descriptor.
  MemoryFile file(memfd_create("quant-opt", 0));
  if (file.descriptor < 0)
    return makeToolError(ExitCode::Limit, Twine("cannot make a file in memory: ") + strerror(errno));
  while (!contents.empty()) {
    ssize_t written = write(file.descriptor, contents.data(), contents.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return makeToolError(ExitCode::Limit, Twine("cannot write a file in memory: ") + strerror(errno));
    contents = contents.drop_front(written);
  }
  return file;
}

MemoryFile::~MemoryFile() {
  if (descriptor >= 0)
    close(descriptor);
}

std::string MemoryFile::getPath() const { return "/proc/self/fd/" + std::to_string(descriptor); }

llvm::Expected<std::vector<char>> MemoryFile::read() const {
  struct stat status;
  std::vector<char> contents;
  if (fstat(descriptor, &status) != 0)
    return makeToolError(ExitCode::Internal, Twine("cannot read a file in memory: ") + strerror(errno));
  contents.resize(status.st_size);
  for (size_t at = 0; at < contents.size();) {
    ssize_t got = pread(descriptor, contents.data() + at, contents.size() - at, at);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return makeToolError(ExitCode::Internal, "cannot read a file in memory");
    at += got;
  }
  return contents;
}

static llvm::Expected<std::string> findLinker() {
  if (llvm::sys::fs::can_execute(QUANT_OPT_LLD))
    return QUANT_OPT_LLD;
  for (StringRef name : {"ld.lld-22", "ld.lld"})
    if (llvm::ErrorOr<std::string> path = llvm::sys::findProgramByName(name))
      return *path;
  return makeToolError(ExitCode::BadInput, "cannot find the linker ld.lld-22, neither at " QUANT_OPT_LLD
                                           " nor on PATH: install the package lld-22");
}

/// Where the dynamic loader finds a library, which is where an artifact will find it.
static llvm::Expected<std::string> findLibrary(const char *soname, StringRef package) {
  void *handle = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);
  struct link_map *map = nullptr;
  if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
    return makeToolError(ExitCode::BadInput,
                         Twine("cannot find the library ") + soname + ": install the package " + package);
  return std::string(map->l_name);
}

static llvm::Expected<std::vector<char>> runLinker(ArrayRef<std::string> arguments) {
  llvm::Expected<std::string> linker = findLinker();
  if (!linker)
    return linker.takeError();
  llvm::Expected<MemoryFile> output = MemoryFile::create({});
  if (!output)
    return output.takeError();
  llvm::Expected<MemoryFile> messages = MemoryFile::create({});
  if (!messages)
    return messages.takeError();
  SmallVector<StringRef> command = {*linker, "-o", "-"};
  command.append(arguments.begin(), arguments.end());
  std::string outputPath = output->getPath(), messagesPath = messages->getPath();
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(outputPath), StringRef(messagesPath)};
  std::string reason;
  int status = llvm::sys::ExecuteAndWait(*linker, command, std::nullopt, redirects, 0, 0, &reason);
  if (status != 0) {
    llvm::Expected<std::vector<char>> text = messages->read();
    if (!text)
      return text.takeError();
    return makeToolError(ExitCode::Internal, "the linker " + *linker + " failed: " + reason +
                                                 StringRef(text->data(), text->size()).take_front(2000).str());
  }
  return output->read();
}

/// Objects as files that the linker can open.
static llvm::Error addObjects(std::vector<llvm::SmallVector<char, 0>> objects, std::vector<MemoryFile> &files,
                              std::vector<std::string> &arguments) {
  for (llvm::SmallVector<char, 0> &object : objects) {
    llvm::Expected<MemoryFile> file = MemoryFile::create(object);
    object = {};
    if (!file)
      return file.takeError();
    arguments.push_back(file->getPath());
    files.push_back(std::move(*file));
  }
  return llvm::Error::success();
}

llvm::Expected<std::vector<char>> qnn::linkObject(std::vector<llvm::SmallVector<char, 0>> objects) {
  std::vector<MemoryFile> files;
  std::vector<std::string> arguments = {"-r"};
  if (llvm::Error error = addObjects(std::move(objects), files, arguments))
    return error;
  return runLinker(arguments);
}

llvm::Expected<std::vector<char>> qnn::linkShared(std::vector<llvm::SmallVector<char, 0>> objects,
                                                  ArrayRef<std::string> exported, StringRef soname) {
  std::string script = "{ global:";
  for (const std::string &symbol : exported)
    script += " " + symbol + ";";
  script += " local: *; };\n";
  llvm::Expected<MemoryFile> versions = MemoryFile::create(script);
  if (!versions)
    return versions.takeError();

  std::vector<MemoryFile> files;
  std::vector<std::string> arguments = {"-shared",
                                        "--version-script=" + versions->getPath(),
                                        "-z",
                                        "defs",
                                        "-z",
                                        "relro",
                                        "-z",
                                        "now",
                                        "-z",
                                        "noexecstack",
                                        "--as-needed",
                                        "--gc-sections",
                                        "--hash-style=gnu"};
  if (!soname.empty())
    arguments.push_back("--soname=" + soname.str());
  if (llvm::Error error = addObjects(std::move(objects), files, arguments))
    return error;
  const std::pair<const char *, StringRef> libraries[] = {
      {"libomp.so.5", "libomp-22-dev"}, {"libm.so.6", "libc6"}, {"libc.so.6", "libc6"}};
  for (auto [name, package] : libraries) {
    llvm::Expected<std::string> path = findLibrary(name, package);
    if (!path)
      return path.takeError();
    arguments.push_back(*path);
  }
  // The distribution's own folder for LLVM's libraries; the loader's default folders are searched as well.
  arguments.push_back("-rpath=" QUANT_OPT_LLVM_LIBRARY_DIR);
  return runLinker(arguments);
}
