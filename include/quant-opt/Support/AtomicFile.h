//===- AtomicFile.h - An output file that appears whole or not at all --------------------------------------------===//
#ifndef QUANT_OPT_SUPPORT_ATOMICFILE_H
#define QUANT_OPT_SUPPORT_ATOMICFILE_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace mlir::qnn {

/// Collects output in a file without a name, in the folder of `path`. Until `commit` returns success a file that stood
/// at `path` is untouched; a process that fails or is killed leaves nothing behind. "-" is standard output.
class AtomicFile {
public:
  static llvm::Expected<AtomicFile> create(StringRef path);
  AtomicFile(AtomicFile &&other);
  ~AtomicFile();

  raw_ostream &os() { return *stream; }

  /// Flushes to disk, then renames over `path`. With `executable` the file gets mode 0755.
  llvm::Error commit(bool executable = false);

private:
  AtomicFile(StringRef path);

  std::string path;
  std::string temporaryPath; // where the system cannot make files without a name
  int descriptor = -1;
  std::unique_ptr<raw_ostream> stream;
};

/// Writes `contents` to `path` by AtomicFile.
llvm::Error writeFileAtomically(StringRef path, StringRef contents, bool executable = false);

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_ATOMICFILE_H
