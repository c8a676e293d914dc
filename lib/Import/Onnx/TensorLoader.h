//===- TensorLoader.h - Constant tensors from hostile ONNX tensor messages ---------------------------------------===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_TENSORLOADER_H
#define QUANT_OPT_LIB_IMPORT_ONNX_TENSORLOADER_H

#include "NodeImporter.h"

#include "llvm/Support/FileSystem.h"
#include <map>
#include <memory>
#include <string>

namespace onnx {
class TensorProto;
} // namespace onnx

namespace mlir::qnn::onnx_import {

/// The most dimensions that a tensor may have.
constexpr int64_t kMaxRank = 16;
/// The most elements that a tensor may have.
constexpr int64_t kMaxElements = int64_t(1) << 33;

/// The number of elements of a shape; nothing if a dimension is negative or a limit above is exceeded.
std::optional<int64_t> countElements(ArrayRef<int64_t> shape);

/// `text` with control characters escaped and cut to a length fit for a message: names in a model are not to be
/// trusted.
std::string printable(StringRef text);

/// Makes `arith.constant`s of tensor messages, checking every length. External data is mapped, only from regular files
/// beneath the model's folder that no symbolic or further hard link leads to.
class TensorLoader {
public:
  explicit TensorLoader(StringRef modelPath);

  /// The constant at `b`'s position and location, or a value that is null with `error` saying why.
  GraphValue load(ImplicitLocOpBuilder &b, const ::onnx::TensorProto &tensor, StringRef name, std::string &error);

private:
  using MappedFile = std::shared_ptr<llvm::sys::fs::mapped_file_region>;

  MappedFile map(StringRef relativePath, std::string &error);

  std::string folder;
  std::map<std::string, MappedFile> files;
};

} // namespace mlir::qnn::onnx_import

#endif // QUANT_OPT_LIB_IMPORT_ONNX_TENSORLOADER_H
