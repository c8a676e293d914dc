//===- Qnn.h - The qnn dialect: declarations of its operations ----------------------------------------------------===//
#ifndef QUANT_OPT_DIALECT_QNN_IR_QNN_H
#define QUANT_OPT_DIALECT_QNN_IR_QNN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/VectorInterfaces.h"

#include "quant-opt/Dialect/Qnn/IR/QnnDialect.h.inc"
#include "quant-opt/Dialect/Qnn/IR/QnnEnums.h.inc"

#define GET_OP_CLASSES
#include "quant-opt/Dialect/Qnn/IR/QnnOps.h.inc"

#endif // QUANT_OPT_DIALECT_QNN_IR_QNN_H
