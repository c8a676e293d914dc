//===- quant-run.cpp - Runs a compiled model on arrays, compares and measures it ---------------------------------===//
#include "Benchmark.h"
#include "Compare.h"
#include "Profile.h"
#include "Samples.h"

#include "quant-opt/Support/CommandLine.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/ProgressBar.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {
struct RunOptions {
  std::vector<std::string> libraries;
  std::string inputs, outputs, compare, profileJson;
  int64_t threads = 1;
  bool benchmark = false, profile = false, info = false;
  double seconds = 1;
  CompareGates gates;
};
} // namespace

static void printTensors(StringRef kind, ArrayRef<ModelTensor> tensors) {
  for (const ModelTensor &tensor : tensors)
    llvm::outs() << kind << " \"" << escapeText(tensor.name) << "\": " << describeTensor(tensor.type, tensor.shape)
                 << "\n";
}

static void printInfo(const CompiledModel &model) {
  const quant_opt_model_info &info = model.getInfo();
  llvm::outs() << "model " << info.name << ", made by " << escapeText(info.producer) << "\n";
  printTensors("input", model.getInputs());
  printTensors("output", model.getOutputs());
  llvm::outs() << "CPU paths:";
  for (StringRef cpu : ArrayRef(info.cpus, info.num_cpus))
    llvm::outs() << " " << cpu << (info.cpu && cpu == info.cpu ? " (chosen)" : "");
  llvm::outs() << "\nworkspace: " << info.workspace_bytes << " bytes\nsource: sha256 " << escapeText(info.source_hash)
               << "\nweights: sha256 " << escapeText(info.weights_hash) << "\n";
}

static llvm::Error runSamples(CompiledModel &model, const RunOptions &options) {
  llvm::Expected<SampleReader> reader = SampleReader::open(options.inputs, model);
  if (!reader)
    return reader.takeError();
  OutputCollector outputs(model, *reader);
  {
    ProgressBar progress("running", reader->getNumRuns());
    for (int64_t i = 0; i < reader->getNumRuns(); ++i) {
      if (llvm::Error error = reader->next())
        return error;
      if (llvm::Error error = model.run(options.threads))
        return error;
      outputs.take();
      progress.update(i + 1);
    }
  }
  if (!options.outputs.empty())
    if (llvm::Error error = writeNpz(options.outputs, outputs.getArrays()))
      return error;
  if (!options.compare.empty())
    return compareOutputs(outputs.getArrays(), options.compare, options.gates);
  return llvm::Error::success();
}

static llvm::Error compareWithBuild(CompiledModel &model, const RunOptions &options) {
  if (!options.outputs.empty())
    return makeToolError(ExitCode::Usage,
                         "--outputs cannot be written while two builds are compared\n  see quant-run --help");
  llvm::Expected<std::unique_ptr<CompiledModel>> expected = CompiledModel::load(options.compare);
  if (!expected)
    return expected.takeError();
  return compareBuilds({model, **expected, options.libraries[0], options.compare}, options.inputs, options.threads,
                       options.gates);
}

static llvm::Error runTool(const RunOptions &options) {
  llvm::Expected<std::unique_ptr<CompiledModel>> model = CompiledModel::load(options.libraries[0]);
  if (!model)
    return model.takeError();
  if (options.info)
    printInfo(**model);
  const bool comparesBuilds = !options.compare.empty() && isLibrary(options.compare);
  if (options.inputs.empty())
    fillSyntheticInputs(**model);
  else if (llvm::Error error = comparesBuilds ? compareWithBuild(**model, options) : runSamples(**model, options))
    return error;
  if (options.benchmark)
    if (llvm::Error error = benchmarkModel(**model, options.threads, options.seconds))
      return error;
  if (options.profile)
    return profileModel(**model, options.threads, options.seconds, options.profileJson);
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  installCrashHandlers("quant-run");
  RunOptions options;
  CommandLine commandLine("quant-run", "quant-run MODEL.so [options]",
                          "Runs a compiled model, compares and measures it.");
  commandLine.group("Data");
  commandLine.value("inputs", "FILE.npz", options.inputs, "arrays named as the model's inputs, leading axis = samples");
  commandLine.value("outputs", "FILE.npz", options.outputs, "receives arrays named as the model's outputs");
  commandLine.group("Comparison");
  commandLine.value(
      "compare", "FILE", options.compare,
      "expected outputs (.npz), or another build of the model (.so): prints SQNR, max error, equal values");
  commandLine.number("min-sqnr", options.gates.minSqnr, -1000, 1000, "fail (3) if an output's SQNR in dB is below");
  commandLine.number("max-error", options.gates.maxError, 0, 1e300, "fail (3) if an output's largest error is above");
  commandLine.flag("bit-exact", options.gates.bitExact, "fail (3) if an output differs in any bit");
  commandLine.group("Running");
  commandLine.integer("threads", options.threads, 1, 1024, "threads of each run (1)");
  commandLine.flag("benchmark", options.benchmark, "print the latency's median and spread, on the last sample if any");
  commandLine.flagOrValue("profile", "FILE.json", options.profile, options.profileJson,
                          "print the time of each step, on the last sample if any; write them to a file");
  commandLine.number("seconds", options.seconds, 0, 3600, "how long to measure (1)");
  commandLine.flag("info", options.info, "print what the library holds");
  commandLine.group(
      "Environment\n  QUANT_OPT_CPU=PATH                forces avx512bf16, avx512vbmi, avx512vnni, avxvnni, "
      "avx512, avx2 or x86-64");
  commandLine.positional(options.libraries, 1);
  llvm::Expected<bool> done = commandLine.parse(argc, argv);
  if (!done)
    return static_cast<int>(reportError("quant-run", done.takeError()));
  if (*done)
    return 0;
  auto usage = [](const char *message) {
    return static_cast<int>(
        reportError("quant-run", makeToolError(ExitCode::Usage, Twine(message) + "\n  see quant-run --help")));
  };
  if (options.libraries.empty())
    return usage("no library given");
  if (options.inputs.empty() && !options.benchmark && !options.profile && !options.info)
    return usage("nothing to do: give --inputs, --benchmark, --profile or --info");
  if (options.inputs.empty() && (!options.outputs.empty() || !options.compare.empty()))
    return usage("--outputs and --compare need --inputs");
  if (llvm::Error error = runTool(options))
    return static_cast<int>(reportError("quant-run", std::move(error)));
  return 0;
}
