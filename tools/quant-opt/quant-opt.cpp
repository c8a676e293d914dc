//===- quant-opt.cpp - mlir-opt with the quantization dialects, passes and pipelines, for untrusted input --------===//
#include "ErrorFilter.h"

#include "quant-opt/Pipelines/RegisterAll.h"
#include "quant-opt/Support/AtomicFile.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/GuardedParser.h"
#include "quant-opt/Support/Version.h"

#include "mlir/Debug/Counter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Support/Timing.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace mlir::qnn;

static constexpr llvm::StringLiteral kBytecodeMagic = "ML\xEFR";

static constexpr llvm::StringLiteral kHelp =
    R"(mlir-opt with the dialects, passes and pipelines of quant-opt. Reads MLIR text or bytecode.

usage: quant-opt [FILE] [options] [passes]

Input and output
  -o FILE                             receives the result, whole or not at all (standard output)
  --emit-bytecode                     write bytecode instead of text
  --split-input-file                  treat parts between "// -----" as files of their own
  --verify-diagnostics                check diagnostics against "expected-error" comments
Looking inside
  --mlir-print-ir-after-all           print the IR after each pass (also -before-all, -after-change)
  --mlir-print-debuginfo              print locations (by default if the input's locations hold node names)
  --mlir-elide-elementsattrs-if-larger=N
                                      leave out the contents of large constants
  --mlir-timing, --mlir-pass-statistics
                                      what each pass took and did
  --help-hidden                       every option of mlir-opt; --list-passes every pass
  --version                           which quant-opt this is

)";

/// The stock options, with the names of `mlir-opt`.
static void registerOptions(DialectRegistry &registry) {
  MlirOptMainConfig::registerCLOptions(registry);
  registerAsmPrinterCLOptions();
  registerMLIRContextCLOptions();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  tracing::DebugCounter::registerCLOptions();
}

/// `argv` with IR kept out of diagnostics unless the user asks for it.
static SmallVector<const char *> makeArguments(int argc, char **argv) {
  SmallVector<const char *> arguments(argv, argv + argc);
  constexpr llvm::StringLiteral option = "mlir-print-op-on-diagnostic";
  if (llvm::none_of(arguments, [&](StringRef argument) { return argument.contains(option); }))
    arguments.push_back("--mlir-print-op-on-diagnostic=false");
  return arguments;
}

static void printHelp() {
  llvm::outs() << kHelp << "Pipelines:\n";
  registerQnnPasses();
  // The registry lists passes only.
  for (StringRef name : {"quantize-static", "calibrate", "qnn-normalize", "lower-to-x86"})
    if (const PassPipelineInfo *pipeline = PassPipelineInfo::lookup(name))
      pipeline->printHelpStr(/*indent=*/2, /*descIndent=*/38);
  printRegisteredPasses();
}

/// Whether locations in the file hold names, as those of imported models do; a place in a file is no name.
static bool hasNodeNames(llvm::MemoryBufferRef buffer, DialectRegistry &registry) {
  StringRef text = buffer.getBuffer();
  if (!text.starts_with(kBytecodeMagic)) {
    for (size_t at = text.find("loc(\""); at != StringRef::npos; at = text.find("loc(\"", at + 1)) {
      size_t end = text.find('"', at + 5);
      if (end != StringRef::npos && (text.substr(end + 1).starts_with(")") || text.substr(end + 1).starts_with("(")))
        return true;
    }
    return false;
  }
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler silence(&context, [](Diagnostic &) { return success(); });
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBuffer(buffer), llvm::SMLoc());
  OwningOpRef<Operation *> module = parseSourceFile(sources, ParserConfig(&context));
  return module && module
                       ->walk([](Operation *op) {
                         return op->getLoc()->findInstanceOf<NameLoc>() ? WalkResult::interrupt()
                                                                        : WalkResult::advance();
                       })
                       .wasInterrupted();
}

