//===- ElementType.cpp - ONNX element types and the signless types that hold them --------------------------------===//
#include "ElementType.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

ElementType qnn::onnx_import::getElementType(int32_t onnxNumber) {
  auto type = static_cast<ElementType>(onnxNumber);
  return getElementTypeName(type).empty() ? ElementType::None : type;
}

StringRef qnn::onnx_import::getElementTypeName(ElementType type) {
  switch (type) {
  case ElementType::Float:
    return "float";
  case ElementType::UInt8:
    return "uint8";
  case ElementType::Int8:
    return "int8";
  case ElementType::UInt16:
    return "uint16";
  case ElementType::Int16:
    return "int16";
  case ElementType::Int32:
    return "int32";
  case ElementType::Int64:
    return "int64";
  case ElementType::Bool:
    return "bool";
  case ElementType::Float16:
    return "float16";
  case ElementType::Double:
    return "double";
  case ElementType::UInt32:
    return "uint32";
  case ElementType::UInt64:
    return "uint64";
  case ElementType::BFloat16:
    return "bfloat16";
  case ElementType::None:
    break;
  }
  return "";
}

Type qnn::onnx_import::getIrType(ElementType type, MLIRContext *context) {
  switch (type) {
  case ElementType::Float:
    return Float32Type::get(context);
  case ElementType::Double:
    return Float64Type::get(context);
  case ElementType::Float16:
    return Float16Type::get(context);
  case ElementType::BFloat16:
    return BFloat16Type::get(context);
  case ElementType::None:
    return {};
  default:
    return IntegerType::get(context, 8 * getByteWidth(type));
  }
}

unsigned qnn::onnx_import::getByteWidth(ElementType type) {
  switch (type) {
  case ElementType::UInt8:
  case ElementType::Int8:
  case ElementType::Bool:
    return 1;
  case ElementType::UInt16:
  case ElementType::Int16:
  case ElementType::Float16:
  case ElementType::BFloat16:
    return 2;
  case ElementType::Float:
  case ElementType::Int32:
  case ElementType::UInt32:
    return 4;
  case ElementType::Double:
  case ElementType::Int64:
  case ElementType::UInt64:
    return 8;
  case ElementType::None:
    break;
  }
  return 0;
}

bool qnn::onnx_import::isFloat(ElementType type) {
  return type == ElementType::Float || type == ElementType::Double || type == ElementType::Float16 ||
         type == ElementType::BFloat16;
}

bool qnn::onnx_import::isUnsigned(ElementType type) {
  return type == ElementType::UInt8 || type == ElementType::UInt16 || type == ElementType::UInt32 ||
         type == ElementType::UInt64 || type == ElementType::Bool;
}
