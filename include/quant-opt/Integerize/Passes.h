//===- Passes.h - Passes of the stage Integerize ------------------------------------------------------------------===//
#ifndef QUANT_OPT_INTEGERIZE_PASSES_H
#define QUANT_OPT_INTEGERIZE_PASSES_H

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/Pass.h"

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Integerize/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "quant-opt/Integerize/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_INTEGERIZE_PASSES_H
