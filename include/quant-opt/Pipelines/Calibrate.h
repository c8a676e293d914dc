//===- Calibrate.h - The pipeline from the Imported to the Calibrated form ----------------------------------------===//
#ifndef QUANT_OPT_PIPELINES_CALIBRATE_H
#define QUANT_OPT_PIPELINES_CALIBRATE_H

#include "quant-opt/Calibrate/Passes.h"
#include "quant-opt/Emit/Artifact.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::qnn {

/// Compiles a module with observers by the project's own code generator for this machine.
FailureOr<std::unique_ptr<ObservedModel>> compileObserved(ModuleOp module);
/// The same of a program that is compiled already.
llvm::Expected<std::unique_ptr<ObservedModel>> loadObserved(const Program &program, const MachineCode &code);

/// Whether a step that improves accuracy is taken: as the accuracy asked for has it, or always, or never.
enum class Step { Auto, On, Off };

/// The options of `--qnn-calibrate` again, for pipelines; see its description. Pipelines that calibrate may derive from
/// it.
struct CalibratePipelineOptions : public PassPipelineOptions<CalibratePipelineOptions> {
  Option<std::string> data{*this, "calibration-data",
                           llvm::cl::desc(".npz with an array for each input, or .npy for the only one")};
  Option<std::string> method{*this, "method", llvm::cl::desc("min-max, moving-average, percentile, entropy or mse"),
                             llvm::cl::init("mse")};
  Option<double> percentile{*this, "percentile",
                            llvm::cl::desc("share of the values within a range by percentile, in percent"),
                            llvm::cl::init(99.99)};
  Option<bool> symmetric{*this, "symmetric",
                         llvm::cl::desc("ranges will be quantized symmetrically (matters to entropy and mse)"),
                         llvm::cl::init(false)};
  Option<bool> perChannel{*this, "per-channel",
                          llvm::cl::desc("a range for each index of the innermost dimension (min-max only)"),
                          llvm::cl::init(false)};
  Option<int64_t> maxSamples{*this, "max-samples", llvm::cl::desc("samples to use; 0 takes all"), llvm::cl::init(0)};
  Option<uint64_t> seed{*this, "seed", llvm::cl::desc("chooses which samples if there are more; 0 takes the first"),
                        llvm::cl::init(0)};
  Option<bool> holdOut{*this, "hold-out",
                       llvm::cl::desc("leave every eighth of 16 samples or more for judging the result"),
                       llvm::cl::init(true)};
  Option<std::string> rangesOut{*this, "ranges-out", llvm::cl::desc("file for the range table; - is standard output")};
  Option<bool> sketches{*this, "sketches",
                        llvm::cl::desc("write the sketches too, so that the table can be merged and resumed"),
                        llvm::cl::init(true)};
  Option<std::string> resume{*this, "resume",
                             llvm::cl::desc("range table of this model whose measurement is continued")};
  ListOption<std::string> merge{*this, "merge",
                                llvm::cl::desc("range tables of this model, measured on other data, that are added")};

  Option<bool> equalize{*this, "equalize",
                        llvm::cl::desc("give the channels of each tensor alike ranges before they are measured"),
                        llvm::cl::init(true)};

  Option<Step> smooth{
      *this, "smooth",
      llvm::cl::desc("move outliers of activations into weights, by factors found on the data (auto: in best)"),
      llvm::cl::init(Step::Auto), getStepValues()};

  Option<bool> roundFunctions{
      *this, "round-functions",
      llvm::cl::desc("round what functions such as GELU read to bytes too, so that they become tables"),
      llvm::cl::init(false)};

  CalibratePassOptions getPassOptions() const;
  bool isOn(const Option<Step> &step, bool isAutomatic) const {
    return step == Step::On || (step == Step::Auto && isAutomatic);
  }

protected:
  static llvm::cl::ValuesClass getStepValues() {
    return llvm::cl::values(clEnumValN(Step::Auto, "auto", "as accuracy has it"), clEnumValN(Step::On, "on", "always"),
                            clEnumValN(Step::Off, "off", "never"));
  }
};

/// Adds the passes from the Normalized form to the same that make it easier to quantize, as the options say. `isBest`
/// is what `smooth` means by auto.
void addScalePasses(OpPassManager &pm, const CalibratePipelineOptions &options, bool isBest);

/// Adds the passes of `--calibrate` to `pm`, a pass manager on modules: from the Imported form to the Calibrated form,
/// measuring on data. With `rangesOut` the range table is written as well.
void buildCalibratePipeline(OpPassManager &pm, const CalibratePipelineOptions &options);

void registerCalibratePipeline();

} // namespace mlir::qnn

#endif // QUANT_OPT_PIPELINES_CALIBRATE_H
