//===- quant-compile.cpp - From a model file to a library, or to a form on the way -------------------------------===//
#include "Compile.h"

#include "quant-opt/Dialect/Qnn/IR/Precision.h"
#include "quant-opt/Support/CommandLine.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/GuardedParser.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Path.h"
#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace mlir;
using namespace mlir::qnn;

static llvm::Error usageError(const Twine &message) {
  return makeToolError(ExitCode::Usage, message + "\n  see quant-compile --help");
}

/// The paths named in a list such as "host,x86-64-avx2", best first; or the one GPU.
static llvm::Expected<std::vector<CpuPath>> parseTargets(StringRef list, std::optional<GpuChip> &gpu) {
  std::vector<StringRef> known = {"all", "host"};
  std::map<std::string, GpuChip> chips;
  for (GpuChip chip : getAllGpuChips())
    chips["nvptx-" + chip.getName()] = chip;
  for (auto &entry : chips)
    known.push_back(entry.first);
  if (auto chip = chips.find(list.str()); chip != chips.end()) {
    gpu = chip->second;
    return std::vector<CpuPath>();
  }
  std::map<std::string, CpuPath> paths;
  for (CpuPath path : getAllCpuPaths()) {
    StringRef name = getCpuPathName(path);
    paths[name == "x86-64" ? name.str() : "x86-64-" + name.str()] = path;
  }
  for (auto &entry : paths)
    known.push_back(entry.first);
  SmallVector<StringRef> words;
  list.split(words, ',');
  std::vector<bool> wanted(getAllCpuPaths().size());
  for (StringRef word : words) {
    auto found = paths.find(word.str());
    if (word == "all")
      wanted.assign(wanted.size(), true);
    else if (word == "host")
      wanted[static_cast<size_t>(getHostCpuPath())] = true;
    else if (found != paths.end())
      wanted[static_cast<size_t>(found->second)] = true;
    else if (chips.count(word.str()))
      return usageError("option --target takes " + word + " alone: an artifact for a GPU holds nothing else");
    else
      return usageError("option --target has no value \"" + word + "\"" + suggestNearest(word, known));
  }
  std::vector<CpuPath> result;
  for (CpuPath path : getAllCpuPaths())
    if (wanted[static_cast<size_t>(path)])
      result.push_back(path);
  return result;
}

static llvm::Error parseDims(ArrayRef<std::string> list, std::map<std::string, int64_t> &dims) {
  for (const std::string &entry : list) {
    auto [name, text] = StringRef(entry).rsplit('=');
    int64_t size;
    if (name.empty() || text.getAsInteger(10, size) || size < 1)
      return usageError("option --dim needs NAME=VALUE with a positive integer, not \"" + entry + "\"");
    dims[name.str()] = size;
  }
  return llvm::Error::success();
}

/// Refuses words that the passes could not read: with the command line, not with the model, something is wrong.
static llvm::Error checkWords(const QuantizeOptions &how) {
  double number;
  if (!how.minSqnr.empty() && how.minSqnr != "off" &&
      (StringRef(how.minSqnr).getAsDouble(number) || !std::isfinite(number)))
    return usageError("option --min-sqnr needs a number of dB or off, not \"" + how.minSqnr + "\"");
  if (!how.maxMetricDrop.empty() && (StringRef(how.maxMetricDrop).getAsDouble(number) || !(number >= 0)))
    return usageError("option --max-metric-drop needs a number of points of at least 0, not \"" + how.maxMetricDrop +
                      "\"");
  for (const std::string &layer : how.layers) {
    auto [pattern, word] = StringRef(layer).rsplit('=');
    if (pattern.empty() || !StringRef(layer).contains('='))
      return usageError("option --layer needs PATTERN=PRECISION, not \"" + layer + "\"");
    if (!parsePrecision(word))
      return usageError("option --layer has no precision \"" + word + "\"" + suggestNearest(word, getPrecisionNames()));
  }
  return llvm::Error::success();
}

/// Refuses options of quantization that would be ignored without a word, and quantization that lacks what it needs.
static llvm::Error checkQuantization(const CompileOptions &options, std::vector<std::string> given) {
  const QuantizeOptions &how = options.quantize;
  // A float build whose layers are shown is equalized as the quantized one is that it will be compared with.
  if (options.observeLayers)
    llvm::erase(given, "--equalize");
  bool calibrates = !how.calibrationData.empty() || !how.resume.empty() || !how.merge.empty();
  if (options.emit == EmitKind::Ranges && !how.report.empty())
    return usageError("--report looks at a quantized model, and --emit=ranges makes none");
  if (options.emit == EmitKind::Ranges)
    return calibrates ? llvm::Error::success()
                      : usageError("--emit=ranges needs --calibration-data=FILE.npz, samples to measure ranges on");
  if (options.emit == EmitKind::Qdq && !how.enabled)
    return usageError("--emit=qdq needs --quantize=static");
  if (!how.enabled && !given.empty())
    return usageError("options of quantization were given without --quantize=static: " + llvm::join(given, ", "));
  if (how.enabled && calibrates && !how.ranges.empty())
    return usageError("--ranges takes the place of calibration data; give one of them");
  return checkWords(how);
}

