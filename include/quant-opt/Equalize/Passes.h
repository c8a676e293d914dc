//===- Passes.h - Passes of the stage Equalize ---===//
#ifndef QUANT_OPT_EQUALIZE_PASSES_H
#define QUANT_OPT_EQUALIZE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Equalize/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "quant-opt/Equalize/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_EQUALIZE_PASSES_H
