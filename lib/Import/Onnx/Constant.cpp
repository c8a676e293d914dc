//===- Constant.cpp - Constant, in all its forms -----------------------------------------------------------------===//
#include "NodeImporter.h"
#include "OnnxProto.h"

#include "quant-opt/Support/Weights.h"

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::onnx_import;

static LogicalResult importConstant(NodeImporter &n) {
  if (n.hasAttr("value")) {
    std::optional<GraphValue> value = n.tensorAttr("value");
    return value ? n.setResult(0, value->value, value->type) : failure();
  }
  auto set = [&](auto elements, ArrayRef<int64_t> shape, ElementType type) {
    using Element = typename decltype(elements)::value_type;
    return n.setResult(
        0,
        createConstant<Element>(n.b, n.b.getLoc(), RankedTensorType::get(shape, n.irType(type)), elements, n.getName()),
        type);
  };
  if (n.hasAttr("value_int"))
    return set(SmallVector<int64_t>{n.intAttr("value_int", 0)}, {}, ElementType::Int64);
  if (n.hasAttr("value_float"))
    return set(SmallVector<float>{n.floatAttr("value_float", 0)}, {}, ElementType::Float);
  if (n.hasAttr("value_ints")) {
    SmallVector<int64_t> elements = n.intsAttr("value_ints");
    int64_t size = elements.size();
    return set(elements, {size}, ElementType::Int64);
  }
  if (n.hasAttr("value_floats")) {
    SmallVector<float> elements = n.floatsAttr("value_floats");
    int64_t size = elements.size();
    return set(elements, {size}, ElementType::Float);
  }
  if (n.hasAttr("sparse_value"))
    return n.unsupported("a sparse constant");
  if (n.hasAttr("value_string") || n.hasAttr("value_strings"))
    return n.unsupported("a string constant");
  return n.invalid("the constant has no value");
}

void qnn::onnx_import::populateConstant(OpTable &table) { table.add("Constant", importConstant, 0, 0); }
