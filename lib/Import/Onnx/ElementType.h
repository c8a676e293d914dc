//===- ElementType.h - ONNX element types and the signless types that hold them ----------------------------------===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_ELEMENTTYPE_H
#define QUANT_OPT_LIB_IMPORT_ONNX_ELEMENTTYPE_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::qnn::onnx_import {

/// The element types of ONNX that the importer knows, numbered as in `TensorProto.DataType`.
enum class ElementType : int32_t {
  None = 0,
  Float = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  Bool = 9,
  Float16 = 10,
  Double = 11,
  UInt32 = 12,
  UInt64 = 13,
  BFloat16 = 16,
};

/// The element type of that number in `TensorProto.DataType`; None if the importer does not know it.
ElementType getElementType(int32_t onnxNumber);

/// "float", "uint8", "bool", …
StringRef getElementTypeName(ElementType type);

/// The IR type that holds it: signless integers, and i8 for bool.
Type getIrType(ElementType type, MLIRContext *context);

/// Bytes of one element in memory.
unsigned getByteWidth(ElementType type);

bool isFloat(ElementType type);
/// Whether it is an integer type that the operations reading it must treat as unsigned; bool is.
bool isUnsigned(ElementType type);

} // namespace mlir::qnn::onnx_import

#endif // QUANT_OPT_LIB_IMPORT_ONNX_ELEMENTTYPE_H
