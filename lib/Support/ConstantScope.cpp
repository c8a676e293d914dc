//===- ConstantScope.cpp - Frees the constants that a piece of work makes and does not leave behind ---------------===//
#include "quant-opt/Support/ConstantScope.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::qnn;

static DialectResourceBlobManager &getManager(MLIRContext *context) {
  return DenseResourceElementsHandle::getManagerInterface(context).getBlobManager();
}

ConstantScope::ConstantScope(MLIRContext *context) : context(context) {
  getManager(context).getBlobMap([&](const auto &blobs) {
    for (const auto &entry : blobs)
      before.insert(entry.getKey());
  });
}

ConstantScope::~ConstantScope() {
  std::vector<std::string> made;
  getManager(context).getBlobMap([&](const auto &blobs) {
    for (const auto &entry : blobs)
      if (!before.contains(entry.getKey()))
        made.push_back(entry.getKey().str());
  });
  for (const std::string &name : made)
    getManager(context).update(name, AsmResourceBlob());
}