/// Makes the printer keep locations unless the user has decided.
static void printLocations() {
  llvm::cl::Option *option = llvm::cl::getRegisteredOptions().lookup("mlir-print-debuginfo");
  if (option && option->getNumOccurrences() == 0)
    option->addOccurrence(0, "mlir-print-debuginfo", "true");
}

static int fail(llvm::Error error) { return static_cast<int>(reportError("quant-opt", std::move(error))); }

/// What the stock parser of options printed, as a usage error of this tool.
static int failUsage(StringRef text) {
  SmallVector<StringRef> lines;
  text.trim().split(lines, '\n');
  std::string message;
  for (StringRef line : lines) {
    line.consume_front("quant-opt: ");
    if (line.consume_front("Did you mean "))
      message += ", did you mean " + line.str();
    else
      message += (message.empty() ? "" : "\n  ") + line.split("  Try: ").first.rtrim(". ").str();
  }
  if (!message.empty())
    message[0] = llvm::toLower(message[0]);
  return fail(makeToolError(ExitCode::Usage, message + "\n  see quant-opt --help"));
}

static int runTool(int argc, char **argv) {
  for (StringRef argument : ArrayRef(argv, argc).drop_front()) {
    if (argument == "--help" || argument == "-help" || argument == "-h") {
      printHelp();
      return 0;
    }
    if (argument == "--version" || argument == "-version") {
      llvm::outs() << "quant-opt " << getVersion() << "\n";
      return 0;
    }
  }
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllPasses();
  registerOptions(registry);
  llvm::cl::opt<std::string> input(llvm::cl::Positional, llvm::cl::desc("<input file>"), llvm::cl::init("-"));
  llvm::cl::opt<std::string> output("o", llvm::cl::desc("output file"), llvm::cl::value_desc("file"),
                                    llvm::cl::init("-"));
  std::string problems;
  llvm::raw_string_ostream problemStream(problems);
  SmallVector<const char *> arguments = makeArguments(argc, argv);
  if (!llvm::cl::ParseCommandLineOptions(arguments.size(), arguments.data(), "quant-opt\n", &problemStream))
    return failUsage(problems);

  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects()) {
    for (StringRef name : registry.getDialectNames())
      llvm::outs() << name << "\n";
    return 0;
  }
  if (config.shouldListPasses()) {
    printRegisteredPasses();
    return 0;
  }
  {
    // A wrong option of a pass is a matter of usage, which shows before any input is read.
    MLIRContext context(registry, MLIRContext::Threading::DISABLED);
    DiagnosticPrinter printer(&context, "quant-opt", "command line", /*showRemarks=*/false);
    PassManager manager(&context);
    if (failed(config.setupPassPipeline(manager)))
      return fail(makeToolError(
          ExitCode::Usage, "a pass on the command line, or an option of it, does not exist\n  see quant-opt --help"));
  }

  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = readInputFile(input);
  if (!buffer)
    return fail(buffer.takeError());
  if (llvm::Error error = checkNesting((*buffer)->getBuffer(), input))
    return fail(std::move(error));
  llvm::Expected<AtomicFile> file = AtomicFile::create(output);
  if (!file)
    return fail(file.takeError());
  // The pipeline is set up after parsing: a crash from there on is not the input's fault alone.
  MlirOptMainConfig guarded = config;
  guarded.setPassPipelineSetupFn([&](PassManager &manager) {
    setUntrustedParse(nullptr);
    return config.setupPassPipeline(manager);
  });
  setUntrustedParse(input.c_str());
  if (hasNodeNames(**buffer, registry))
    printLocations();
  {
    ErrorFilter filter;
    if (failed(MlirOptMain(file->os(), std::move(*buffer), registry, guarded)))
      return static_cast<int>(ExitCode::BadInput);
  }
  if (llvm::Error error = file->commit())
    return fail(std::move(error));
  return 0;
}

int main(int argc, char **argv) {
  return runGuarded("quant-opt", [&] { return runTool(argc, argv); });
}
