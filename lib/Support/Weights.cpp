//===- Weights.cpp - Reading and making constant tensors without passing through attributes that fold -------------===//
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

ElementsAttr qnn::getConstantElements(Value value) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  return constant ? dyn_cast<ElementsAttr>(constant.getValue()) : ElementsAttr();
}

std::optional<std::vector<char>> qnn::readBytes(ElementsAttr attr) {
  if (!attr || !attr.getElementType().isIntOrFloat())
    return std::nullopt;
  unsigned bits = attr.getElementType().getIntOrFloatBitWidth();
  if (bits % 8)
    return std::nullopt;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return std::nullopt;
    ArrayRef<char> data = blob->getData();
    if (data.size() != static_cast<size_t>(attr.getNumElements()) * (bits / 8))
      return std::nullopt;
    return std::vector<char>(data.begin(), data.end());
  }
  auto dense = dyn_cast<DenseElementsAttr>(attr);
  if (!dense)
    return std::nullopt;
  ArrayRef<char> data = dense.getRawData();
  if (!dense.isSplat())
    return std::vector<char>(data.begin(), data.end());
  std::vector<char> bytes;
  bytes.reserve(data.size() * attr.getNumElements());
  for (int64_t i = 0, e = attr.getNumElements(); i < e; ++i)
    bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

ElementsAttr qnn::makeElements(RankedTensorType type, ArrayRef<char> bytes, StringRef name) {
  if (type.getNumElements() <= kMaxInlineElements)
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, /*align=*/64, /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name.empty() ? "weights" : name, std::move(blob));
}

Value qnn::createConstantFromBytes(OpBuilder &builder, Location loc, RankedTensorType type, ArrayRef<char> bytes,
                                   StringRef name) {
  return arith::ConstantOp::create(builder, loc, type, makeElements(type, bytes, name));
}

void qnn::releaseConstants(MLIRContext *context, ArrayRef<Operation *> keep) {
  llvm::StringSet<> used;
  for (Operation *root : keep)
    root->walk([&](Operation *op) {
      op->getAttrDictionary().walk([&](DenseResourceElementsAttr attr) { used.insert(attr.getRawHandle().getKey()); });
    });
  auto &manager = DenseResourceElementsHandle::getManagerInterface(context).getBlobManager();
  std::vector<std::string> unused;
  manager.getBlobMap([&](const auto &blobs) {
    for (const auto &entry : blobs)
      if (!used.contains(entry.getKey()))
        unused.push_back(entry.getKey().str());
  });
  for (const std::string &name : unused)
    manager.update(name, AsmResourceBlob());
}
