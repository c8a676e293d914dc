//===- FuseEpilogues.h - Casts, epilogues and accumulators become elementwise regions -----------------------------===//
#ifndef QUANT_OPT_LIB_INTEGERIZE_FUSEEPILOGUES_H
#define QUANT_OPT_LIB_INTEGERIZE_FUSEEPILOGUES_H

#include "Accumulators.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::qnn {

/// By the float operation each accumulator stands for, in program order.
using AccumulatorMap = llvm::MapVector<Operation *, Accumulator>;

/// Replaces every cast of `quant`, every use of an accumulator's float operation, and the single-use elementwise
/// operations between them by one region each. Returns how many regions were made; fails with an error for quantized
/// types that are not supported.
FailureOr<unsigned> fuseEpilogues(OpBuilder &builder, FunctionOpInterface function, AccumulatorMap &accumulators);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_INTEGERIZE_FUSEEPILOGUES_H
