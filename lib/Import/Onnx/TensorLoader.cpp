//===- TensorLoader.cpp - Constant tensors from hostile ONNX tensor messages -------------------------------------===//
#include "TensorLoader.h"
#include "OnnxProto.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::qnn::onnx_import;

std::optional<int64_t> qnn::onnx_import::countElements(ArrayRef<int64_t> shape) {
  if (static_cast<int64_t>(shape.size()) > kMaxRank)
    return std::nullopt;
  // Zero dimensions do not excuse the others: a product that overflows without them overflows somewhere later.
  int64_t nonZero = 1;
  bool isEmpty = false;
  for (int64_t dim : shape) {
    if (dim < 0)
      return std::nullopt;
    if (dim == 0) {
      isEmpty = true;
      continue;
    }
    if (dim > kMaxElements / nonZero)
      return std::nullopt;
    nonZero *= dim;
  }
  return isEmpty ? 0 : nonZero;
}

std::string qnn::onnx_import::printable(StringRef text) {
  constexpr size_t kMaxLength = 120;
  std::string result;
  llvm::raw_string_ostream os(result);
  llvm::printEscapedString(text.take_front(kMaxLength), os);
  if (text.size() > kMaxLength)
    os << "...";
  return result;
}

TensorLoader::TensorLoader(StringRef modelPath) : folder(llvm::sys::path::parent_path(modelPath).str()) {
  if (folder.empty())
    folder = ".";
}

