//===- Link.h - Runs the linker on objects in memory -------------------------------------------------------------===//
#ifndef QUANT_OPT_LIB_EMIT_LINK_H
#define QUANT_OPT_LIB_EMIT_LINK_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace mlir::qnn {

/// A file without a name that this process and its children can open by `getPath`; gone with the process.
class MemoryFile {
public:
  static llvm::Expected<MemoryFile> create(ArrayRef<char> contents);
  MemoryFile(MemoryFile &&other) : descriptor(std::exchange(other.descriptor, -1)) {}
  ~MemoryFile();

  std::string getPath() const;
  llvm::Expected<std::vector<char>> read() const;

private:
  explicit MemoryFile(int descriptor) : descriptor(descriptor) {}
  int descriptor;
};

/// Links objects into one relocatable object. Each is freed as soon as the linker can read it.
llvm::Expected<std::vector<char>> linkObject(std::vector<llvm::SmallVector<char, 0>> objects);

/// Links objects into a shared library that exports `exported` and needs libc, libm and libomp at most.
llvm::Expected<std::vector<char>> linkShared(std::vector<llvm::SmallVector<char, 0>> objects,
                                             ArrayRef<std::string> exported, StringRef soname);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_EMIT_LINK_H
