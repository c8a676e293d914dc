//===- Compile.cpp - From a model file to the form asked for -----------------------------------------------------===//
#include "Compile.h"

#include "quant-opt/Emit/Artifact.h"
#include "quant-opt/Import/Onnx/Importer.h"
#include "quant-opt/Pipelines/LowerToNvptx.h"
#include "quant-opt/Pipelines/LowerToX86.h"
#include "quant-opt/Pipelines/QuantizeStatic.h"
#include "quant-opt/Pipelines/RegisterAll.h"
#include "quant-opt/Refine/AccuracyGoal.h"
#include "quant-opt/Support/AtomicFile.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/GuardedParser.h"
#include "quant-opt/Support/Identifiers.h"
#include "quant-opt/Support/Sha256.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qnn;

char DiagnosedError::ID;

static llvm::Error diagnosed() { return llvm::make_error<DiagnosedError>(); }

/// MLIR by its extension or its bytecode magic, else ONNX.
static bool isMlir(StringRef path, StringRef contents) {
  StringRef extension = llvm::sys::path::extension(path);
  return extension == ".mlir" || extension == ".mlirbc" || contents.starts_with("ML\xEFR");
}

namespace {

/// One compilation: the module as it goes through the stages.
class Compilation {
public:
  explicit Compilation(const CompileOptions &options)
      : options(options), context(makeRegistry()), printer(&context, "quant-compile", options.model, options.remarks) {}

  llvm::Error run();

private:
  static DialectRegistry makeRegistry();
  llvm::Error enableRemarks();
  llvm::Error load();
  llvm::Error runPipeline(function_ref<void(OpPassManager &)> build);
  llvm::Error writeModule();
  std::string getProgramName() const;
  bool checksArtifact() const;
  llvm::Error writeArtifact(AccuracyReport &report);
  llvm::Error writeGpuArtifact();
  llvm::Error writeLibrary(ArrayRef<char> bytes, const Program &program, bool executable);

  const CompileOptions &options;
  MLIRContext context;
  DiagnosticPrinter printer;
  OwningOpRef<ModuleOp> module;
  std::string sourceHash;
};

} // namespace

