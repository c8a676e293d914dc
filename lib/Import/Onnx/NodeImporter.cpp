//===- NodeImporter.cpp - One node: its inputs, attributes and results -------------------------------------------===//
#include "NodeImporter.h"
#include "OnnxProto.h"
#include "TensorLoader.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::onnx_import;

NodeImporter::NodeImporter(const ::onnx::NodeProto &node, StringRef name, int64_t opset, ArrayRef<GraphValue> inputs,
                           ImplicitLocOpBuilder &b, TensorLoader &loader, SmallVectorImpl<NodeFailure> &failures)
    : b(b), node(node), name(name), opsetVersion(opset), inputs(inputs), results(node.output_size()), loader(loader),
      failures(failures) {}

StringRef NodeImporter::getOpType() const { return node.op_type(); }

unsigned NodeImporter::numOutputs() const { return node.output_size(); }

bool NodeImporter::hasOutput(unsigned i) const { return i < numOutputs() && !node.output(i).empty(); }

//===--- Inputs known at import ----------------------------------------------------------------------------------===//

namespace {

/// Calls `visit` with every element of `attr` as an APInt or APFloat.
template <typename Visit> bool visitBits(ElementsAttr attr, Visit visit) {
  std::optional<std::vector<char>> bytes = attr ? mlir::qnn::readBytes(attr) : std::nullopt;
  if (!bytes)
    return false;
  unsigned width = attr.getElementType().getIntOrFloatBitWidth() / 8;
  for (size_t i = 0; i + width <= bytes->size(); i += width) {
    uint64_t bits = 0;
    std::memcpy(&bits, bytes->data() + i, width);
    visit(bits);
  }
  return true;
}

int64_t extend(uint64_t bits, ElementType type) {
  unsigned width = 8 * getByteWidth(type);
  return isUnsigned(type) ? static_cast<int64_t>(bits) : llvm::SignExtend64(bits, width);
}

} // namespace

bool NodeImporter::isConstant(unsigned i) const { return hasInput(i) && getConstantElements(input(i)); }

std::optional<SmallVector<int64_t>> NodeImporter::ints(unsigned i) const {
  SmallVector<int64_t> elements;
  ElementType type = inputType(i);
  if (!isConstant(i) || isFloat(type) ||
      !visitBits(getConstantElements(input(i)), [&](uint64_t bits) { elements.push_back(extend(bits, type)); }))
    return std::nullopt;
  return elements;
}

std::optional<SmallVector<double>> NodeImporter::floats(unsigned i) const {
  SmallVector<double> elements;
  ElementType type = inputType(i);
  if (!isConstant(i))
    return std::nullopt;
  auto floatType = dyn_cast<FloatType>(irType(type));
  auto convert = [&](uint64_t bits) {
    if (floatType) {
      APFloat value(floatType.getFloatSemantics(), APInt(floatType.getWidth(), bits));
      bool losesInfo;
      value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
      elements.push_back(value.convertToDouble());
    } else if (type == ElementType::UInt64) {
      elements.push_back(static_cast<double>(bits));
    } else {
      elements.push_back(static_cast<double>(extend(bits, type)));
    }
  };
  if (!visitBits(getConstantElements(input(i)), convert))
    return std::nullopt;
  return elements;
}

//===--- Attributes ----------------------------------------------------------------------------------------------===//

const ::onnx::AttributeProto *NodeImporter::findAttr(StringRef attr) const {
  for (const ::onnx::AttributeProto &candidate : node.attribute())
    if (StringRef(candidate.name()) == attr)
      return &candidate;
  return nullptr;
}

int64_t NodeImporter::intAttr(StringRef attr, int64_t otherwise) const {
  const auto *found = findAttr(attr);
  return found && found->has_i() ? found->i() : otherwise;
}

float NodeImporter::floatAttr(StringRef attr, float otherwise) const {
  const auto *found = findAttr(attr);
  return found && found->has_f() ? found->f() : otherwise;
}

std::string NodeImporter::stringAttr(StringRef attr, StringRef otherwise) const {
  const auto *found = findAttr(attr);
  return found && found->has_s() ? found->s() : otherwise.str();
}

SmallVector<int64_t> NodeImporter::intsAttr(StringRef attr, ArrayRef<int64_t> otherwise) const {
  if (const auto *found = findAttr(attr))
    return SmallVector<int64_t>(found->ints().begin(), found->ints().end());
  return SmallVector<int64_t>(otherwise);
}

SmallVector<float> NodeImporter::floatsAttr(StringRef attr) const {
  if (const auto *found = findAttr(attr))
    return SmallVector<float>(found->floats().begin(), found->floats().end());
  return {};
}

std::optional<GraphValue> NodeImporter::tensorAttr(StringRef attr) {
  const auto *found = findAttr(attr);
  if (!found || !found->has_t())
    return std::nullopt;
  std::string error;
  GraphValue value = loader.load(b, found->t(), name, error);
  if (value.value)
    return value;
  (void)invalid("attribute '" + attr + "' is a malformed tensor: " + error);
  return std::nullopt;
}

//===--- Results -------------------------------------------------------------------------------------------------===//

LogicalResult NodeImporter::setResult(unsigned i, Value value, ElementType type) {
  if (!value)
    return failure();
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  if (!tensor || !tensor.hasStaticShape() || tensor.getElementType() != irType(type))
    return invalid("output " + Twine(i) + " does not have the element type " + getElementTypeName(type));
  if (!countElements(tensor.getShape()))
    return invalid("output " + Twine(i) + " has more than " + Twine(kMaxRank) + " dimensions or more than " +
                   Twine(kMaxElements) + " elements");
  if (i < results.size())
    results[i] = {value, type};
  return success();
}

LogicalResult NodeImporter::unsupported(const Twine &reason) {
  failures.push_back({name.str(), node.op_type(), (reason + " is not supported").str()});
  return failure();
}

LogicalResult NodeImporter::invalid(const Twine &reason) {
  failures.push_back({name.str(), node.op_type(), reason.str()});
  return failure();
}

std::optional<int64_t> NodeImporter::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  (void)invalid("axis " + Twine(axis) + " is out of range for rank " + Twine(rank));
  return std::nullopt;
}

std::optional<SmallVector<int64_t>> NodeImporter::normalizeAxes(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> normalized;
  for (int64_t axis : axes) {
    std::optional<int64_t> one = normalizeAxis(axis, rank);
    if (!one)
      return std::nullopt;
    normalized.push_back(*one);
  }
  llvm::sort(normalized);
  normalized.erase(std::unique(normalized.begin(), normalized.end()), normalized.end());
  return normalized;
}
