//===- Compile.h - From a model file to the form asked for -------------------------------------------------------===//
#ifndef QUANT_OPT_TOOLS_QUANTCOMPILE_COMPILE_H
#define QUANT_OPT_TOOLS_QUANTCOMPILE_COMPILE_H

#include "quant-opt/Support/CpuPath.h"
#include "quant-opt/Support/GpuChip.h"

#include "llvm/Support/Error.h"
#include <map>
#include <string>
#include <vector>

namespace mlir::qnn {

/// What is written. Forms come before artifacts.
enum class EmitKind { Mlir, Ranges, Qdq, Integer, Llvm, Ptx, Emulation, Object, Shared };

/// How to quantize, in the words of `--quantize-static`.
struct QuantizeOptions {
  bool enabled = false;
  std::string calibrationData, method = "mse", ranges, rangesOut, resume, report;
  std::vector<std::string> merge, exclude, layers;
  double percentile = 99.99;
  int64_t maxSamples = 0, seed = 0;
  std::string activationType = "u8", activationScheme = "asymmetric", weightScheme = "per-channel", equalize = "on",
              smooth = "auto", roundFunctions = "off";
  std::string weightBits = "8", accuracy = "default", chooseRanges = "auto", correctBias = "auto",
              roundWeights = "auto";
  std::string minSqnr, maxMetricDrop, labels, metricCommand;
};

struct CompileOptions {
  std::string model;
  std::string output;
  EmitKind emit = EmitKind::Shared;
  std::vector<CpuPath> paths; // best first
  std::optional<GpuChip> gpu; // in place of the paths
  std::string tensorCores = "on";
  std::map<std::string, int64_t> dims;
  std::string name;
  QuantizeOptions quantize;
  bool remarks = false;
  bool observeLayers = false;
};

/// Compiles the model and writes the output, and the header beside an artifact. Diagnostics that were emitted already
/// are followed by an error without a message.
llvm::Error compileModel(const CompileOptions &options);

/// The error after diagnostics that said all there is to say.
class DiagnosedError : public llvm::ErrorInfo<DiagnosedError> {
public:
  static char ID;
  void log(llvm::raw_ostream &os) const override { os << "see above"; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }
};

} // namespace mlir::qnn

#endif // QUANT_OPT_TOOLS_QUANTCOMPILE_COMPILE_H
