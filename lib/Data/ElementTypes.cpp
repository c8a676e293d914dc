//===- ElementTypes.cpp - Element types of arrays, by ONNX's names and by numpy's
//----------------------------------------===//
#include "quant-opt/Data/ElementTypes.h"

using namespace mlir;
using namespace mlir::qnn;

ArrayRef<ElementTypeInfo> mlir::qnn::getElementTypes() {
  static const ElementTypeInfo types[] = {
      {"float", "float32", "<f4", 4}, {"double", "float64", "<f8", 8}, {"float16", "float16", "<f2", 2},
      {"uint8", "uint8", "|u1", 1},   {"int8", "int8", "|i1", 1},      {"bool", "bool", "|b1", 1},
      {"uint16", "uint16", "<u2", 2}, {"int16", "int16", "<i2", 2},    {"uint32", "uint32", "<u4", 4},
      {"int32", "int32", "<i4", 4},   {"uint64", "uint64", "<u8", 8},  {"int64", "int64", "<i8", 8},
  };
  return types;
}

const ElementTypeInfo *mlir::qnn::findElementType(StringRef name) {
  for (const ElementTypeInfo &type : getElementTypes())
    if (type.name == name)
      return &type;
  return nullptr;
}

StringRef mlir::qnn::getNumpyName(StringRef name) {
  const ElementTypeInfo *type = findElementType(name);
  return type ? type->numpy : name;
}
