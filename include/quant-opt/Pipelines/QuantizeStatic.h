//===- QuantizeStatic.h - The pipelines from a float or quantized model to the Integer form -----------------------===//
#ifndef QUANT_OPT_PIPELINES_QUANTIZESTATIC_H
#define QUANT_OPT_PIPELINES_QUANTIZESTATIC_H

#include "quant-opt/InsertQdq/Schemes.h"
#include "quant-opt/Pipelines/Calibrate.h"

namespace mlir::qnn {

/// How much is done for accuracy: steps of seconds, or all there are, which may take minutes.
enum class Accuracy { Default, Best };

struct AccuracyReport;

/// The options of `--quantize-static`: how to calibrate (unless the module states ranges already), and the scheme.
struct QuantizeStaticOptions : public CalibratePipelineOptions {
  Option<std::string> ranges{*this, "ranges", llvm::cl::desc("range table to use in place of calibration data")};
  Option<ActivationType> activationType{*this, "activation-type", llvm::cl::desc("storage of activations"),
                                        llvm::cl::init(ActivationType::U8),
                                        llvm::cl::values(clEnumValN(ActivationType::U8, "u8", "unsigned bytes"),
                                                         clEnumValN(ActivationType::I8, "i8", "signed bytes"))};
  Option<ActivationScheme> activationScheme{
      *this, "activation-scheme", llvm::cl::desc("how a range becomes scale and zero point"),
      llvm::cl::init(ActivationScheme::Asymmetric),
      llvm::cl::values(
          clEnumValN(ActivationScheme::Asymmetric, "asymmetric", "params_c1: the whole range is used"),
          clEnumValN(ActivationScheme::Symmetric, "symmetric", "params_c2: the zero point is the middle"))};
  Option<WeightScheme> weightScheme{
      *this, "weight-scheme", llvm::cl::desc("the scales of a weight"), llvm::cl::init(WeightScheme::PerChannel),
      llvm::cl::values(clEnumValN(WeightScheme::PerChannel, "per-channel", "one for each output channel"),
                       clEnumValN(WeightScheme::PerTensor, "per-tensor", "one for the whole tensor"))};
  Option<int64_t> weightBits{*this, "weight-bits", llvm::cl::desc("8, or 4: weights in [-7, 7], stored as bytes"),
                             llvm::cl::init(8)};
  ListOption<std::string> exclude{*this, "exclude", llvm::cl::desc("patterns of layers that stay in f32")};
  ListOption<std::string> layers{*this, "layer",
                                 llvm::cl::desc("PATTERN=PRECISION with i4, i8, i16, bf16, f16 or f32")};
  Option<std::string> report{*this, "report",
                             llvm::cl::desc("page on what quantization does to each layer; its JSON goes beside it")};
  Option<bool> observe{*this, "observe-layers",
                       llvm::cl::desc("keep the values of each edge visible to the calling program"),
                       llvm::cl::init(false)};

  Option<Accuracy> accuracy{*this, "accuracy", llvm::cl::desc("how much is done for accuracy"),
                            llvm::cl::init(Accuracy::Default),
                            llvm::cl::values(clEnumValN(Accuracy::Default, "default", "steps that take seconds"),
                                             clEnumValN(Accuracy::Best, "best", "every step, which may take minutes"))};
  Option<Step> correctBias{*this, "correct-bias",
                           llvm::cl::desc("let biases take up what quantization changes in the mean (auto: unless "
                                          "weights are chosen, and biases with them)"),
                           llvm::cl::init(Step::Auto), getStepValues()};
  Option<std::string> chooseRanges{
      *this, "choose-ranges",
      llvm::cl::desc(
          "choose ranges by layer-output, model-output or cross-entropy; off; auto: by layer-output in best"),
      llvm::cl::init("auto")};
  Option<Step> roundWeights{*this, "round-weights",
                            llvm::cl::desc("choose weights and biases layer by layer (auto: in best)"),
                            llvm::cl::init(Step::Auto), getStepValues()};
  Option<std::string> minSqnr{
      *this, "min-sqnr",
      llvm::cl::desc(
          "floor of the outputs' signal-to-noise ratio in dB on held-out samples, kept by wider layers; off")};
  Option<std::string> maxMetricDrop{*this, "max-metric-drop", llvm::cl::desc("points that the metric may lose")};
  Option<std::string> labels{*this, "labels",
                             llvm::cl::desc("an integer for each sample of the data: the metric is top-1")};
  Option<std::string> metricCommand{*this, "metric-command",
                                    llvm::cl::desc("program that prints the metric of an .npz file with outputs")};

  /// Nothing but the pipeline's module needs the context's constants: those that a stage leaves behind are freed.
  bool ownsConstants = false;
  /// Whoever compiles the Integer form checks its accuracy, so that it is not compiled for that alone.
  bool checksLater = false;

  /// Whether a goal was asked for, so that missing it matters.
  bool hasExplicitGoal() const { return (!minSqnr.empty() && minSqnr != "off") || !maxMetricDrop.empty(); }
};

/// Adds the passes of `--quantize-static` to `pm`, a pass manager on modules: from the Imported form, or from the
/// Calibrated form, to the Integer form. `report`, if there is one, receives what was measured on held-out samples.
void buildQuantizeStaticPipeline(OpPassManager &pm, const QuantizeStaticOptions &options,
                                 std::shared_ptr<AccuracyReport> report = nullptr);

/// Runs compiled code of the quantized model on the samples of `report`, which has a gate, and puts the result there.
llvm::Error checkAccuracy(Location loc, ObservedModel &model, AccuracyReport &report);

/// The same up to the Qdq form.
void buildQuantizeToQdqPipeline(OpPassManager &pm, const QuantizeStaticOptions &options,
                                std::shared_ptr<AccuracyReport> report = nullptr);

/// For models as they are, float or already quantized: from the Imported to the Normalized, or Integer, form. Constants
/// that a stage leaves behind are freed if nothing but the module needs them.
void buildCompileAsIsPipeline(OpPassManager &pm, bool ownsConstants = false);

/// The same with the edges observed that quantization would quantize; `equalize` as in the quantized build that is
/// compared with.
void buildObservedFloatPipeline(OpPassManager &pm, bool equalize);

void registerQuantizeStaticPipeline();

} // namespace mlir::qnn

#endif // QUANT_OPT_PIPELINES_QUANTIZESTATIC_H
