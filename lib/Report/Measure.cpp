//===- Measure.cpp - What running the model, float and quantized, shows of each edge and layer --------------------===//
#include "Collect.h"

#include "quant-opt/Calibrate/SampleReader.h"
#include "quant-opt/Calibrate/SplitSamples.h"
#include "quant-opt/Numerics/Quantize.h"
#include "quant-opt/Numerics/Ranges.h"
#include "quant-opt/Simulate/FloatReference.h"
#include "quant-opt/Simulate/Sensitivity.h"
#include "quant-opt/Support/ProgressBar.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {

/// The squares of one edge's values and errors over the samples.
struct ErrorSums {
  double signal = 0, noise = 0, worst = 0;
};

class Measurement {
public:
  Measurement(Simulation &simulation, Simulation &floats, const ReportOptions &options, Report &report)
      : simulation(simulation), floatModel(floats), options(options), report(report) {
    for (EdgeReport &edge : report.edges)
      edges.push_back(simulation.findEdge(edge.name));
  }

  llvm::Error run();

private:
  llvm::Expected<SampleSet> load(ArrayRef<int64_t> samples);
  void observe(const SampleSet &samples, bool calibration, ProgressBar &progress);
  void addConvergence(int64_t samples);
  void compareEdges(const SampleSet &samples, ProgressBar &progress);
  void addSensitivity(const Sensitivity &sensitivity);

  Simulation &simulation;
  Simulation &floatModel; ///< what errors are errors of; may be the same
  const ReportOptions &options;
  Report &report;
  std::vector<std::optional<unsigned>> edges; ///< of the report's edges, their numbers in the simulation
  std::vector<numerics::Sketch> sketches;     ///< one for each edge of the simulation
};

} // namespace

llvm::Expected<SampleSet> Measurement::load(ArrayRef<int64_t> samples) {
  return SampleSet::load(options.data, simulation.getInputs(), samples);
}

/// The range that the edge's method would choose from what has been seen so far, or least squares where more than
/// the edge's own values decided.
void Measurement::addConvergence(int64_t samples) {
  for (auto [edge, number] : llvm::zip_equal(report.edges, edges)) {
    if (!number || sketches[*number].getCount() == 0)
      continue;
    const numerics::Sketch &sketch = sketches[*number];
    RangeAfter after{samples, sketch.getExtrema(), {}};
    numerics::RangeOptions ranges;
    ranges.method = parseMethod(edge.method).value_or(numerics::RangeMethod::Mse);
    ranges.bounds = getBounds(edge);
    ranges.symmetric = options.scheme.activationScheme == ActivationScheme::Symmetric;
    if (std::optional<numerics::Range> chosen = numerics::computeRange(sketch, ranges))
      after.chosen = *chosen;
    edge.convergence.push_back(after);
  }
}

/// Runs the float model and fills the sketches; of calibration samples, with the ranges after 1, 2, 4, … of them.
void Measurement::observe(const SampleSet &samples, bool calibration, ProgressBar &progress) {
  sketches.clear();
  sketches.resize(simulation.getEdges().size());
  floatModel.quantizeNothing();
  int64_t seen = 0, next = 1;
  for (int64_t run = 0; run < samples.getNumRuns(); ++run) {
    floatModel.run(samples.getInputs(run), [&](const Tap &tap, ArrayRef<float> data) {
      if (tap.kind == TapKind::Edge)
        sketches[tap.index].add(data.data(), data.size());
    });
    for (numerics::Sketch &sketch : sketches)
      sketch.endSample();
    seen += samples.getNumValid(run);
    const bool isLast = run + 1 == samples.getNumRuns();
    if (calibration && (seen >= next || isLast)) {
      addConvergence(seen);
      while (next <= seen)
        next *= 2;
    }
    progress.update(run + 1);
  }
}