DialectRegistry Compilation::makeRegistry() {
  DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

llvm::Error Compilation::enableRemarks() {
  if (!options.remarks)
    return llvm::Error::success();
  remark::RemarkCategories categories;
  // Each kind has to be asked for; `all` only adds to what is.
  categories.passed = categories.missed = categories.analysis = categories.failed = "qnn";
  if (failed(remark::enableOptimizationRemarks(context, /*streamer=*/nullptr,
                                               std::make_unique<remark::RemarkEmittingPolicyAll>(), categories,
                                               /*printAsEmitRemarks=*/true)))
    return makeToolError(ExitCode::Internal, "remarks cannot be enabled");
  return llvm::Error::success();
}

llvm::Error Compilation::load() {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = readInputFile(options.model);
  if (!buffer)
    return buffer.takeError();
  StringRef contents = (*buffer)->getBuffer();
  if (isMlir(options.model, contents)) {
    sourceHash = Sha256::hash(contents);
    if (llvm::Error error = checkNesting(contents, options.model))
      return error;
    module = parseModuleGuarded(std::move(*buffer), options.model, &context);
  } else {
    ImportOptions import;
    import.dims = options.dims;
    import.name = options.name;
    module = importOnnx(options.model, import, &context);
    if (module)
      if (auto hash = (*module)->getAttrOfType<StringAttr>("qnn.model_hash"))
        sourceHash = hash.str();
  }
  return module ? llvm::Error::success() : diagnosed();
}

llvm::Error Compilation::runPipeline(function_ref<void(OpPassManager &)> build) {
  PassManager manager(&context);
  build(manager);
  return failed(manager.run(*module)) ? diagnosed() : llvm::Error::success();
}

llvm::Error Compilation::writeModule() {
  llvm::Expected<AtomicFile> file = AtomicFile::create(options.output);
  if (!file)
    return file.takeError();
  OpPrintingFlags flags;
  flags.enableDebugInfo();
  module->print(file->os(), flags);
  return file->commit();
}

std::string Compilation::getProgramName() const {
  StringRef stem = llvm::sys::path::stem(options.output == "-" ? options.model : options.output);
  return makeIdentifier(options.name.empty() ? stem : StringRef(options.name));
}

llvm::Error Compilation::writeGpuArtifact() {
  GpuProgram program;
  LowerGpuOptions lower;
  lower.chip = *options.gpu;
  lower.emulate = options.emit == EmitKind::Emulation;
  lower.tensorCores = options.tensorCores == "on";
  if (failed(lowerToGpuProgram(*module, lower, program)))
    return diagnosed();
  program.model.name = getProgramName();
  if (options.emit == EmitKind::Ptx) {
    llvm::Expected<std::string> text = emitPtx(program);
    return text ? writeFileAtomically(options.output, *text) : text.takeError();
  }
  EmitOptions emit;
  emit.kind = options.emit == EmitKind::Object ? ArtifactKind::Object : ArtifactKind::Shared;
  emit.sourceHash = sourceHash;
  emit.soname = llvm::sys::path::filename(options.output).str();
  llvm::Expected<std::vector<char>> bytes =
      lower.emulate ? emitEmulation(program, emit) : emitGpuArtifact(program, emit);
  if (!bytes)
    return bytes.takeError();
  if (!lower.emulate)
    return writeLibrary(*bytes, program.model, emit.kind == ArtifactKind::Shared);
  llvm::Expected<AtomicFile> library = AtomicFile::create(options.output);
  if (!library)
    return library.takeError();
  library->os() << StringRef(bytes->data(), bytes->size());
  return library->commit(/*executable=*/true);
}

/// Whether the artifact holds code that this machine can run, and that is compiled once for both.
bool Compilation::checksArtifact() const {
  const bool isCode = options.emit == EmitKind::Shared || options.emit == EmitKind::Object;
  return isCode && !options.gpu && llvm::any_of(options.paths, hostSupports);
}

llvm::Error Compilation::writeArtifact(AccuracyReport &report) {
  if (options.gpu)
    return writeGpuArtifact();
  Program program;
  LowerOptions lower;
  lower.paths = options.paths;
  lower.releaseConstants = true;
  if (failed(lowerToProgram(*module, lower, program)))
    return diagnosed();
  program.name = getProgramName();
  if (options.emit == EmitKind::Llvm) {
    llvm::Expected<std::string> text = emitLLVMText(program);
    return text ? writeFileAtomically(options.output, *text) : text.takeError();
  }

  EmitOptions emit;
  emit.kind = options.emit == EmitKind::Object ? ArtifactKind::Object : ArtifactKind::Shared;
  emit.sourceHash = sourceHash;
  emit.soname = llvm::sys::path::filename(options.output).str();
  llvm::Expected<MachineCode> code = compileProgram(program, emit.threads);
  if (!code)
    return code.takeError();
  if (checksArtifact() && report.gate) {
    llvm::Expected<std::unique_ptr<ObservedModel>> model = loadObserved(program, *code);
    if (!model)
      return model.takeError();
    if (llvm::Error error = checkAccuracy(module->getLoc(), **model, report))
      return error;
  }
  llvm::Expected<std::vector<char>> bytes = linkArtifact(program, std::move(*code), emit);
  if (!bytes)
    return bytes.takeError();
  return writeLibrary(*bytes, program, emit.kind == ArtifactKind::Shared);
}

llvm::Error Compilation::writeLibrary(ArrayRef<char> bytes, const Program &program, bool executable) {
  // Both files are written before either replaces what stands in its place.
  llvm::Expected<AtomicFile> library = AtomicFile::create(options.output);
  if (!library)
    return library.takeError();
  library->os() << StringRef(bytes.data(), bytes.size());
  if (options.output != "-") {
    SmallString<128> headerPath(options.output);
    llvm::sys::path::replace_extension(headerPath, "h");
    if (llvm::Error error = writeFileAtomically(headerPath, emitHeader(program)))
      return error;
  }
  return library->commit(executable);
}

static Step getStep(StringRef word) { return word == "on" ? Step::On : word == "off" ? Step::Off : Step::Auto; }

/// The options of the pipelines, which share their defaults with those of this tool.
static void setPipelineOptions(const QuantizeOptions &from, QuantizeStaticOptions &to) {
  to.data = from.calibrationData;
  to.method = from.method;
  to.percentile = from.percentile;
  to.maxSamples = from.maxSamples;
  to.seed = from.seed;
  to.ranges = from.ranges;
  to.report = from.report;
  to.rangesOut = from.rangesOut;
  to.resume = from.resume;
  for (const std::string &table : from.merge)
    to.merge.push_back(table);
  for (const std::string &node : from.exclude)
    to.exclude.push_back(node);
  for (const std::string &layer : from.layers)
    to.layers.push_back(layer);
  to.equalize = from.equalize == "on";
  to.smooth = getStep(from.smooth);
  to.roundFunctions = from.roundFunctions == "on";
  to.symmetric = from.activationScheme == "symmetric";
  to.activationType = from.activationType == "i8" ? ActivationType::I8 : ActivationType::U8;
  to.activationScheme =
      from.activationScheme == "symmetric" ? ActivationScheme::Symmetric : ActivationScheme::Asymmetric;
  to.weightScheme = from.weightScheme == "per-tensor" ? WeightScheme::PerTensor : WeightScheme::PerChannel;
  to.weightBits = from.weightBits == "4" ? 4 : 8;
  to.accuracy = from.accuracy == "best" ? Accuracy::Best : Accuracy::Default;
  to.correctBias = getStep(from.correctBias);
  to.chooseRanges = from.chooseRanges;
  to.roundWeights = getStep(from.roundWeights);
  to.minSqnr = from.minSqnr;
  to.maxMetricDrop = from.maxMetricDrop;
  to.labels = from.labels;
  to.metricCommand = from.metricCommand;
}

/// Says how accurate the model is; an error if it is not what was asked for. It is written all the same.
static llvm::Error reportAccuracy(const AccuracyReport &report, bool isExplicit) {
  const std::optional<AccuracyMeasurement> &measured = report.measured ? report.measured : report.simulated;
  if (!report.gate || !measured)
    return llvm::Error::success();
  const std::string text = report.gate->describe(*measured) + " on " + report.gate->describeSamples();
  llvm::errs() << "quant-compile: accuracy of the outputs" << (report.measured ? "" : ", simulated") << ": " << text
               << "\n";
  if (report.isReached || !isExplicit)
    return llvm::Error::success();
  return makeToolError(ExitCode::AccuracyGate,
                       "the accuracy asked for cannot be reached; the best that was found has " + text +
                           ", and is written");
}

llvm::Error Compilation::run() {
  if (llvm::Error error = enableRemarks())
    return error;
  if (llvm::Error error = load())
    return error;
  if (options.emit == EmitKind::Mlir)
    return writeModule();
  QuantizeStaticOptions quantize;
  setPipelineOptions(options.quantize, quantize);
  quantize.observe = options.observeLayers;
  quantize.ownsConstants = true;
  quantize.checksLater = checksArtifact();
  if (options.emit == EmitKind::Ranges) {
    quantize.rangesOut = options.output;
    return runPipeline([&](OpPassManager &manager) { buildCalibratePipeline(manager, quantize); });
  }
  auto report = std::make_shared<AccuracyReport>();
  if (llvm::Error error = runPipeline([&](OpPassManager &manager) {
        if (!options.quantize.enabled && options.observeLayers)
          buildObservedFloatPipeline(manager, quantize.equalize);
        else if (!options.quantize.enabled)
          buildCompileAsIsPipeline(manager, /*ownsConstants=*/true);
        else if (options.emit == EmitKind::Qdq)
          buildQuantizeToQdqPipeline(manager, quantize, report);
        else
          buildQuantizeStaticPipeline(manager, quantize, report);
      }))
    return error;
  const bool isForm = options.emit == EmitKind::Qdq || options.emit == EmitKind::Integer;
  if (llvm::Error error = isForm ? writeModule() : writeArtifact(*report))
    return error;
  return reportAccuracy(*report, quantize.hasExplicitGoal());
}

llvm::Error qnn::compileModel(const CompileOptions &options) { return Compilation(options).run(); }
