//===- Lookups.cpp - Tables of lookups with the project's own code generator --------------------------------------===//
#include "quant-opt/Emit/Jit.h"
#include "quant-opt/Integerize/Passes.h"
#include "quant-opt/Pipelines/LowerToX86.h"

using namespace mlir;
using namespace mlir::qnn;

static LogicalResult evaluateOnce(ModuleOp module, ArrayRef<const void *> inputs, ArrayRef<void *> outputs) {
  Program program;
  if (failed(lowerToProgram(module, LowerOptions(), program)))
    return failure();
  llvm::Expected<std::unique_ptr<JitModel>> model = JitModel::create(std::move(program));
  if (!model)
    return emitError(module.getLoc(), llvm::toString(model.takeError()));
  (*model)->run(inputs, outputs);
  return success();
}

std::unique_ptr<Pass> mlir::qnn::createFormLookupsPass() { return createFormLookupsPass(evaluateOnce); }
