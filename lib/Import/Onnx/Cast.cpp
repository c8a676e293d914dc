//===- Cast.cpp - Cast and CastLike -------------------------------------------------------------------------------===//
#include "NodeImporter.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

static LogicalResult setCast(NodeImporter &n, ElementType to) {
  return n.setResult(0, n.castTensor(n.input(0), n.inputType(0), to), to);
}

static LogicalResult importCast(NodeImporter &n) {
  int64_t number = n.intAttr("to", 0);
  ElementType to = number == int32_t(number) ? getElementType(number) : ElementType::None;
  if (to == ElementType::None)
    return n.unsupported("a cast to the element type numbered " + Twine(number));
  return setCast(n, to);
}

static LogicalResult importCastLike(NodeImporter &n) { return setCast(n, n.inputType(1)); }

void mlir::qnn::onnx_import::populateCast(OpTable &table) {
  table.add("Cast", importCast, 1, 1);
  table.add("CastLike", importCastLike, 2, 2);
}
