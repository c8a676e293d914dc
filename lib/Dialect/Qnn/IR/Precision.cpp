//===- Precision.cpp - The number format that a layer is asked to compute in --------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::qnn;

StringRef qnn::getPrecisionName(Precision precision) {
  switch (precision) {
  case Precision::I8:
    return "i8";
  case Precision::I4:
    return "i4";
  case Precision::I16:
    return "i16";
  case Precision::BF16:
    return "bf16";
  case Precision::F16:
    return "f16";
  case Precision::F32:
    return "f32";
  }
  return "i8";
}

std::optional<Precision> qnn::parsePrecision(StringRef name) {
  return llvm::StringSwitch<std::optional<Precision>>(name)
      .Case("i8", Precision::I8)
      .Case("i4", Precision::I4)
      .Case("i16", Precision::I16)
      .Case("bf16", Precision::BF16)
      .Case("f16", Precision::F16)
      .Case("f32", Precision::F32)
      .Default(std::nullopt);
}

ArrayRef<StringRef> qnn::getPrecisionNames() {
  static constexpr StringRef names[] = {"i4", "i8", "i16", "bf16", "f16", "f32"};
  return names;
}

std::optional<Precision> qnn::getStatedPrecision(Operation *op) {
  auto attr = op->getAttrOfType<StringAttr>(kPrecisionAttr);
  return attr ? parsePrecision(attr.getValue()) : std::nullopt;
}

Precision qnn::getPrecision(Operation *op) { return getStatedPrecision(op).value_or(Precision::I8); }

void qnn::setPrecision(Operation *op, Precision precision) {
  op->setAttr(kPrecisionAttr, StringAttr::get(op->getContext(), getPrecisionName(precision)));
}

LogicalResult QnnDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() != kPrecisionAttr)
    return success();
  auto name = dyn_cast<StringAttr>(attribute.getValue());
  if (name && parsePrecision(name.getValue()))
    return success();
  return op->emitOpError("expected '") << kPrecisionAttr << "' to be one of " << llvm::join(getPrecisionNames(), ", ")
                                       << ", found " << attribute.getValue();
}
