//===- Tables.h - What the tables of every artifact have in common -----------------------------------------------===//
#ifndef QUANT_OPT_LIB_EMIT_TABLES_H
#define QUANT_OPT_LIB_EMIT_TABLES_H

#include "CodeGen.h"
#include "quant-opt/Emit/Artifact.h"

#include "llvm/IR/IRBuilder.h"

namespace mlir::qnn {

/// Builds the module that holds, beside tables, the weights, the entry points and the runtime of one model.
class Tables {
public:
  Tables(const Program &program, const EmitOptions &options)
      : program(program), options(options), context(std::make_unique<llvm::LLVMContext>()),
        module(std::make_unique<llvm::Module>("quant-opt", *context)), builder(*context),
        pointer(llvm::PointerType::get(*context, 0)), i32(builder.getInt32Ty()), i64(builder.getInt64Ty()) {
    module->setSourceFileName("quant-opt");
  }

protected:
  llvm::Constant *string(StringRef text);
  /// A pointer to the values, null if there are none.
  llvm::Constant *array(llvm::Type *element, ArrayRef<llvm::Constant *> values);
  llvm::Constant *tensors(ArrayRef<TensorInfo> infos);
  /// The bytes of the file at `path`, which the assembler reads.
  llvm::Constant *weights(StringRef path);
  /// The quant_opt_model_info: names of the `targets` held, and of the one that is chosen already, or null.
  llvm::Constant *info(ArrayRef<llvm::Constant *> targets, llvm::Constant *chosen, int64_t workspaceBytes);
  /// An exported function NAME`suffix`; what the builder makes next is its body.
  llvm::Function *define(StringRef suffix, llvm::Type *result, ArrayRef<llvm::Type *> arguments);
  /// NAME_run, NAME_workspace_bytes and NAME_info, which call `runtime`_run and `runtime`_get_info with the model.
  void entryPoints(llvm::GlobalVariable *model, StringRef runtime, int64_t workspaceBytes);
  llvm::Error addRuntime(StringRef bitcode);

  const Program &program;
  const EmitOptions &options;
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  llvm::IRBuilder<> builder;
  llvm::PointerType *pointer;
  llvm::IntegerType *i32, *i64;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_EMIT_TABLES_H
