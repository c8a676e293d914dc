//===- MoveOntoStorage.h - Value-preserving operations work on stored bytes ---------------------------------------===//
#ifndef QUANT_OPT_LIB_INTEGERIZE_MOVEONTOSTORAGE_H
#define QUANT_OPT_LIB_INTEGERIZE_MOVEONTOSTORAGE_H

#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::qnn {

/// Quantizes float constants that a qcast reads, moves value-preserving operations onto storage bytes, and cancels a
/// qcast of a dcast of the same type. A qcast moves above the operation that makes its operand, then a dcast below the
/// operation that reads it: both are exact, because moving or selecting elements commutes with any monotone function of
/// each element. Returns how many operations moved.
unsigned moveOntoStorage(OpBuilder &builder, FunctionOpInterface function);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_INTEGERIZE_MOVEONTOSTORAGE_H
