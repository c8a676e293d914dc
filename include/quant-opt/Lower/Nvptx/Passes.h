//===- Passes.h - Passes of the stage Lower/Nvptx ---===//
#ifndef QUANT_OPT_LOWER_NVPTX_PASSES_H
#define QUANT_OPT_LOWER_NVPTX_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Lower/Nvptx/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "quant-opt/Lower/Nvptx/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_LOWER_NVPTX_PASSES_H
