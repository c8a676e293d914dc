//===- Artifact.cpp - Links code, tables, weights and runtime of a program into one file -------------------------===//
#include "quant-opt/Emit/Artifact.h"

#include "CodeGen.h"
#include "Embedded.h"
#include "Link.h"

#include "quant-opt/Runtime/quant_opt.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/Identifiers.h"
#include "quant-opt/Support/Version.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/ThreadPool.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// Builds the module that holds what Runtime/Model.h declares for one model: tables, weights, entry points.
class TableBuilder {
public:
  TableBuilder(Program &program, const EmitOptions &options)
      : program(program), options(options), context(std::make_unique<llvm::LLVMContext>()),
        module(std::make_unique<llvm::Module>("quant-opt", *context)), builder(*context),
        pointer(llvm::PointerType::get(*context, 0)), i32(builder.getInt32Ty()), i64(builder.getInt64Ty()) {
    module->setSourceFileName("quant-opt");
  }

  llvm::Expected<OwnedModule> build(StringRef weightsPath);

private:
  llvm::Constant *string(StringRef text);
  llvm::Constant *array(llvm::Type *element, ArrayRef<llvm::Constant *> values);
  llvm::Constant *tensors(ArrayRef<TensorInfo> infos);
  llvm::Constant *codes();
  llvm::Constant *weights(StringRef path);
  void entryPoints(llvm::GlobalVariable *model);
  llvm::Constant *observedEdges();
  llvm::Error addRuntime();

  Program &program;
  const EmitOptions &options;
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  llvm::IRBuilder<> builder;
  llvm::PointerType *pointer;
  llvm::IntegerType *i32, *i64;
};

} // namespace

