//===- Ptx.cpp - From a GPU's kernels to PTX and cubins ----------------------------------------------------------===//
#include "CodeGen.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Emit/GpuProgram.h"
#include "quant-opt/Support/Diagnostics.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Triple.h"
#include <mutex>

using namespace mlir;
using namespace mlir::qnn;

static constexpr llvm::StringLiteral kTriple = "nvptx64-nvidia-cuda";

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createGpuMachine(GpuChip chip) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  return createTargetMachine(kTriple, chip.getName(), chip.getFeatures(), std::nullopt);
}

static void optimizeForGpu(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization = false;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

/// How each kernel is launched, for programs that do so by themselves.
static void describeLaunches(const GpuProgram &program, raw_ostream &os) {
  os << "// model " << program.model.name << ": workspace " << program.model.workspaceBytes << " bytes, weights "
     << program.model.weights.size() << " bytes\n";
  for (const GpuLaunch &launch : program.launches) {
    os << "// launch " << launch.kernel << " grid " << launch.grid << " block " << launch.block << " count "
       << launch.count << " buffers";
    for (const GpuBuffer &buffer : launch.buffers)
      os << " " << stringifyBufferKind(static_cast<BufferKind>(buffer.kind)) << ":" << buffer.position;
    os << " layer \"" << escapeText(launch.layer) << "\"\n";
  }
}

llvm::Expected<std::string> qnn::emitPtx(GpuProgram &program) {
  MLIRContext *mlirContext = program.module->getContext();
  registerBuiltinDialectTranslation(*mlirContext);
  registerLLVMDialectTranslation(*mlirContext);
  registerNVVMDialectTranslation(*mlirContext);
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = createGpuMachine(program.chip);
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(*program.module, context, "quant-opt");
  if (!module)
    return makeToolError(ExitCode::Internal, "the kernels cannot be translated to LLVM IR");
  module->setSourceFileName("quant-opt");
  module->setTargetTriple(llvm::Triple(kTriple));
  module->setDataLayout((*machine)->createDataLayout());
  optimizeForGpu(*module, **machine);

  llvm::SmallVector<char, 0> text;
  llvm::raw_svector_ostream stream(text);
  describeLaunches(program, stream);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile))
    return makeToolError(ExitCode::Internal, "LLVM cannot emit PTX");
  passes.run(*module);
  return std::string(text.begin(), text.end());
}

llvm::Expected<std::vector<char>> qnn::assemblePtx(StringRef ptx, GpuChip chip) {
  llvm::ErrorOr<std::string> tool = llvm::sys::findProgramByName("ptxas");
  if (!tool)
    tool = llvm::sys::findProgramByName("ptxas", {"/usr/local/cuda/bin"});
  if (!tool)
    return std::vector<char>();
  SmallString<128> input, output, messages;
  std::error_code error;
  for (auto [path, suffix] : {std::pair(&input, "ptx"), std::pair(&output, "cubin"), std::pair(&messages, "txt")})
    if ((error = llvm::sys::fs::createTemporaryFile("quant-opt", suffix, *path)))
      return makeToolError(ExitCode::Limit, "cannot make a temporary file: " + error.message());
  llvm::scope_exit removeFiles([&] {
    for (StringRef path : {input, output, messages})
      llvm::sys::fs::remove(path);
  });
  {
    llvm::raw_fd_ostream stream(input, error);
    stream << ptx;
    stream.close();
    if (stream.has_error())
      return makeToolError(ExitCode::Limit, "cannot write a temporary file: " + stream.error().message());
  }
  std::string arch = "-arch=" + chip.getName();
  int status = llvm::sys::ExecuteAndWait(*tool, {*tool, arch, "-O3", input, "-o", output}, std::nullopt,
                                         {StringRef(""), StringRef(messages), StringRef(messages)});
  if (status != 0) {
    auto text = llvm::MemoryBuffer::getFile(messages);
    StringRef said = text ? (*text)->getBuffer() : StringRef();
    // Newer assemblers no longer know old chips; the driver still compiles the PTX for them.
    if (said.contains("is not defined for option"))
      return std::vector<char>();
    return makeToolError(ExitCode::Internal, *tool + " refuses the kernels: " + said.take_front(2000));
  }
  auto cubin = llvm::MemoryBuffer::getFile(output, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!cubin)
    return makeToolError(ExitCode::Internal, "cannot read what " + *tool + " wrote: " + cubin.getError().message());
  return std::vector<char>((*cubin)->getBufferStart(), (*cubin)->getBufferEnd());
}
