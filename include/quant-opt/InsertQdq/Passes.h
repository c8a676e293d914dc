//===- Passes.h - Passes of the stage InsertQdq -------------------------------------------------------------------===//
#ifndef QUANT_OPT_INSERTQDQ_PASSES_H
#define QUANT_OPT_INSERTQDQ_PASSES_H

#include "quant-opt/InsertQdq/Schemes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/InsertQdq/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "quant-opt/InsertQdq/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_INSERTQDQ_PASSES_H
