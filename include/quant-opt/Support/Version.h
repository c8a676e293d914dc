//===- Version.h - Which quant-opt this is -----------------------------------------------------------------------===//
#ifndef QUANT_OPT_SUPPORT_VERSION_H
#define QUANT_OPT_SUPPORT_VERSION_H

#include "llvm/ADT/StringRef.h"

namespace mlir::qnn {

/// "0.1.0 (LLVM 22.1.8)".
llvm::StringRef getVersion();

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_VERSION_H
