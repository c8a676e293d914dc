//===- Version.cpp - Which quant-opt this is ---------------------------------------------------------------------===//
#include "quant-opt/Support/Version.h"

#include "llvm/Config/llvm-config.h"

llvm::StringRef mlir::qnn::getVersion() { return QUANT_OPT_VERSION " (LLVM " LLVM_VERSION_STRING ")"; }
