//===- Provenance.cpp - The hashes that say what a range table was measured on ------------------------------------===//
#include "quant-opt/Calibrate/MeasureRanges.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/Sha256.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// Hashes what is written to it.
class HashStream : public raw_ostream {
public:
  ~HashStream() override { flush(); }
  std::string finish() {
    flush();
    return hash.finish();
  }

private:
  void write_impl(const char *data, size_t size) override {
    hash.update(StringRef(data, size));
    position += size;
  }
  uint64_t current_pos() const override { return position; }

  Sha256 hash;
  uint64_t position = 0;
};

} // namespace

llvm::Expected<std::string> mlir::qnn::hashFile(StringRef path) {
  llvm::Expected<llvm::sys::fs::file_t> file = llvm::sys::fs::openNativeFileForRead(path);
  if (!file)
    return makeToolError(ExitCode::BadInput, path + ": " + llvm::toString(file.takeError()));
  // In pieces: a mapping of the whole file would count as memory used, whatever the number of samples.
  HashStream stream;
  std::vector<char> piece(1 << 16);
  llvm::Expected<size_t> got = 0;
  while ((got = llvm::sys::fs::readNativeFile(*file, piece)) && *got)
    stream.write(piece.data(), *got);
  llvm::sys::fs::closeFile(*file);
  if (!got)
    return makeToolError(ExitCode::BadInput, path + ": " + llvm::toString(got.takeError()));
  return stream.finish();
}

std::string mlir::qnn::hashModule(ModuleOp module) {
  // Locations hold file names, which must not make two equal models differ.
  OwningOpRef<ModuleOp> copy(module.clone());
  const Location unknown = UnknownLoc::get(module.getContext());
  copy->walk([&](Operation *op) {
    op->setLoc(unknown);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          argument.setLoc(unknown);
  });
  HashStream stream;
  BytecodeWriterConfig config("quant-opt");
  (void)writeBytecodeToFile(copy->getOperation(), stream, config);
  return stream.finish();
}
