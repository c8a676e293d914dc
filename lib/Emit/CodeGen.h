//===- CodeGen.h - From one path's LLVM dialect to machine code --------------------------------------------------===//
#ifndef QUANT_OPT_LIB_EMIT_CODEGEN_H
#define QUANT_OPT_LIB_EMIT_CODEGEN_H

#include "quant-opt/Emit/Program.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace mlir::qnn {

/// An LLVM module with the context that it lives in.
struct OwnedModule {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
};

/// A target machine of the target that `triple` names, once that is initialized. It never fuses float operations, whose
/// products and sums are rounded each by itself.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(StringRef triple, StringRef cpu, StringRef features, std::optional<llvm::Reloc::Model> model);

/// A target machine for the path: its features and no CPU model, position independent.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(CpuPath path);

/// `symbol` with `prefix` before it unless it starts so already.
std::string addPrefix(StringRef prefix, StringRef symbol);

/// What precedes the symbols of a path's steps in an artifact; without it they are unique in the path only.
std::string getStepPrefix(const Program &program, CpuPath path);

/// Takes a path's module apart into modules that do not need each other and are about equal work for LLVM; a small one
/// stays whole. Constants and declarations are copied to each that names them.
SmallVector<OwningOpRef<ModuleOp>> splitCode(OwningOpRef<ModuleOp> module);

/// An error if a step of the path has no function of a step's type.
llvm::Error checkSteps(ProgramCode &code);

/// The LLVM IR of a part of one path. Every step's symbol gets `prefix` if it lacks it; everything else that is defined
/// becomes internal.
llvm::Expected<OwnedModule> translateCode(ModuleOp part, const ProgramCode &code, StringRef prefix);

/// Runs LLVM's -O3 pipeline with the features of `path`.
llvm::Error optimize(llvm::Module &module, CpuPath path);

/// The relocatable object of a module, which includes files of `dataBytes`.
llvm::Expected<llvm::SmallVector<char, 0>> compileToObject(llvm::Module &module, CpuPath path, size_t dataBytes = 0);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_EMIT_CODEGEN_H
