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

double OutputError::getDivergence() const {
  return positions ? (crossEntropy - entropy) / static_cast<double>(positions) : 0.0;
}

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
      if (std::isfinite(r) && std::isfinite(x)) {
        const double probability = std::exp(r - wantedSum);
        crossEntropy += probability * (foundSum - x);
        entropy += probability * (wantedSum - r);
      }
  }
}

void OutputError::add(const OutputError &other) {
  signal += other.signal;
  noise += other.noise;
  positions += other.positions;
  agreeing += other.agreeing;
  crossEntropy += other.crossEntropy;
  entropy += other.entropy;
}

/// The valid rows of an output: all of it, or the leading ones where the last run was filled up.
ArrayRef<float> Evaluation::getValid(ArrayRef<const void *> pointers, unsigned output, int64_t run) const {
  const TensorInfo &info = infos[output];
  ArrayRef<float> data(static_cast<const float *>(pointers[outputs[output]]),
                       static_cast<size_t>(ShapedType::getNumElements(info.shape)));
  const int64_t batch = samples.getBatch(), valid = samples.getNumValid(run);
  if (valid == batch || info.shape.empty() || info.shape.front() % batch != 0)
    return data;
  return data.take_front(data.size() / batch * valid);
}

llvm::Error Evaluation::begin(ArrayRef<TensorInfo> all, SampleSet set) {
  samples = std::move(set);
  for (auto [i, output] : llvm::enumerate(all)) {
    if (output.type != "float")
      continue;
    infos.push_back(output);
    outputs.push_back(i);
    widths.push_back(output.shape.empty() ? 1 : output.shape.back());
  }
  if (outputs.empty())
    return makeToolError(ExitCode::BadInput, "the model has no output of floats, by which its error could be measured");
  return llvm::Error::success();
}

void Evaluation::keep(RunOutputs &collected, ArrayRef<const void *> pointers, int64_t run) const {
  auto &kept = collected.emplace_back();
  for (unsigned output = 0; output != outputs.size(); ++output)
    kept.push_back(getValid(pointers, output, run).vec());
}

RunOutputs Evaluation::collect(RunModelFn run) const {
  RunOutputs collected;
  for (int64_t i = 0; i < samples.getNumRuns(); ++i)
    keep(collected, run(samples.getInputs(i)), i);
  return collected;
}

std::vector<OutputError> Evaluation::compare(const RunOutputs &collected) const {
  std::vector<OutputError> errors(outputs.size());
  for (auto [reference, values] : llvm::zip_equal(references, collected))
    for (unsigned output = 0; output != outputs.size(); ++output)
      errors[output].add(reference[output], values[output], widths[output]);
  return errors;
}

/// The first `count` runs of `samples` by a simulation as it is set.
static void runAll(Simulation &simulation, const SampleSet &samples, int64_t count,
                   llvm::function_ref<void(size_t, ArrayRef<const void *>)> consume) {
  std::vector<ArrayRef<const void *>> inputs;
  for (int64_t i = 0; i < count; ++i)
    inputs.push_back(samples.getInputs(i));
  simulation.runMany(inputs, consume);
}

llvm::Expected<Evaluation> Evaluation::create(Simulation &simulation, SampleSet samples) {
  Evaluation evaluation;
  if (llvm::Error error = evaluation.begin(simulation.getOutputs(), std::move(samples)))
    return std::move(error);
  Simulation::Settings settings = simulation.getSettings();
  simulation.quantizeNothing();
  runAll(simulation, evaluation.samples, evaluation.samples.getNumRuns(),
         [&](size_t i, ArrayRef<const void *> pointers) { evaluation.keep(evaluation.references, pointers, i); });
  simulation.setSettings(settings);
  return std::move(evaluation);
}

RunOutputs Evaluation::collect(Simulation &simulation) const {
  RunOutputs collected;
  runAll(simulation, samples, samples.getNumRuns(),
         [&](size_t i, ArrayRef<const void *> pointers) { keep(collected, pointers, i); });
  return collected;
}

std::vector<OutputError> Evaluation::measureEach(Simulation &simulation, int64_t maxRuns) const {
  std::vector<OutputError> errors(outputs.size());
  const int64_t count = maxRuns ? std::min(maxRuns, samples.getNumRuns()) : samples.getNumRuns();
  runAll(simulation, samples, count, [&](size_t i, ArrayRef<const void *> pointers) {
    for (unsigned output = 0; output != outputs.size(); ++output)
      errors[output].add(references[i][output], getValid(pointers, output, i), widths[output]);
  });
  return errors;
}

OutputError Evaluation::measure(Simulation &simulation, int64_t maxRuns) const {
  OutputError total;
  for (const OutputError &error : measureEach(simulation, maxRuns))
    total.add(error);
  return total;
}
