//===- Refine.cpp - The passes of Refine with the project's own code generator ------------------------------------===//
#include "quant-opt/Refine/Passes.h"

#include "quant-opt/Pipelines/Calibrate.h"

using namespace mlir;
using namespace mlir::qnn;

std::unique_ptr<Pass> mlir::qnn::createCorrectBiasPass() {
  return createCorrectBiasPass(CorrectBiasPassOptions(), compileObserved);
}

std::unique_ptr<Pass> mlir::qnn::createRoundWeightsPass() {
  return createRoundWeightsPass(RoundWeightsPassOptions(), compileObserved);
}
