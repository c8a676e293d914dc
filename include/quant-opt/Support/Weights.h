//===- Weights.h - Reading and making constant tensors without passing through attributes that fold ---------------===//
#ifndef QUANT_OPT_SUPPORT_WEIGHTS_H
#define QUANT_OPT_SUPPORT_WEIGHTS_H

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include <optional>
#include <vector>

namespace mlir::qnn {

/// Tensors with more elements than this are `dense_resource` blobs; smaller ones stay readable as `dense`.
constexpr int64_t kMaxInlineElements = 16;

/// The attribute of a ranked tensor that an `arith.constant` made, or null.
ElementsAttr getConstantElements(Value value);

/// The bytes of a constant tensor, row-major, splats expanded; nothing if `attr` has no contents that can be read, or
/// is of i1 or of elements that are not whole bytes.
std::optional<std::vector<char>> readBytes(ElementsAttr attr);

/// The same without a copy, unless the attribute holds one element for all; valid as long as the attribute's contents.
class ConstantBytes {
public:
  ConstantBytes() = default;
  explicit ConstantBytes(ElementsAttr attr);
  explicit operator bool() const { return isKnown; }
  ArrayRef<char> get() const { return own.empty() ? bytes : ArrayRef<char>(own); }

private:
  bool isKnown = false;
  ArrayRef<char> bytes;
  std::vector<char> own;
};

/// The elements of the constant tensor `value`, row-major, as T; nothing if it is not constant or T's size is not its
/// element's.
template <typename T> std::optional<std::vector<T>> readConstant(Value value) {
  ElementsAttr attr = getConstantElements(value);
  if (!attr || attr.getElementType().getIntOrFloatBitWidth() != 8 * sizeof(T))
    return std::nullopt;
  std::optional<std::vector<char>> bytes = readBytes(attr);
  if (!bytes)
    return std::nullopt;
  std::vector<T> elements(bytes->size() / sizeof(T));
  std::copy(bytes->begin(), bytes->end(), reinterpret_cast<char *>(elements.data()));
  return elements;
}

/// An attribute of `type` with the given row-major bytes: `dense` when small, else a `dense_resource` named after
/// `name` (made unique), 64-byte aligned.
ElementsAttr makeElements(RankedTensorType type, ArrayRef<char> bytes, StringRef name);

/// An `arith.constant` of `type` with the given row-major elements; see `makeElements`.
template <typename T>
Value createConstant(OpBuilder &builder, Location loc, RankedTensorType type, ArrayRef<T> elements, StringRef name);

/// The same from bytes.
Value createConstantFromBytes(OpBuilder &builder, Location loc, RankedTensorType type, ArrayRef<char> bytes,
                              StringRef name);

/// The same from a blob of its own, which is not copied; named after `name` (made unique).
Value createConstantFromBlob(OpBuilder &builder, Location loc, RankedTensorType type, AsmResourceBlob &&blob,
                             StringRef name);

/// Frees the contents of every blob of the context that no operation in one of `keep` refers to. A context
/// keeps what it was ever given, so the weights as they were before each stage add up; only who owns the context can
/// tell that nothing else reads them.
void releaseConstants(MLIRContext *context, ArrayRef<Operation *> keep);

template <typename T>
Value createConstant(OpBuilder &builder, Location loc, RankedTensorType type, ArrayRef<T> elements, StringRef name) {
  return createConstantFromBytes(
      builder, loc, type, ArrayRef<char>(reinterpret_cast<const char *>(elements.data()), elements.size() * sizeof(T)),
      name);
}

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_WEIGHTS_H
