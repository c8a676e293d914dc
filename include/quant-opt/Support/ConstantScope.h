//===- ConstantScope.h - Frees the constants that a piece of work makes and does not leave behind -----------------===//
#ifndef QUANT_OPT_SUPPORT_CONSTANTSCOPE_H
#define QUANT_OPT_SUPPORT_CONSTANTSCOPE_H

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::qnn {

/// A context keeps every `dense_resource` it was ever given. Work that ends with none of its IR left, such as compiling
/// a copy of a model to run it, frees what it made by the end of this object's life.
class ConstantScope {
public:
  explicit ConstantScope(MLIRContext *context);
  ~ConstantScope();
  ConstantScope(const ConstantScope &) = delete;
  ConstantScope &operator=(const ConstantScope &) = delete;

private:
  MLIRContext *context;
  llvm::StringSet<> before;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_CONSTANTSCOPE_H
