//===- ElementTypes.h - Element types of arrays, by ONNX's names and by numpy's -----------------------------------===//
#ifndef QUANT_OPT_DATA_ELEMENTTYPES_H
#define QUANT_OPT_DATA_ELEMENTTYPES_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::qnn {

/// An element type that a model and a .npy file may share.
struct ElementTypeInfo {
  StringRef name;  ///< ONNX's name: "float", "uint8", "bool", …
  StringRef numpy; ///< numpy's: "float32", "uint8", "bool", …
  StringRef descr; ///< as a .npy header writes it: "<f4", "|u1", "|b1", …
  unsigned bytes;
  bool isInteger; ///< "bool" is none
  /// Reads one element as the nearest double; integers beyond 2^53 lose their last bits.
  double (*read)(const char *element);
};

ArrayRef<ElementTypeInfo> getElementTypes();

/// The type with ONNX's `name`, or null.
const ElementTypeInfo *findElementType(StringRef name);

/// numpy's name of the type with ONNX's `name`, or `name` itself where numpy has none.
StringRef getNumpyName(StringRef name);

} // namespace mlir::qnn

#endif // QUANT_OPT_DATA_ELEMENTTYPES_H