/// The output beside the model when none is named: text goes to standard output.
static std::string getDefaultOutput(const CompileOptions &options) {
  if (options.emit == EmitKind::Emulation)
    return (llvm::sys::path::stem(options.model) + ".emulation.so").str();
  if (options.emit != EmitKind::Object && options.emit != EmitKind::Shared)
    return "-";
  return (llvm::sys::path::stem(options.model) + (options.emit == EmitKind::Object ? ".o" : ".so")).str();
}

static llvm::Expected<bool> parseOptions(int argc, char **argv, CompileOptions &options) {
  std::vector<std::string> models, dims;
  std::string emit = "shared", target = "all", quantize;
  QuantizeOptions &how = options.quantize;
  CommandLine commandLine("quant-compile", "quant-compile MODEL [options]",
                          "Compiles a neural network (ONNX, or MLIR in the Imported form) to a library with a C ABI.");
  commandLine.group("Output");
  commandLine.value("o", "FILE", options.output,
                    "what to write; its header goes beside it (MODEL's stem, or - for text)");
  commandLine.choice("emit", {"mlir", "ranges", "qdq", "integer", "llvm", "ptx", "emulation", "object", "shared"}, emit,
                     "the form to write (shared)");
  commandLine.value("target", "LIST", target,
                    "CPU paths in one artifact: all, host, "
                    "x86-64-{avx512bf16,avx512vbmi,avx512vnni,avxvnni,avx512,avx2}, x86-64 (all); "
                    "or one GPU: nvptx-sm_{61,70,75,80,86,89,90}");
  commandLine.choice("tensor-cores", {"on", "off"}, options.tensorCores, "use a GPU's tensor cores beside DP4A (on)");
  commandLine.value("name", "NAME", options.name, "NAME of the functions NAME_run, ... (the output's stem)");
  commandLine.flag("remarks", options.remarks, "print every decision");
  commandLine.flag("observe-layers", options.observeLayers,
                   "keep each layer's values visible to quant-run --compare=OTHER.so; slower");
  commandLine.group("Model");
  commandLine.list("dim", "NAME=VALUE", dims, "size of a symbolic dimension; a leading one is 1 by default");
  commandLine.group("Quantization");
  commandLine.choice("quantize", {"static"}, quantize,
                     "to int8, with ranges measured on data; default: as the model is");
  commandLine.value("calibration-data", "FILE.npz", how.calibrationData,
                    "representative inputs, leading axis = samples");
  commandLine.choice("calibration-method", {"min-max", "moving-average", "percentile", "entropy", "mse"}, how.method,
                     "how a range is chosen (mse)");
  commandLine.number("percentile", how.percentile, 50, 100, "share of values inside a range by percentile (99.99)");
  commandLine.integer("max-samples", how.maxSamples, 0, INT64_MAX, "samples to use; 0 takes all (0)");
  commandLine.integer("seed", how.seed, 0, INT64_MAX, "chooses which samples if there are more; 0 takes the first (0)");
  commandLine.value("ranges", "FILE.json", how.ranges, "range table to use in place of data");
  commandLine.value("ranges-out", "FILE.json", how.rangesOut, "receives the range table");
  commandLine.value("resume", "FILE.json", how.resume, "range table whose measurement is continued");
  commandLine.list("merge", "FILE.json", how.merge, "range tables measured on other data, which are added");
  commandLine.choice("equalize", {"on", "off"}, how.equalize,
                     "move factors between layers so that the channels of a tensor have alike ranges (on)");
  commandLine.choice("smooth", {"on", "off", "auto"}, how.smooth,
                     "move outliers of activations into weights; auto: with --accuracy=best (auto)");
  commandLine.choice("round-functions", {"on", "off"}, how.roundFunctions,
                     "round what functions such as GELU read to 8 bits, so that they become tables: faster (off)");
  commandLine.list(
      "layer", "PATTERN=PRECISION", how.layers,
      "i4, i8, i16, bf16, f16 or f32 for the layers named by node, glob, /expression/, kind:conv, first, last");
  commandLine.choice("accuracy", {"default", "best"}, how.accuracy,
                     "what is done for accuracy: steps of seconds, or all, which may take minutes (default)");
  commandLine.choice("correct-bias", {"auto", "on", "off"}, how.correctBias,
                     "let biases take up what quantization changes in the mean; auto unless weights are chosen (auto)");
  commandLine.choice(
      "choose-ranges", {"auto", "off", "layer-output", "model-output", "cross-entropy"}, how.chooseRanges,
      "choose ranges by their effect on the data; auto does by layer-output with --accuracy=best (auto)");
  commandLine.choice("round-weights", {"auto", "on", "off"}, how.roundWeights,
                     "choose weights and biases layer by layer on the data; auto does with --accuracy=best (auto)");
  commandLine.value("min-sqnr", "DB", how.minSqnr,
                    "floor of the outputs' accuracy on held-out data, kept by wider layers, or off (20)");
  commandLine.value("max-metric-drop", "POINTS", how.maxMetricDrop, "what the metric may lose on held-out data");
  commandLine.value("labels", "FILE.npz", how.labels, "a label for each sample: the metric is top-1");
  commandLine.value("metric-command", "COMMAND", how.metricCommand,
                    "prints the metric of the outputs in an .npz file, its last argument");
  commandLine.value("report", "FILE.html", how.report,
                    "receives a page on what quantization does to each layer; JSON beside it");
  commandLine.list("exclude", "PATTERN", how.exclude, "layers that stay in f32, as --layer=PATTERN=f32");
  commandLine.choice("activation-type", {"u8", "i8"}, how.activationType, "storage of activations (u8)");
  commandLine.choice("activation-scheme", {"asymmetric", "symmetric"}, how.activationScheme,
                     "how a range becomes scale and zero point (asymmetric)");
  commandLine.choice("weight-scheme", {"per-channel", "per-tensor"}, how.weightScheme,
                     "scales of weights (per-channel)");
  commandLine.choice("weight-bits", {"8", "4"}, how.weightBits,
                     "bits of weights; 4 are stored as bytes and run as fast as 8 (8)");
  commandLine.positional(models, 1);
  llvm::Expected<bool> done = commandLine.parse(argc, argv);
  if (!done || *done)
    return done;
  if (models.empty())
    return usageError("no model given");
  options.model = models[0];
  options.emit = llvm::StringSwitch<EmitKind>(emit)
                     .Case("mlir", EmitKind::Mlir)
                     .Case("ranges", EmitKind::Ranges)
                     .Case("qdq", EmitKind::Qdq)
                     .Case("integer", EmitKind::Integer)
                     .Case("llvm", EmitKind::Llvm)
                     .Case("ptx", EmitKind::Ptx)
                     .Case("emulation", EmitKind::Emulation)
                     .Case("object", EmitKind::Object)
                     .Default(EmitKind::Shared);
  llvm::Expected<std::vector<CpuPath>> paths = parseTargets(target, options.gpu);
  if (!paths)
    return paths.takeError();
  options.paths = std::move(*paths);
  if (!options.gpu && (options.emit == EmitKind::Ptx || options.emit == EmitKind::Emulation))
    return usageError("--emit=" + emit + " needs --target=nvptx-sm_75 or another GPU");
  if (!options.gpu && options.tensorCores == "off")
    return usageError("--tensor-cores is for GPUs: it needs --target=nvptx-sm_80 or another one");
  if (options.gpu && options.emit == EmitKind::Llvm)
    return usageError("--emit=llvm is for CPUs; a GPU has --emit=ptx");
  if (llvm::Error error = parseDims(dims, options.dims))
    return error;
  how.enabled = !quantize.empty();
  if (llvm::Error error = checkQuantization(options, commandLine.getGiven("Quantization")))
    return error;
  if (options.output.empty())
    options.output = getDefaultOutput(options);
  return false;
}

static int runTool(int argc, char **argv) {
  CompileOptions options;
  llvm::Expected<bool> done = parseOptions(argc, argv, options);
  if (!done)
    return static_cast<int>(reportError("quant-compile", done.takeError()));
  if (*done)
    return static_cast<int>(ExitCode::Ok);
  llvm::Error error = compileModel(options);
  if (error.isA<DiagnosedError>()) {
    llvm::consumeError(std::move(error));
    return static_cast<int>(ExitCode::BadInput);
  }
  return error ? static_cast<int>(reportError("quant-compile", std::move(error))) : static_cast<int>(ExitCode::Ok);
}

int main(int argc, char **argv) {
#ifdef __GLIBC__
  // Weights that are freed go back to the system. Unless it is set, glibc raises this to the largest block freed.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
#endif
  return runGuarded("quant-compile", [&] { return runTool(argc, argv); });
}
