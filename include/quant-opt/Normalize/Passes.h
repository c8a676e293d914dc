//===- Passes.h - Passes of the stage Normalize ---===//
#ifndef QUANT_OPT_NORMALIZE_PASSES_H
#define QUANT_OPT_NORMALIZE_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/Pass.h"

namespace mlir::qnn {
#define GEN_PASS_DECL
#include "quant-opt/Normalize/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "quant-opt/Normalize/Passes.h.inc"
} // namespace mlir::qnn

#endif // QUANT_OPT_NORMALIZE_PASSES_H