static std::string hashOf(ArrayRef<char> bytes) {
  llvm::SHA256 hash;
  hash.update(ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

/// What precedes the symbols of a path's steps, which need to be unique in the path only.
static std::string getPrefix(const Program &program, CpuPath path) {
  return program.name + "_" + makeIdentifier(getCpuPathName(path)) + "_";
}

llvm::Constant *TableBuilder::string(StringRef text) {
  // A name with a zero byte in it would end early for C and nowhere else.
  std::string clean = text.str();
  llvm::replace(clean, '\0', '?');
  auto *value = llvm::ConstantDataArray::getString(*context, clean);
  auto *global = new llvm::GlobalVariable(*module, value->getType(), true, llvm::GlobalValue::PrivateLinkage, value);
  global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  return global;
}

llvm::Constant *TableBuilder::array(llvm::Type *element, ArrayRef<llvm::Constant *> values) {
  if (values.empty())
    return llvm::ConstantPointerNull::get(pointer);
  auto *type = llvm::ArrayType::get(element, values.size());
  return new llvm::GlobalVariable(*module, type, true, llvm::GlobalValue::PrivateLinkage,
                                  llvm::ConstantArray::get(type, values));
}

llvm::Constant *TableBuilder::tensors(ArrayRef<TensorInfo> infos) {
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

llvm::Constant *TableBuilder::codes() {
  auto *stepType = llvm::StructType::get(*context, {pointer, i64, pointer});
  auto *codeType = llvm::StructType::get(*context, {pointer, pointer, i64});
  auto *functionType = llvm::FunctionType::get(builder.getVoidTy(), {pointer, i64, i64}, false);
  llvm::StringMap<llvm::Constant *> layers;
  SmallVector<llvm::Constant *> codes;
  for (const ProgramCode &code : program.codes) {
    SmallVector<llvm::Constant *> steps;
    std::string prefix = getPrefix(program, code.path);
    for (const ProgramStep &step : code.steps) {
      auto *function =
          cast<llvm::Function>(module->getOrInsertFunction(addPrefix(prefix, step.symbol), functionType).getCallee());
      function->setVisibility(llvm::GlobalValue::HiddenVisibility);
      llvm::Constant *&layer = layers[step.layer];
      if (!layer)
        layer = string(step.layer);
      steps.push_back(llvm::ConstantStruct::get(stepType, {function, builder.getInt64(step.count), layer}));
    }
    codes.push_back(llvm::ConstantStruct::get(
        codeType, {string(getCpuPathName(code.path)), array(stepType, steps), builder.getInt64(steps.size())}));
  }
  return array(codeType, codes);
}

llvm::Constant *TableBuilder::weights(StringRef path) {
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

void TableBuilder::entryPoints(llvm::GlobalVariable *model) {
  auto define = [&](StringRef suffix, llvm::Type *result, ArrayRef<llvm::Type *> arguments) {
    auto *function = llvm::Function::Create(llvm::FunctionType::get(result, arguments, false),
                                            llvm::GlobalValue::ExternalLinkage, program.name + suffix, *module);
    function->addFnAttr(llvm::Attribute::NoUnwind);
    builder.SetInsertPoint(llvm::BasicBlock::Create(*context, "", function));
    return function;
  };
  llvm::Function *run = define("_run", i32, {pointer, pointer, pointer, i32});
  llvm::FunctionCallee runModel =
      module->getOrInsertFunction("quant_opt_model_run", i32, pointer, pointer, pointer, pointer, i32);
  builder.CreateRet(
      builder.CreateCall(runModel, {model, run->getArg(0), run->getArg(1), run->getArg(2), run->getArg(3)}));
  define("_workspace_bytes", i64, {});
  builder.CreateRet(builder.getInt64(program.workspaceBytes));
  define("_info", pointer, {});
  llvm::FunctionCallee getInfo = module->getOrInsertFunction("quant_opt_model_get_info", pointer, pointer);
  builder.CreateRet(builder.CreateCall(getInfo, {model}));
  if (program.observedEdges.empty())
    return;
  run = define("_run_observed", i32, {pointer, pointer, pointer, pointer, pointer});
  runModel = module->getOrInsertFunction("quant_opt_model_run_observed", i32, pointer, pointer, pointer, pointer,
                                         pointer, pointer);
  builder.CreateRet(builder.CreateCall(
      runModel, {model, run->getArg(0), run->getArg(1), run->getArg(2), run->getArg(3), run->getArg(4)}));
  llvm::Function *edges = define("_observed_edges", pointer, {pointer});
  builder.CreateStore(builder.getInt64(program.observedEdges.size()), edges->getArg(0));
  builder.CreateRet(observedEdges());
}

llvm::Constant *TableBuilder::observedEdges() {
  auto *type = llvm::StructType::get(*context, {pointer, builder.getFloatTy()});
  SmallVector<llvm::Constant *> values;
  for (auto [i, name] : llvm::enumerate(program.observedEdges)) {
    const float step = program.observedSteps.empty() ? 0.0f : program.observedSteps[i];
    values.push_back(
        llvm::ConstantStruct::get(type, {string(name), llvm::ConstantFP::get(builder.getFloatTy(), step)}));
  }
  return array(type, values);
}

/// The runtime becomes part of the module, so that two models in one program never share or clash.
llvm::Error TableBuilder::addRuntime() {
  StringRef bitcode(quant_opt_embedded_runtime, quant_opt_embedded_runtime_end - quant_opt_embedded_runtime);
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

llvm::Expected<OwnedModule> TableBuilder::build(StringRef weightsPath) {
  SmallVector<llvm::Constant *> cpus;
  for (const ProgramCode &code : program.codes)
    cpus.push_back(string(getCpuPathName(code.path)));
  llvm::Constant *null = llvm::ConstantPointerNull::get(pointer);
  auto *info = llvm::ConstantStruct::getAnon(
      *context, {builder.getInt32(QUANT_OPT_ABI_VERSION), builder.getInt32(0), string(program.name),
                 string(("quant-opt " + getVersion()).str()), string(options.sourceHash),
                 string(hashOf(program.weights)), null, array(pointer, cpus), builder.getInt64(cpus.size()),
                 tensors(program.inputs), builder.getInt64(program.inputs.size()), tensors(program.outputs),
                 builder.getInt64(program.outputs.size()), builder.getInt64(program.workspaceBytes)});
  auto *initial = llvm::ConstantStruct::getAnon(*context, {info, codes(), weights(weightsPath), builder.getInt32(0)});
  auto *model = new llvm::GlobalVariable(*module, initial->getType(), false, llvm::GlobalValue::InternalLinkage,
                                         initial, program.name + "__model");
  entryPoints(model);
  if (llvm::Error error = addRuntime())
    return error;
  return OwnedModule{std::move(context), std::move(module)};
}

/// Calls `work(i)` for every path on at most `threads` threads; returns the first error in the order of the paths.
static llvm::Error forEachPath(size_t count, unsigned threads, function_ref<llvm::Error(size_t)> work) {
  std::vector<std::string> messages(count);
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(std::max(threads, 1u)));
  for (size_t i = 0; i < count; ++i)
    pool.async([&, i] {
      if (llvm::Error error = work(i))
        messages[i] = llvm::toString(std::move(error));
    });
  pool.wait();
  for (const std::string &message : messages)
    if (!message.empty())
      return makeToolError(ExitCode::Internal, message);
  return llvm::Error::success();
}

/// What a library defines for others.
static std::vector<std::string> getExports(const Program &program) {
  std::vector<std::string> names = {program.name + "_run", program.name + "_workspace_bytes", program.name + "_info"};
  if (!program.observedEdges.empty())
    names.insert(names.end(), {program.name + "_run_observed", program.name + "_observed_edges"});
  return names;
}

llvm::Expected<std::vector<char>> qnn::emitArtifact(Program &program, const EmitOptions &options) {
  std::vector<OwnedModule> modules;
  for (ProgramCode &code : program.codes) {
    llvm::Expected<OwnedModule> module = translateCode(code, getPrefix(program, code.path));
    if (!module)
      return module.takeError();
    modules.push_back(std::move(*module));
  }
  std::vector<llvm::SmallVector<char, 0>> objects(modules.size() + 1);
  if (llvm::Error error = forEachPath(modules.size(), options.threads, [&](size_t i) -> llvm::Error {
        CpuPath path = program.codes[i].path;
        OwnedModule owned = std::move(modules[i]);
        if (llvm::Error error = optimize(*owned.module, path))
          return error;
        llvm::Expected<llvm::SmallVector<char, 0>> object = compileToObject(*owned.module, path);
        if (!object)
          return object.takeError();
        objects[i] = std::move(*object);
        return llvm::Error::success();
      }))
    return error;

  llvm::Expected<MemoryFile> weights = MemoryFile::create(program.weights);
  if (!weights)
    return weights.takeError();
  llvm::Expected<OwnedModule> tables = TableBuilder(program, options).build(weights->getPath());
  if (!tables)
    return tables.takeError();
  llvm::Expected<llvm::SmallVector<char, 0>> object = compileToObject(*tables->module, CpuPath::X86_64);
  if (!object)
    return object.takeError();
  objects.back() = std::move(*object);

  std::vector<ArrayRef<char>> views(objects.begin(), objects.end());
  if (options.kind == ArtifactKind::Object)
    return linkObject(views);
  return linkShared(views, getExports(program), options.soname);
}

llvm::Expected<std::string> qnn::emitLLVMText(Program &program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (ProgramCode &code : program.codes) {
    llvm::Expected<OwnedModule> module = translateCode(code, getPrefix(program, code.path));
    if (!module)
      return module.takeError();
    if (llvm::Error error = optimize(*module->module, code.path))
      return error;
    os << "; CPU path " << getCpuPathName(code.path) << "\n" << *module->module << "\n";
  }
  return text;
}