/// What each edge of the quantized model is, beside the float model's.
void Measurement::compareEdges(const SampleSet &samples, ProgressBar &progress) {
  constexpr float kMask = 3.3895314e38f; // the largest bfloat16: a mask, as calibration sees it
  std::vector<ErrorSums> sums(simulation.getEdges().size());
  std::vector<std::vector<float>> floats(sums.size());
  std::vector<const EdgeReport *> byNumber(sums.size());
  for (auto [edge, number] : llvm::zip_equal(report.edges, edges))
    if (number)
      byNumber[*number] = &edge;
  for (int64_t run = 0; run < samples.getNumRuns(); ++run) {
    floatModel.quantizeNothing();
    floatModel.run(samples.getInputs(run), [&](const Tap &tap, ArrayRef<float> data) {
      if (tap.kind == TapKind::Edge)
        floats[tap.index].assign(data.begin(), data.end());
    });
    simulation.quantizeAll();
    simulation.run(samples.getInputs(run), [&](const Tap &tap, ArrayRef<float> data) {
      if (tap.kind != TapKind::Edge || !byNumber[tap.index])
        return;
      const EdgeReport &edge = *byNumber[tap.index];
      const numerics::StorageBounds bounds = getBounds(edge);
      ErrorSums &sum = sums[tap.index];
      for (auto [x, y] : llvm::zip_equal(floats[tap.index], data)) {
        if (!(std::fabs(x) < kMask))
          continue;
        const double error = std::fabs(static_cast<double>(numerics::fakeQuantize(y, edge.params, bounds)) - x);
        sum.signal += static_cast<double>(x) * x;
        sum.noise += error * error;
        sum.worst = std::max(sum.worst, error);
      }
    });
    progress.update(run + 1);
  }
  for (auto [edge, number] : llvm::zip_equal(report.edges, edges))
    if (number) {
      const ErrorSums &sum = sums[*number];
      edge.error = {sum.noise > 0 ? 10 * std::log10(sum.signal / sum.noise) : HUGE_VAL, sum.worst / edge.params.scale};
    }
}

/// Each layer quantized alone, and all but each layer; the whole with them.
void Measurement::addSensitivity(const Sensitivity &sensitivity) {
  const std::vector<LayerSensitivity> &layers = sensitivity.layers;
  double total = 0;
  for (const LayerSensitivity &measured : layers)
    total += measured.alone.noise;
  // Layers of one node are told apart by a number in the report.
  llvm::StringMap<unsigned> seen;
  for (const LayerSensitivity &measured : layers) {
    const unsigned count = seen[measured.name]++;
    const std::string name = count ? measured.name + "#" + std::to_string(count) : measured.name;
    auto layer = llvm::find_if(report.layers, [&](const LayerReport &layer) { return layer.name == name; });
    if (layer == report.layers.end())
      continue;
    layer->alone = measured.alone.getSqnr();
    layer->without = measured.without.getSqnr();
    layer->noiseShare = total > 0 ? measured.alone.noise / total : 0;
  }
}

