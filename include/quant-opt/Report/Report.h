//===- Report.h - What quantizing a model does to each layer: the numbers behind report, JSON and explanations ----===//
//
// docs/report.md describes the page, docs/report.schema.json the JSON. Errors are mean squared ones unless they say
// otherwise; SQNR is in dB, and infinite where nothing is lost.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_REPORT_REPORT_H
#define QUANT_OPT_REPORT_REPORT_H

#include "quant-opt/Calibrate/RangeTable.h"
#include "quant-opt/InsertQdq/ChooseParams.h"
#include "quant-opt/Simulate/Evaluate.h"
#include "quant-opt/Support/Decisions.h"

namespace mlir::qnn {

/// Counts of values in bins of equal width over [lo, hi].
struct Histogram {
  double lo = 0, hi = 0;
  std::vector<double> counts;
};

/// The range that calibration would have chosen, and the extrema, after so many samples.
struct RangeAfter {
  int64_t samples;
  numerics::Range extrema, chosen;
};

/// What quantizing a set of values on its own costs, with what rounding and clipping add to it apart.
struct GridError {
  double rounding = 0, clipping = 0; ///< mean squared errors
  double sqnr = 0;                   ///< of both together, in dB
  double clipped = 0;                ///< the share of values beyond the grid, in [0, 1]
};

/// How far values of the quantized model are from the float model's.
struct ModelError {
  double sqnr = 0;     ///< dB
  double maxSteps = 0; ///< the largest error, in steps of the edge's grid
};

/// What the observers saw on one edge.
struct EdgeStatistics {
  uint64_t count = 0, nans = 0, negativeInfinities = 0, positiveInfinities = 0;
  numerics::Range extrema;
  Histogram histogram;
  GridError error;
};

struct EdgeReport {
  std::string name;
  unsigned group = 0;
  std::vector<int64_t> shape;
  std::string storage;   ///< "u8", "i8", …
  numerics::Range range; ///< as stated; the hull if there is one for each channel
  std::string method;    ///< that chose the range
  numerics::Range representable;
  numerics::Params params{1.0f, 0, false};
  std::optional<EdgeStatistics> seen;
  std::optional<double> heldOutClipped; ///< the share of held-out values beyond the grid
  std::vector<RangeAfter> convergence;
  std::optional<ModelError> error;
};

struct WeightReport {
  std::vector<int64_t> shape;
  bool perChannel = false;
  unsigned bits = 8;
  int64_t channels = 1;
  float minScale = 0, maxScale = 0;
  int64_t floatBytes = 0, storedBytes = 0;
  GridError error;
};

struct LayerReport {
  std::string name, role, precision;
  std::vector<std::string> nodes; ///< of the source model, that became part of it: bias, activation, residual add
  std::vector<std::string> inputs, epilogueInputs; ///< names of edges
  std::optional<std::string> output;
  std::optional<WeightReport> weight;
  /// The model's output SQNR with this layer alone quantized, and with all but this layer.
  std::optional<double> alone, without;
  /// This layer's share of the noise that all layers, each alone, add to the output, in [0, 1].
  std::optional<double> noiseShare;
};

/// An operation that stays in floating point, and why.
struct FloatReport {
  std::string name, role, reason;
};

struct OutputAccuracy {
  int64_t samples = 0;
  bool heldOut = false; ///< whether calibration did not see these samples
  double sqnr = 0, agreement = 0, crossEntropy = 0;
};

struct CalibrationReport {
  std::vector<DataSource> data;
  int64_t calibrationSamples = 0, heldOutSamples = 0;
  std::vector<std::string> unreached; ///< edges on which no finite value was seen
  std::vector<std::string> constant;  ///< edges on which one value was seen only
};

struct Report {
  std::string model;
  QuantizationScheme scheme;
  std::vector<LayerReport> layers; ///< in program order
  std::vector<EdgeReport> edges;   ///< in program order
  std::vector<FloatReport> floats;
  std::vector<Decision> decisions;
  CalibrationReport calibration;
  std::optional<OutputAccuracy> accuracy;
  int64_t floatWeightBytes = 0, storedWeightBytes = 0;

  const EdgeReport *findEdge(StringRef name) const;
  const LayerReport *findLayer(StringRef name) const;
  /// The layer with the largest share of noise, or null if that was not measured.
  const LayerReport *getCostliest() const;
  /// Layers that win most SQNR by staying float, at most `most` of those that win at least `atLeast` dB.
  std::vector<const LayerReport *> getSuggestions(unsigned most = 3, double atLeast = 1.0) const;
};

struct ReportOptions {
  QuantizationScheme scheme;
  std::string data;   ///< calibration samples; empty leaves out what must be measured by running the model
  std::string ranges; ///< a range table with sketches, in place of data
  int64_t maxSamples = 0;
  uint64_t seed = 0;
  bool holdOut = true;       ///< whether calibration left out the held-out samples of `splitSamples`
  int64_t errorSamples = 64; ///< samples on which the quantized model is compared with the float one
  ModuleOp reference;        ///< the float model if it is not `module` any more; see Simulate/FloatReference.h
  bool sensitivity = true;   ///< whether each layer is quantized alone and left out
};

/// Collects the report of `module`, which holds one public function in the Calibrated form and is not changed. Emits
/// errors.
FailureOr<Report> collectReport(ModuleOp module, const ReportOptions &options, const CompileObservedFn &compile);

/// The error of quantizing what a sketch saw, from its masses (Numerics/Ranges.h).
GridError getGridError(const std::vector<numerics::Mass> &masses, const numerics::Params &params,
                       numerics::StorageBounds bounds);
/// The values that the grid can hold: (qmin - z) * s to (qmax - z) * s.
numerics::Range getRepresentable(const numerics::Params &params, numerics::StorageBounds bounds);
Histogram makeHistogram(const std::vector<numerics::Mass> &masses, const numerics::Range &extrema, unsigned bins);

/// As docs/report.schema.json says.
void writeReportJson(const Report &report, raw_ostream &os, unsigned indent = 1);
/// One page that needs nothing else.
void writeReportHtml(const Report &report, raw_ostream &os);
/// One layer as text for a terminal. `name` is a layer's.
void explainLayer(const Report &report, const LayerReport &layer, raw_ostream &os);

} // namespace mlir::qnn

#endif // QUANT_OPT_REPORT_REPORT_H
