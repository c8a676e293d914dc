//===- Artifact.cpp - Links code, tables, weights and runtime of a program into one file -------------------------===//
#include "quant-opt/Emit/Artifact.h"

#include "CodeGen.h"
#include "Embedded.h"
#include "Link.h"
#include "Tables.h"

#include "quant-opt/Support/Diagnostics.h"

#include "llvm/Support/ThreadPool.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// Builds the module that holds what Runtime/Model.h declares for one model.
class TableBuilder : public Tables {
public:
  using Tables::Tables;
  llvm::Expected<OwnedModule> build(StringRef weightsPath);

private:
  llvm::Constant *codes();
  llvm::Constant *observedEdges();
  /// NAME_run_profiled and NAME_steps.
  void profiledEntryPoints(llvm::GlobalVariable *model);
  /// NAME_run_observed and NAME_observed_edges.
  void observedEntryPoints(llvm::GlobalVariable *model);
};
} // namespace

llvm::Constant *TableBuilder::codes() {
  auto *stepType = llvm::StructType::get(*context, {pointer, i64, i64});
  auto *infoType = llvm::StructType::get(*context, {pointer, pointer, i64, i64});
  auto *codeType = llvm::StructType::get(*context, {pointer, pointer, pointer, i64});
  auto *functionType = llvm::FunctionType::get(builder.getVoidTy(), {pointer, i64, i64}, false);
  llvm::StringMap<llvm::Constant *> texts;
  auto sharedText = [&](StringRef text) {
    llvm::Constant *&constant = texts[text];
    if (!constant)
      constant = string(text);
    return constant;
  };
  SmallVector<llvm::Constant *> codes;
  for (const ProgramCode &code : program.codes) {
    SmallVector<llvm::Constant *> steps, infos;
    std::string prefix = getStepPrefix(program, code.path);
    for (const ProgramStep &step : code.steps) {
      auto *function =
          cast<llvm::Function>(module->getOrInsertFunction(addPrefix(prefix, step.symbol), functionType).getCallee());
      function->setVisibility(llvm::GlobalValue::HiddenVisibility);
      llvm::Constant *count = builder.getInt64(step.count);
      const int64_t shared = step.count == 1 ? 0 : step.shared < 0 ? step.count : step.shared;
      steps.push_back(llvm::ConstantStruct::get(stepType, {function, count, builder.getInt64(shared)}));
      infos.push_back(llvm::ConstantStruct::get(
          infoType, {sharedText(step.layer), sharedText(step.plan), count, builder.getInt64(step.macs)}));
    }
    codes.push_back(llvm::ConstantStruct::get(codeType, {string(getCpuPathName(code.path)), array(stepType, steps),
                                                         array(infoType, infos), builder.getInt64(steps.size())}));
  }
  return array(codeType, codes);
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

void TableBuilder::profiledEntryPoints(llvm::GlobalVariable *model) {
  llvm::Function *run = define("_run_profiled", i32, {pointer, pointer, pointer, i32, pointer});
  llvm::FunctionCallee runModel = module->getOrInsertFunction("quant_opt_model_run_profiled", i32, pointer, pointer,
                                                              pointer, pointer, i32, pointer);
  builder.CreateRet(builder.CreateCall(
      runModel, {model, run->getArg(0), run->getArg(1), run->getArg(2), run->getArg(3), run->getArg(4)}));
  llvm::Function *steps = define("_steps", pointer, {pointer});
  llvm::FunctionCallee getSteps = module->getOrInsertFunction("quant_opt_model_get_steps", pointer, pointer, pointer);
  builder.CreateRet(builder.CreateCall(getSteps, {model, steps->getArg(0)}));
}

void TableBuilder::observedEntryPoints(llvm::GlobalVariable *model) {
  llvm::Function *run = define("_run_observed", i32, {pointer, pointer, pointer, pointer, pointer});
  llvm::FunctionCallee runModel = module->getOrInsertFunction("quant_opt_model_run_observed", i32, pointer, pointer,
                                                              pointer, pointer, pointer, pointer);
  builder.CreateRet(builder.CreateCall(
      runModel, {model, run->getArg(0), run->getArg(1), run->getArg(2), run->getArg(3), run->getArg(4)}));
  llvm::Function *edges = define("_observed_edges", pointer, {pointer});
  builder.CreateStore(builder.getInt64(program.observedEdges.size()), edges->getArg(0));
  builder.CreateRet(observedEdges());
}

llvm::Expected<OwnedModule> TableBuilder::build(StringRef weightsPath) {
  SmallVector<llvm::Constant *> cpus;
  for (const ProgramCode &code : program.codes)
    cpus.push_back(string(getCpuPathName(code.path)));
  llvm::Constant *none = llvm::ConstantPointerNull::get(pointer);
  auto *initial = llvm::ConstantStruct::getAnon(
      *context, {info(cpus, none, program.workspaceBytes), codes(), weights(weightsPath), builder.getInt32(0)});
  auto *model = new llvm::GlobalVariable(*module, initial->getType(), false, llvm::GlobalValue::InternalLinkage,
                                         initial, program.name + "__model");
  entryPoints(model, "quant_opt_model", program.workspaceBytes);
  profiledEntryPoints(model);
  if (!program.observedEdges.empty())
    observedEntryPoints(model);
  StringRef runtime(quant_opt_embedded_runtime, quant_opt_embedded_runtime_end - quant_opt_embedded_runtime);
  if (llvm::Error error = addRuntime(runtime))
    return error;
  return OwnedModule{std::move(context), std::move(module)};
}

/// What a library defines for others.
static std::vector<std::string> getExports(const Program &program) {
  std::vector<std::string> names;
  for (StringRef suffix : {"_run", "_workspace_bytes", "_info", "_run_profiled", "_steps"})
    names.push_back(program.name + suffix.str());
  if (!program.observedEdges.empty())
    names.insert(names.end(), {program.name + "_run_observed", program.name + "_observed_edges"});
  return names;
}

llvm::Expected<MachineCode> qnn::compileProgram(Program &program, unsigned threads) {
  struct Part {
    size_t path;
    OwnedModule module;
    llvm::SmallVector<char, 0> object;
    std::string message;
  };
  std::vector<Part> parts;
  for (auto [path, code] : llvm::enumerate(program.codes)) {
    if (llvm::Error error = checkSteps(code))
      return error;
    for (OwningOpRef<ModuleOp> &split : splitCode(std::move(code.module))) {
      llvm::Expected<OwnedModule> module = translateCode(*split, code, getStepPrefix(program, code.path));
      if (!module)
        return module.takeError();
      parts.push_back({path, std::move(*module), {}, {}});
    }
  }
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(threads));
  for (Part &part : parts)
    pool.async([&part, path = program.codes[part.path].path] {
      OwnedModule owned = std::move(part.module);
      auto compile = [&]() -> llvm::Error {
        if (llvm::Error error = optimize(*owned.module, path))
          return error;
        llvm::Expected<llvm::SmallVector<char, 0>> object = compileToObject(*owned.module, path);
        if (!object)
          return object.takeError();
        part.object = std::move(*object);
        return llvm::Error::success();
      };
      if (llvm::Error error = compile())
        part.message = llvm::toString(std::move(error));
    });
  pool.wait();
  MachineCode code;
  code.objects.resize(program.codes.size());
  for (Part &part : parts) {
    if (!part.message.empty())
      return makeToolError(ExitCode::Internal, part.message);
    code.objects[part.path].push_back(std::move(part.object));
  }
  return code;
}

