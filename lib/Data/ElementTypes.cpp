//===- ElementTypes.cpp - Element types of arrays, by ONNX's names and by numpy's ---------------------------------===//
#include "quant-opt/Data/ElementTypes.h"

#include "llvm/ADT/APFloat.h"
#include <cstring>

using namespace mlir;
using namespace mlir::qnn;

template <typename T> static double readAs(const char *element) {
  T value;
  memcpy(&value, element, sizeof(T));
  return static_cast<double>(value);
}

static double readHalf(const char *element) {
  llvm::APFloat value(llvm::APFloat::IEEEhalf(), llvm::APInt(16, static_cast<uint64_t>(readAs<uint16_t>(element))));
  bool lost;
  value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
  return value.convertToDouble();
}

ArrayRef<ElementTypeInfo> mlir::qnn::getElementTypes() {
  static const ElementTypeInfo types[] = {
      {"float", "float32", "<f4", 4, false, readAs<float>},   {"double", "float64", "<f8", 8, false, readAs<double>},
      {"float16", "float16", "<f2", 2, false, readHalf},      {"uint8", "uint8", "|u1", 1, true, readAs<uint8_t>},
      {"int8", "int8", "|i1", 1, true, readAs<int8_t>},       {"bool", "bool", "|b1", 1, false, readAs<uint8_t>},
      {"uint16", "uint16", "<u2", 2, true, readAs<uint16_t>}, {"int16", "int16", "<i2", 2, true, readAs<int16_t>},
      {"uint32", "uint32", "<u4", 4, true, readAs<uint32_t>}, {"int32", "int32", "<i4", 4, true, readAs<int32_t>},
      {"uint64", "uint64", "<u8", 8, true, readAs<uint64_t>}, {"int64", "int64", "<i8", 8, true, readAs<int64_t>},
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
