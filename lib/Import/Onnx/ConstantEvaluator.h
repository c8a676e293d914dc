//===- ConstantEvaluator.h - Evaluates imported operations whose inputs are constants ----------------------------===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_CONSTANTEVALUATOR_H
#define QUANT_OPT_LIB_IMPORT_ONNX_CONSTANTEVALUATOR_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include <memory>
#include <optional>
#include <vector>

namespace mlir::qnn::onnx_import {

/// Evaluates operations on constant tensors as the IR defines them: structured operations point by point with the
/// folders of the operations in their bodies. So an operator that was imported folds without a second definition of its
/// meaning.
class ConstantEvaluator {
public:
  /// Row-major elements, each of whole bytes.
  struct Tensor {
    RankedTensorType type;
    std::vector<char> bytes;
  };

  /// Evaluates an operation all of whose operands are constants or were evaluated before. Fails, without a diagnostic,
  /// on operations it does not know and on work beyond its budget.
  LogicalResult evaluate(Operation *op);

  /// The elements of a constant or evaluated tensor; null if unknown.
  const Tensor *getTensor(Value value);

private:
  using Scalars = llvm::DenseMap<Value, Attribute>;

  Attribute getScalar(Value value, const Scalars &scalars);
  LogicalResult evaluateScalar(Operation &op, Scalars &scalars, ArrayRef<int64_t> point);
  LogicalResult evaluateStructured(Operation *op);
  LogicalResult evaluatePad(Operation *op);
  LogicalResult evaluateSlice(Operation *op);
  LogicalResult evaluateConcat(Operation *op);
  bool spend(int64_t points);

  void setTensor(Value value, Tensor tensor);

  // Behind pointers, which stay valid while more tensors come.
  llvm::DenseMap<Value, std::unique_ptr<Tensor>> tensors;
  Scalars topLevel;
  int64_t budget = int64_t(1) << 22;
};

} // namespace mlir::qnn::onnx_import

#endif // QUANT_OPT_LIB_IMPORT_ONNX_CONSTANTEVALUATOR_H
