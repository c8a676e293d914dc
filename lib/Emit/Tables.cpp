//===- Tables.cpp - What the tables of every artifact have in common ---------------------------------------------===//
#include "Tables.h"

#include "quant-opt/Runtime/quant_opt.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/Sha256.h"
#include "quant-opt/Support/Version.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Linker/Linker.h"

using namespace mlir;
using namespace mlir::qnn;

llvm::Constant *Tables::string(StringRef text) {
  // A name with a zero byte in it would end early for C and nowhere else.
  std::string clean = text.str();
  llvm::replace(clean, '\0', '?');
  auto *value = llvm::ConstantDataArray::getString(*context, clean);
  auto *global = new llvm::GlobalVariable(*module, value->getType(), true, llvm::GlobalValue::PrivateLinkage, value);
  global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  return global;
}

llvm::Constant *Tables::array(llvm::Type *element, ArrayRef<llvm::Constant *> values) {
  if (values.empty())
    return llvm::ConstantPointerNull::get(pointer);
  auto *type = llvm::ArrayType::get(element, values.size());
  return new llvm::GlobalVariable(*module, type, true, llvm::GlobalValue::PrivateLinkage,
                                  llvm::ConstantArray::get(type, values));
}

llvm::Constant *Tables::tensors(ArrayRef<TensorInfo> infos) {
  auto *type = llvm::StructType::get(*context, {pointer, pointer, pointer, i64});
  SmallVector<llvm::Constant *> values;
  for (const TensorInfo &info : infos) {
    SmallVector<llvm::Constant *> shape;
    for (int64_t size : info.shape)
      shape.push_back(builder.getInt64(size));
    values.push_back(llvm::ConstantStruct::get(
        type, {string(info.name), string(info.type), array(i64, shape), builder.getInt64(info.shape.size())}));
  }
  return array(type, values);
}

llvm::Constant *Tables::weights(StringRef path) {
  std::string symbol = program.name + "__weights";
  std::string text = ".section .rodata." + symbol + ",\"a\",@progbits\n.p2align 6\n.globl " + symbol + "\n.hidden " +
                     symbol + "\n.type " + symbol + ",@object\n" + symbol + ":\n";
  if (!program.weights.empty())
    text += ".incbin \"" + path.str() + "\"\n";
  text += ".size " + symbol + ", " + std::to_string(program.weights.size()) + "\n.text\n";
  module->appendModuleInlineAsm(text);
  auto *global =
      new llvm::GlobalVariable(*module, builder.getInt8Ty(), true, llvm::GlobalValue::ExternalLinkage, nullptr, symbol);
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  return global;
}

llvm::Function *Tables::define(StringRef suffix, llvm::Type *result, ArrayRef<llvm::Type *> arguments) {
  auto *function = llvm::Function::Create(llvm::FunctionType::get(result, arguments, false),
                                          llvm::GlobalValue::ExternalLinkage, program.name + suffix, *module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  builder.SetInsertPoint(llvm::BasicBlock::Create(*context, "", function));
  return function;
}

void Tables::entryPoints(llvm::GlobalVariable *model, StringRef runtime, int64_t workspaceBytes) {
  llvm::Function *run = define("_run", i32, {pointer, pointer, pointer, i32});
  llvm::FunctionCallee runModel =
      module->getOrInsertFunction((runtime + "_run").str(), i32, pointer, pointer, pointer, pointer, i32);
  builder.CreateRet(
      builder.CreateCall(runModel, {model, run->getArg(0), run->getArg(1), run->getArg(2), run->getArg(3)}));
  define("_workspace_bytes", i64, {});
  builder.CreateRet(builder.getInt64(workspaceBytes));
  define("_info", pointer, {});
  llvm::FunctionCallee getInfo = module->getOrInsertFunction((runtime + "_get_info").str(), pointer, pointer);
  builder.CreateRet(builder.CreateCall(getInfo, {model}));
}

/// The runtime becomes part of the module, so that two models in one program never share or clash.
llvm::Error Tables::addRuntime(StringRef bitcode) {
  llvm::Expected<std::unique_ptr<llvm::Module>> runtime =
      llvm::parseBitcodeFile(llvm::MemoryBufferRef(bitcode, "runtime"), *context);
  if (!runtime)
    return runtime.takeError();
  module->setTargetTriple((*runtime)->getTargetTriple());
  module->setDataLayout((*runtime)->getDataLayout());
  if (llvm::Linker::linkModules(*module, std::move(*runtime)))
    return makeToolError(ExitCode::Internal, "the runtime does not link");
  for (llvm::Function &function : *module)
    if (!function.isDeclaration() && function.getName().starts_with("quant_opt_"))
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
  return llvm::Error::success();
}

llvm::Constant *Tables::info(ArrayRef<llvm::Constant *> targets, llvm::Constant *chosen, int64_t workspaceBytes) {
  return llvm::ConstantStruct::getAnon(
      *context,
      {builder.getInt32(QUANT_OPT_ABI_VERSION), builder.getInt32(0), string(program.name),
       string(("quant-opt " + getVersion()).str()), string(options.sourceHash),
       string(Sha256::hash(StringRef(program.weights.data(), program.weights.size()))), chosen, array(pointer, targets),
       builder.getInt64(targets.size()), tensors(program.inputs), builder.getInt64(program.inputs.size()),
       tensors(program.outputs), builder.getInt64(program.outputs.size()), builder.getInt64(workspaceBytes)});
}
