//===- quant-opt.cpp - mlir-opt with the quantization dialects, passes and pipelines ----------------------------------===//
#include "quant-opt/Pipelines/RegisterAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::qnn::registerAllDialects(registry);
  mlir::qnn::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "quant-opt: neural-network quantization on MLIR\n", registry));
}
