//===- GuardedParser.h - MLIR's own parser behind checks that hostile input cannot pass --------------------------===//
#ifndef QUANT_OPT_SUPPORT_GUARDEDPARSER_H
#define QUANT_OPT_SUPPORT_GUARDEDPARSER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>

namespace mlir::qnn {

/// Brackets nest at most this deep in a file; the stock parser recurses once or more for each.
constexpr unsigned kMaxNesting = 200;

/// The contents of a file, or of standard input for "-". Folders, files that cannot be read and files over the limit of
/// size are errors.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readInputFile(StringRef path);

/// Refuses MLIR text whose brackets nest too deep. Bytecode passes: it has no brackets.
llvm::Error checkNesting(StringRef text, StringRef path);

/// Parses a module from text or bytecode that passed `checkNesting`. Null after diagnostics on the context.
OwningOpRef<ModuleOp> parseModuleGuarded(std::unique_ptr<llvm::MemoryBuffer> buffer, StringRef path,
                                         MLIRContext *context);

/// Runs `main` where deep recursion has room, with the crash handlers installed, and returns its exit code.
int runGuarded(const char *tool, llvm::function_ref<int()> main);

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_GUARDEDPARSER_H