llvm::Expected<std::vector<char>> qnn::linkArtifact(Program &program, MachineCode code, const EmitOptions &options) {
  llvm::Expected<MemoryFile> weights = MemoryFile::create(program.weights);
  if (!weights)
    return weights.takeError();
  llvm::Expected<OwnedModule> tables = TableBuilder(program, options).build(weights->getPath());
  if (!tables)
    return tables.takeError();
  // From now on they are read from the file.
  const size_t weightsBytes = std::exchange(program.weights, {}).size();
  llvm::Expected<llvm::SmallVector<char, 0>> object = compileToObject(*tables->module, CpuPath::X86_64, weightsBytes);
  if (!object)
    return object.takeError();
  std::vector<llvm::SmallVector<char, 0>> objects;
  for (std::vector<llvm::SmallVector<char, 0>> &path : code.objects)
    llvm::move(path, std::back_inserter(objects));
  objects.push_back(std::move(*object));
  if (options.kind == ArtifactKind::Object)
    return linkObject(std::move(objects));
  return linkShared(std::move(objects), getExports(program), options.soname);
}

llvm::Expected<std::vector<char>> qnn::emitArtifact(Program &program, const EmitOptions &options) {
  llvm::Expected<MachineCode> code = compileProgram(program, options.threads);
  if (!code)
    return code.takeError();
  return linkArtifact(program, std::move(*code), options);
}

llvm::Expected<std::string> qnn::emitLLVMText(Program &program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (ProgramCode &code : program.codes) {
    if (llvm::Error error = checkSteps(code))
      return error;
    llvm::Expected<OwnedModule> module = translateCode(*code.module, code, getStepPrefix(program, code.path));
    if (!module)
      return module.takeError();
    if (llvm::Error error = optimize(*module->module, code.path))
      return error;
    os << "; CPU path " << getCpuPathName(code.path) << "\n" << *module->module << "\n";
  }
  return text;
}