llvm::Error Measurement::run() {
  llvm::Expected<SampleReader> reader = SampleReader::open(options.data, simulation.getInputs());
  if (!reader)
    return reader.takeError();
  llvm::Expected<std::string> hash = hashFile(options.data);
  if (!hash)
    return hash.takeError();
  const int64_t available = reader->getNumSamples();
  const int64_t asked = options.maxSamples ? options.maxSamples : available;
  SampleSplit split = splitSamples(available, options.maxSamples, options.seed);
  if (!options.holdOut && !split.areShared) {
    split.calibration = split.heldOut = chooseSamples(available, asked, options.seed);
    split.areShared = true;
  }
  DataSource source;
  source.file = llvm::sys::path::filename(options.data).str();
  source.sha256 = *hash;
  source.samplesAsked = asked;
  source.samplesUsed = split.calibration.size();
  source.samplesHeldOut = split.areShared ? 0 : split.heldOut.size();
  source.seed = options.seed;
  report.calibration.data.push_back(source);
  report.calibration.calibrationSamples = split.calibration.size();
  report.calibration.heldOutSamples = source.samplesHeldOut;

  llvm::Expected<SampleSet> calibration = load(split.calibration);
  if (!calibration)
    return calibration.takeError();
  {
    ProgressBar progress("report: observing ranges", calibration->getNumRuns());
    observe(*calibration, /*calibration=*/true, progress);
  }
  for (auto [edge, number] : llvm::zip_equal(report.edges, edges))
    if (number)
      edge.seen = getStatistics(sketches[*number], edge, getBounds(edge));
  llvm::Expected<SampleSet> heldOut = load(split.heldOut);
  if (!heldOut)
    return heldOut.takeError();
  if (!split.areShared) {
    ProgressBar progress("report: observing held-out samples", heldOut->getNumRuns());
    observe(*heldOut, /*calibration=*/false, progress);
    for (auto [edge, number] : llvm::zip_equal(report.edges, edges))
      if (number)
        edge.heldOutClipped =
            getGridError(numerics::getMasses(sketches[*number]), edge.params, getBounds(edge)).clipped;
  }

  const int64_t batch = std::max<int64_t>(heldOut->getBatch(), 1);
  SampleSet judged = heldOut->takeSpread(std::max<int64_t>((options.errorSamples + batch - 1) / batch, 1));
  {
    ProgressBar progress("report: comparing layers", judged.getNumRuns());
    compareEdges(judged, progress);
  }
  floatModel.quantizeNothing();
  llvm::Expected<Evaluation> evaluation = Evaluation::create(floatModel, judged);
  if (!evaluation) {
    llvm::consumeError(evaluation.takeError()); // no float output: there is nothing that sensitivity could be to
    return llvm::Error::success();
  }
  simulation.quantizeAll();
  OutputError error;
  if (options.sensitivity) {
    Sensitivity sensitivity = analyzeSensitivity(simulation, *evaluation);
    error = sensitivity.all;
    if (&floatModel != &simulation) {
      // What the chosen weights of other layers do is no noise of this one.
      simulation.quantizeNothing();
      if (llvm::Expected<Evaluation> own = Evaluation::create(simulation, judged)) {
        const Sensitivity beside = analyzeSensitivity(simulation, *own);
        for (auto [layer, other] : llvm::zip_equal(sensitivity.layers, beside.layers))
          layer.alone = other.alone;
      } else {
        llvm::consumeError(own.takeError());
      }
    }
    addSensitivity(sensitivity);
  } else {
    error = evaluation->measure(simulation);
  }
  report.accuracy = OutputAccuracy{judged.getNumSamples(), !split.areShared, error.getSqnr(), error.getAgreement(),
                                   error.getCrossEntropy()};
  return llvm::Error::success();
}

LogicalResult qnn::measureReport(ModuleOp module, const ReportOptions &options, const CompileObservedFn &compile,
                                 Report &report) {
  SimulationOptions simulation;
  simulation.scheme = options.scheme;
  simulation.taps = TapKind::Edge;
  FailureOr<std::unique_ptr<Simulation>> compiled = Simulation::create(module, simulation, compile);
  if (failed(compiled))
    return failure();
  std::unique_ptr<Simulation> reference;
  if (options.reference && !haveEqualWeights(module, options.reference)) {
    FailureOr<std::unique_ptr<Simulation>> other = Simulation::create(options.reference, simulation, compile);
    if (failed(other))
      return failure();
    // Edges are paired by number: what a pass adds, such as a bias, must not have made others.
    if ((*other)->getEdges().size() == (*compiled)->getEdges().size())
      reference = std::move(*other);
  }
  if (llvm::Error error = Measurement(**compiled, reference ? *reference : **compiled, options, report).run())
    return emitError(module.getLoc(), llvm::toString(std::move(error)));
  return success();
}
