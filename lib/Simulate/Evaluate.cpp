//===- Evaluate.cpp - How far a simulation's outputs are from the float model's -----------------------------------===//
#include "quant-opt/Simulate/Evaluate.h"

#include "quant-opt/Support/Diagnostics.h"

using namespace mlir;
using namespace mlir::qnn;

double OutputError::getSqnr() const {
  if (noise == 0)
    return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / noise);
}

double OutputError::getAgreement() const {
  return positions ? 100.0 * static_cast<double>(agreeing) / static_cast<double>(positions) : 100.0;
}

double OutputError::getCrossEntropy() const { return positions ? crossEntropy / static_cast<double>(positions) : 0.0; }

/// log(sum(exp(x))) over the finite elements of a row.
static double getLogSumExp(ArrayRef<float> row) {
  double largest = -std::numeric_limits<double>::infinity();
  for (float x : row)
    if (std::isfinite(x))
      largest = std::max<double>(largest, x);
  if (!std::isfinite(largest))
    return 0;
  double sum = 0;
  for (float x : row)
    if (std::isfinite(x))
      sum += std::exp(x - largest);
  return largest + std::log(sum);
}

void OutputError::add(ArrayRef<float> reference, ArrayRef<float> values, int64_t width) {
  for (auto [r, x] : llvm::zip_equal(reference, values)) {
    if (!std::isfinite(r))
      continue;
    const double difference = static_cast<double>(x) - r;
    signal += static_cast<double>(r) * r;
    noise += difference * difference;
  }
  width = std::max<int64_t>(width, 1);
  for (; !reference.empty(); reference = reference.drop_front(width), values = values.drop_front(width)) {
    ArrayRef<float> wanted = reference.take_front(width), found = values.take_front(width);
    ++positions;
    agreeing += llvm::max_element(wanted) - wanted.begin() == llvm::max_element(found) - found.begin();
    const double wantedSum = getLogSumExp(wanted), foundSum = getLogSumExp(found);
    for (auto [r, x] : llvm::zip_equal(wanted, found))
      if (std::isfinite(r) && std::isfinite(x))
        crossEntropy += std::exp(r - wantedSum) * (foundSum - x);
  }
}

void OutputError::add(const OutputError &other) {
  signal += other.signal;
  noise += other.noise;
  positions += other.positions;
  agreeing += other.agreeing;
  crossEntropy += other.crossEntropy;
}

/// The valid rows of an output: all of it, or the leading ones where the last run was filled up.
static ArrayRef<float> getValid(ArrayRef<float> data, const TensorInfo &info, const SampleSet &samples, int64_t run) {
  const int64_t batch = samples.getBatch(), valid = samples.getNumValid(run);
  if (valid == batch || info.shape.empty() || info.shape.front() % batch != 0)
    return data;
  return data.take_front(data.size() / batch * valid);
}

llvm::Expected<Evaluation> Evaluation::create(Simulation &simulation, SampleSet samples) {
  Evaluation evaluation;
  for (auto [i, output] : llvm::enumerate(simulation.getOutputs())) {
    if (output.type != "float")
      continue;
    evaluation.outputs.push_back(i);
    evaluation.widths.push_back(output.shape.empty() ? 1 : output.shape.back());
  }
  if (evaluation.outputs.empty())
    return makeToolError(ExitCode::BadInput, "the model has no output of floats, by which its error could be measured");
  Simulation::Settings settings = simulation.getSettings();
  simulation.quantizeNothing();
  for (int64_t run = 0; run < samples.getNumRuns(); ++run) {
    simulation.run(samples.getInputs(run));
    auto &kept = evaluation.references.emplace_back();
    for (unsigned output : evaluation.outputs)
      kept.push_back(getValid(simulation.getOutput(output), simulation.getOutputs()[output], samples, run).vec());
  }
  simulation.setSettings(settings);
  evaluation.samples = std::move(samples);
  return std::move(evaluation);
}

std::vector<OutputError> Evaluation::measureEach(Simulation &simulation, int64_t maxRuns) const {
  std::vector<OutputError> errors(outputs.size());
  const int64_t count = maxRuns ? std::min(maxRuns, samples.getNumRuns()) : samples.getNumRuns();
  for (int64_t run = 0; run < count; ++run) {
    simulation.run(samples.getInputs(run));
    for (auto [i, output] : llvm::enumerate(outputs))
      errors[i].add(references[run][i],
                    getValid(simulation.getOutput(output), simulation.getOutputs()[output], samples, run), widths[i]);
  }
  return errors;
}

OutputError Evaluation::measure(Simulation &simulation, int64_t maxRuns) const {
  OutputError total;
  for (const OutputError &error : measureEach(simulation, maxRuns))
    total.add(error);
  return total;
}