TensorLoader::MappedFile TensorLoader::map(StringRef relativePath, std::string &error) {
  if (auto it = files.find(relativePath.str()); it != files.end())
    return it->second;
  auto fail = [&](const Twine &reason) {
    error = ("external file '" + printable(relativePath) + "' " + reason).str();
    return MappedFile();
  };
  if (relativePath.empty() || relativePath.contains('\0') || relativePath.starts_with("/") ||
      relativePath.contains('\\'))
    return fail("is not a relative path");
  SmallVector<StringRef> parts;
  relativePath.split(parts, '/', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  llvm::erase(parts, ".");
  if (parts.empty() || llvm::is_contained(parts, ".."))
    return fail("is not beneath the model's folder");

  // Each component is opened relative to the one before and never through a link, so that nothing can be swapped
  // between a check and the use.
  int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return fail("cannot be reached: the model's folder cannot be opened");
  for (auto [i, part] : llvm::enumerate(parts)) {
    bool isLast = i + 1 == parts.size();
    // A FIFO would block without O_NONBLOCK.
    int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (isLast ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY);
    int next = ::openat(fd, part.str().c_str(), flags);
    int code = errno;
    ::close(fd);
    if (next < 0)
      return fail(code == ELOOP || code == ENOTDIR ? Twine("is reached through a symbolic link or a file")
                                                   : "cannot be opened: " + Twine(std::strerror(code)));
    fd = next;
  }
  llvm::scope_exit close([&] { ::close(fd); });
  struct stat status;
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
    return fail("is not a regular file");
  if (status.st_nlink != 1)
    return fail("has several hard links");
  if (status.st_size == 0)
    return fail("is empty");
  std::error_code code;
  auto region = std::make_shared<llvm::sys::fs::mapped_file_region>(
      fd, llvm::sys::fs::mapped_file_region::readonly, static_cast<size_t>(status.st_size), /*offset=*/0, code);
  if (code)
    return fail("cannot be mapped: " + Twine(code.message()));
  files.emplace(relativePath.str(), region);
  return region;
}

namespace {

/// Appends the elements of a typed field, each narrowed to `To`; false if one does not fit.
template <typename To, typename Field> bool narrow(const Field &field, std::vector<char> &bytes) {
  bytes.resize(field.size() * sizeof(To));
  char *out = bytes.data();
  for (auto element : field) {
    To narrowed = static_cast<To>(element);
    if (static_cast<decltype(element)>(narrowed) != element)
      return false;
    std::memcpy(out, &narrowed, sizeof(To));
    out += sizeof(To);
  }
  return true;
}

template <typename Field> bool copy(const Field &field, std::vector<char> &bytes) {
  const char *data = reinterpret_cast<const char *>(field.data());
  bytes.assign(data, data + field.size() * sizeof(*field.data()));
  return true;
}

/// The elements of the typed field that goes with the element type.
bool readTypedField(const ::onnx::TensorProto &tensor, ElementType type, std::vector<char> &bytes) {
  switch (type) {
  case ElementType::Float:
    return copy(tensor.float_data(), bytes);
  case ElementType::Double:
    return copy(tensor.double_data(), bytes);
  case ElementType::Int64:
    return copy(tensor.int64_data(), bytes);
  case ElementType::UInt64:
    return copy(tensor.uint64_data(), bytes);
  case ElementType::Int32:
    return copy(tensor.int32_data(), bytes);
  case ElementType::UInt32:
    return narrow<uint32_t>(tensor.uint64_data(), bytes);
  case ElementType::Int16:
    return narrow<int16_t>(tensor.int32_data(), bytes);
  case ElementType::UInt16:
  case ElementType::Float16:
  case ElementType::BFloat16:
    return narrow<uint16_t>(tensor.int32_data(), bytes);
  case ElementType::Int8:
    return narrow<int8_t>(tensor.int32_data(), bytes);
  case ElementType::UInt8:
  case ElementType::Bool:
    return narrow<uint8_t>(tensor.int32_data(), bytes);
  case ElementType::None:
    break;
  }
  return false;
}

} // namespace

GraphValue TensorLoader::load(ImplicitLocOpBuilder &b, const ::onnx::TensorProto &tensor, StringRef name,
                              std::string &error) {
  auto fail = [&](const Twine &reason) {
    error = reason.str();
    return GraphValue();
  };
  ElementType type = getElementType(tensor.data_type());
  if (type == ElementType::None)
    return fail("its element type " + Twine(tensor.data_type()) + " is not supported");
  if (tensor.has_segment())
    return fail("it is stored in segments");
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  std::optional<int64_t> count = countElements(shape);
  if (!count)
    return fail("its shape has a negative dimension, more than " + Twine(kMaxRank) + " dimensions or more than " +
                Twine(kMaxElements) + " elements");
  auto tensorType = RankedTensorType::get(shape, getIrType(type, b.getContext()));
  size_t expected = static_cast<size_t>(*count) * getByteWidth(type);

  std::vector<char> owned;
  ArrayRef<char> bytes;
  MappedFile file;
  if (tensor.data_location() == ::onnx::TensorProto::EXTERNAL) {
    StringRef location;
    uint64_t offset = 0, length = expected;
    for (const auto &entry : tensor.external_data()) {
      StringRef value(entry.value());
      if (entry.key() == "location")
        location = value;
      else if (entry.key() == "offset" && value.getAsInteger(10, offset))
        return fail("its external offset '" + printable(value) + "' is not a number");
      else if (entry.key() == "length" && value.getAsInteger(10, length))
        return fail("its external length '" + printable(value) + "' is not a number");
    }
    if (length != expected)
      return fail("it needs " + Twine(expected) + " bytes of external data but states " + Twine(length));
    if (!(file = map(location, error)))
      return {};
    if (offset > file->size() || length > file->size() - offset)
      return fail("its external data ends beyond the end of '" + printable(location) + "'");
    bytes = ArrayRef<char>(file->const_data() + offset, length);
  } else if (tensor.has_raw_data()) {
    bytes = ArrayRef<char>(tensor.raw_data().data(), tensor.raw_data().size());
  } else {
    if (!readTypedField(tensor, type, owned))
      return fail("an element does not fit its element type " + getElementTypeName(type));
    bytes = owned;
  }
  if (bytes.size() != expected)
    return fail("its shape and element type need " + Twine(expected) + " bytes, but there are " + Twine(bytes.size()));
  if (type == ElementType::Bool) {
    std::vector<char> booleans(bytes.begin(), bytes.end());
    for (char &byte : booleans)
      byte = byte != 0;
    owned = std::move(booleans);
    bytes = owned;
    file = nullptr;
  }

  if (!file || *count <= kMaxInlineElements)
    return {createConstantFromBytes(b, b.getLoc(), tensorType, bytes, name), type};
  // The mapping lives as long as the blob does.
  size_t align = reinterpret_cast<uintptr_t>(bytes.data()) % 64 == 0 ? 64 : 1;
  AsmResourceBlob blob(bytes, align, [file](void *, size_t, size_t) {}, /*dataIsMutable=*/false);
  auto elements = DenseResourceElementsAttr::get(tensorType, name.empty() ? "weights" : name, std::move(blob));
  return {arith::ConstantOp::create(b, tensorType, elements), type};
}
