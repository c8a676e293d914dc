//===- Importer.h - Reading an ONNX file into the Imported form --------------------------------------------------===//
#ifndef QUANT_OPT_IMPORT_ONNX_IMPORTER_H
#define QUANT_OPT_IMPORT_ONNX_IMPORTER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <string>

namespace mlir::qnn {

struct ImportOptions {
  /// Sizes of symbolic dimensions by name. A leading symbolic dimension that is not named here is 1; any other is an
  /// error.
  std::map<std::string, int64_t> dims;
  /// The function's name; the file's stem when empty. Made an identifier either way.
  std::string name;
};

/// The module of the ONNX model at `path`, in the Imported form: one public function on statically shaped tensors, with
/// the attributes `qnn.producer` and `qnn.model_hash` (SHA-256 of the file) on the module. The file is treated as
/// hostile input. Returns null after emitting diagnostics; nodes that cannot be imported are all listed at once.
OwningOpRef<ModuleOp> importOnnx(StringRef path, const ImportOptions &options, MLIRContext *context);

} // namespace mlir::qnn

#endif // QUANT_OPT_IMPORT_ONNX_IMPORTER_H
