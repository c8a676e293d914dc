//===- QnnDialect.cpp - Registers the qnn dialect's operations ----------------------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include "quant-opt/Dialect/Qnn/IR/QnnDialect.cpp.inc"

using namespace mlir;
using namespace mlir::qnn;

void QnnDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "quant-opt/Dialect/Qnn/IR/QnnOps.cpp.inc"
      >();
}
