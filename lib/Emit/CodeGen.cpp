//===- CodeGen.cpp - From one path's LLVM dialect to machine code ------------------------------------------------===//
#include "CodeGen.h"

#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/Identifiers.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Triple.h"
#include <mutex>

using namespace mlir;
using namespace mlir::qnn;

/// Written out, so that artifacts do not depend on how LLVM was configured.
static constexpr llvm::StringLiteral kTriple = "x86_64-pc-linux-gnu";

static void initializeTarget() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
  });
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> qnn::createTargetMachine(StringRef tripleName, StringRef cpu,
                                                                              StringRef features,
                                                                              std::optional<llvm::Reloc::Model> model) {
  llvm::Triple triple(tripleName);
  std::string message;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return makeToolError(ExitCode::Internal, message);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  options.UseInitArray = true;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, cpu, features, options, model, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  if (!machine)
    return makeToolError(ExitCode::Internal, "LLVM has no code generator for " + tripleName);
  return machine;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> qnn::createTargetMachine(CpuPath path) {
  initializeTarget();
  return createTargetMachine(kTriple, "x86-64", getCpuFeatures(path), llvm::Reloc::PIC_);
}

/// Scheduling follows the microarchitecture level, which names no CPU model.
static StringRef getTuning(CpuPath path) {
  switch (getVectorBits(path)) {
  case 512:
    return "x86-64-v4";
  case 256:
    return "x86-64-v3";
  default:
    return "generic";
  }
}

std::string qnn::addPrefix(StringRef prefix, StringRef symbol) {
  return symbol.starts_with(prefix) ? symbol.str() : (prefix + symbol).str();
}

std::string qnn::getStepPrefix(const Program &program, CpuPath path) {
  return program.name + "_" + makeIdentifier(getCpuPathName(path)) + "_";
}

llvm::Error qnn::checkSteps(ProgramCode &code) {
  for (const ProgramStep &step : code.steps) {
    auto function = code.module->lookupSymbol<LLVM::LLVMFuncOp>(step.symbol);
    if (!function || function.isExternal() || function.getNumArguments() != 3)
      return makeToolError(ExitCode::Internal, "path " + getCpuPathName(code.path) + " has no step function \"" +
                                                   step.symbol + "\" of three arguments");
  }
  return llvm::Error::success();
}

llvm::Expected<OwnedModule> qnn::translateCode(ModuleOp part, const ProgramCode &code, StringRef prefix) {
  MLIRContext *mlirContext = part.getContext();
  registerBuiltinDialectTranslation(*mlirContext);
  registerLLVMDialectTranslation(*mlirContext);
  OwnedModule owned;
  owned.context = std::make_unique<llvm::LLVMContext>();
  owned.module = translateModuleToLLVMIR(part, *owned.context, "quant-opt");
  if (!owned.module)
    return makeToolError(ExitCode::Internal, "the lowered module of path " + getCpuPathName(code.path) +
                                                 " cannot be translated to LLVM IR");
  llvm::Module &module = *owned.module;
  module.setSourceFileName("quant-opt");
  llvm::StringSet<> steps;
  for (const ProgramStep &step : code.steps)
    steps.insert(step.symbol);
  std::string preferredWidth = std::to_string(getVectorBits(code.path));
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    bool isStep = steps.contains(function.getName());
    function.setLinkage(isStep ? llvm::GlobalValue::ExternalLinkage : llvm::GlobalValue::InternalLinkage);
    function.setDSOLocal(true);
    function.addFnAttr("target-cpu", "x86-64");
    function.addFnAttr("tune-cpu", getTuning(code.path));
    if (StringRef features = getCpuFeatures(code.path); !features.empty())
      function.addFnAttr("target-features", features);
    function.addFnAttr("prefer-vector-width", preferredWidth);
    function.addFnAttr(llvm::Attribute::NoUnwind);
    // Frames and buffers come from the caller; nothing here unwinds, so no table is needed.
    function.setUWTableKind(llvm::UWTableKind::None);
    if (isStep && !prefix.empty()) {
      function.setVisibility(llvm::GlobalValue::HiddenVisibility);
      function.setName(addPrefix(prefix, function.getName()));
    }
  }
  for (llvm::GlobalVariable &global : module.globals())
    if (!global.isDeclaration())
      global.setLinkage(llvm::GlobalValue::InternalLinkage);
  return owned;
}

/// Aligns the stack of functions on wide vectors. A register that is kept there straddles two cache lines otherwise, by
/// the luck of where the caller's stack stands: by then LLVM has no register left to align it by.
static void alignStacks(llvm::Module &module, unsigned vectorBits) {
  auto isWide = [](const llvm::Instruction &instruction) {
    return instruction.getType()->isVectorTy() && instruction.getType()->getPrimitiveSizeInBits() > 128;
  };
  for (llvm::Function &function : module)
    if (llvm::any_of(llvm::instructions(function), isWide))
      function.addFnAttr(
          llvm::Attribute::getWithStackAlignment(module.getContext(), llvm::Align(std::max(vectorBits / 8, 16u))));
}

llvm::Error qnn::optimize(llvm::Module &module, CpuPath path) {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = createTargetMachine(path);
  if (!machine)
    return machine.takeError();
  module.setTargetTriple(llvm::Triple(kTriple));
  module.setDataLayout((*machine)->createDataLayout());

  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = true;
  // Kernels are vectors already and loops are the loop vectorizer's. LLVM 22's straight-line vectorizer never ends on
  // some tails of grouped convolutions (test/Regression/grouped-six-channels.mlir).
  tuning.SLPVectorization = false;
  llvm::PassBuilder builder(machine->get(), tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
  alignStacks(module, getVectorBits(path));
  return llvm::Error::success();
}

llvm::Expected<llvm::SmallVector<char, 0>> qnn::compileToObject(llvm::Module &module, CpuPath path, size_t dataBytes) {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = createTargetMachine(path);
  if (!machine)
    return machine.takeError();
  module.setTargetTriple(llvm::Triple(kTriple));
  module.setDataLayout((*machine)->createDataLayout());
  llvm::SmallVector<char, 0> object;
  // Growing would hold all of it twice.
  if (dataBytes)
    object.reserve(dataBytes + (1 << 16));
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile))
    return makeToolError(ExitCode::Internal, "LLVM cannot emit an object file");
  passes.run(module);
  return object;
}
