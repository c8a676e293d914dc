//===- WriteArrays.cpp - Writing .npy and .npz files that appear whole or not at all ------------------------------===//
#include "quant-opt/Data/ArrayFile.h"

#include "NpyHeader.h"
#include "quant-opt/Support/AtomicFile.h"

#include <deque>
#include <memory>
#include <zip.h>

using namespace mlir;
using namespace mlir::qnn;

static llvm::Error makeError(StringRef path, const Twine &message) {
  return llvm::createStringError(path + ": " + message);
}

llvm::Error mlir::qnn::writeNpy(StringRef path, const NamedArray &array) {
  llvm::Expected<AtomicFile> file = AtomicFile::create(path);
  if (!file)
    return file.takeError();
  file->os() << makeNpyHeader(array.info);
  file->os().write(array.bytes.data(), array.bytes.size());
  return file->commit();
}

llvm::Error mlir::qnn::writeNpz(StringRef path, ArrayRef<NamedArray> arrays) {
  // The archive is made in memory, because libzip alone would not flush it to disk before renaming it.
  zip_error_t error;
  zip_error_init(&error);
  auto fail = [&](const char *reason) {
    llvm::Error result = makeError(path, reason);
    zip_error_fini(&error);
    return result;
  };
  zip_source_t *buffer = zip_source_buffer_create(nullptr, 0, 0, &error);
  if (!buffer)
    return fail(zip_error_strerror(&error));
  zip_t *archive = zip_open_from_source(buffer, ZIP_TRUNCATE, &error);
  if (!archive) {
    zip_source_free(buffer);
    return fail(zip_error_strerror(&error));
  }
  zip_source_keep(buffer);
  const auto release = std::unique_ptr<zip_source_t, decltype(&zip_source_free)>(buffer, zip_source_free);

  std::deque<std::string> headers; // must live until the archive is closed
  for (const NamedArray &array : arrays) {
    const std::string &header = headers.emplace_back(makeNpyHeader(array.info));
    // The fragments' type is not const, but they are only read.
    zip_buffer_fragment_t fragments[] = {
        {reinterpret_cast<zip_uint8_t *>(const_cast<char *>(header.data())), header.size()},
        {reinterpret_cast<zip_uint8_t *>(const_cast<char *>(array.bytes.data())), array.bytes.size()}};
    zip_source_t *source = zip_source_buffer_fragment(archive, fragments, array.bytes.empty() ? 1 : 2, 0);
    const std::string name = array.info.name + ".npy";
    const zip_int64_t index = source ? zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8) : -1;
    // 1 January 1980, the earliest date an archive can state.
    if (index < 0 || zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive, index, 0, 1 << 5 | 1, 0) != 0) {
      llvm::Error result = makeError(path, zip_strerror(archive));
      if (source && index < 0)
        zip_source_free(source);
      zip_discard(archive);
      return result;
    }
  }
  if (zip_close(archive) != 0) {
    llvm::Error result = makeError(path, zip_strerror(archive));
    zip_discard(archive);
    return result;
  }

  llvm::Expected<AtomicFile> file = AtomicFile::create(path);
  if (!file)
    return file.takeError();
  if (zip_source_open(buffer) != 0)
    return fail(zip_error_strerror(zip_source_error(buffer)));
  std::vector<char> piece(1 << 16);
  zip_int64_t got;
  while ((got = zip_source_read(buffer, piece.data(), piece.size())) > 0)
    file->os().write(piece.data(), got);
  zip_source_close(buffer);
  if (got < 0)
    return fail(zip_error_strerror(zip_source_error(buffer)));
  return file->commit();
}
