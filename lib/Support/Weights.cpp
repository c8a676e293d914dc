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

qnn::ConstantBytes::ConstantBytes(ElementsAttr attr) {
  if (!attr || !attr.getElementType().isIntOrFloat() || attr.getElementType().getIntOrFloatBitWidth() % 8)
    return;
  const size_t size = static_cast<size_t>(attr.getNumElements()) * (attr.getElementType().getIntOrFloatBitWidth() / 8);
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      bytes = blob->getData();
    isKnown = bytes.size() == size;
  } else if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    isKnown = true;
    if (size > 0)
      bytes = dense.getRawData();
    if (!dense.isSplat())
      return;
    own.reserve(size);
    while (own.size() < size)
      own.insert(own.end(), bytes.begin(), bytes.end());
  }
}

std::optional<std::vector<char>> qnn::readBytes(ElementsAttr attr) {
  const ConstantBytes bytes(attr);
  if (!bytes)
    return std::nullopt;
  return std::vector<char>(bytes.get().begin(), bytes.get().end());
}

ElementsAttr qnn::makeElements(RankedTensorType type, ArrayRef<char> bytes, StringRef name) {
  if (type.getNumElements() <= kMaxInlineElements)
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, /*align=*/64, /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name.empty() ? "weights" : name, std::move(blob));
}

Value qnn::createConstantFromBlob(OpBuilder &builder, Location loc, RankedTensorType type, AsmResourceBlob &&blob,
                                  StringRef name) {
  if (type.getNumElements() <= kMaxInlineElements)
    return createConstantFromBytes(builder, loc, type, blob.getData(), name);
  return arith::ConstantOp::create(
      builder, loc, type, DenseResourceElementsAttr::get(type, name.empty() ? "weights" : name, std::move(blob)));
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
