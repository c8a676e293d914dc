//===- LayerFit.cpp - What a layer reads when quantized, beside what it gives in float, on samples ----------------===//
#include "LayerFit.h"

#include "quant-opt/Numerics/Quantize.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::qnn;

std::vector<FitLayer> qnn::getFitLayers(const Simulation &simulation,
                                        function_ref<void(const SimulatedLayer &layer, StringRef reason)> refuse) {
  std::vector<FitLayer> layers;
  for (auto [i, layer] : llvm::enumerate(simulation.getLayers())) {
    if (!layer.weight || isFloat(layer.precision))
      continue;
    std::optional<LayerPatches> patches = LayerPatches::create(layer);
    if (!patches) {
      refuse(layer, "its loops make no matrix product of patches");
      continue;
    }
    layers.push_back({static_cast<unsigned>(i), std::move(*patches),
                      layer.floatWeight.empty() ? layer.weight->values : ArrayRef<float>(layer.floatWeight),
                      layer.floatBias.empty() ? layer.bias : layer.floatBias});
  }
  return layers;
}

void qnn::roundBiases(const Simulation &simulation, const FitLayer &layer,
                      function_ref<float(int64_t element)> getScale, std::vector<float> &bias) {
  ArrayRef<unsigned> inputs = simulation.getLayers()[layer.number].inputs;
  std::optional<EdgeParams> edge = inputs.empty() ? std::nullopt : simulation.getEdge(inputs.front());
  if (!edge)
    return;
  for (int64_t group = 0; group < layer.patches.numGroups; ++group)
    for (int64_t output = 0; output < layer.patches.numOutputs; ++output) {
      float &value = bias[layer.patches.getChannel(group, output)];
      const float scale = getScale(layer.patches.getWeightIndex(group, output, 0));
      const numerics::QuantizedBias rounded = numerics::quantizeBias(value, edge->params.scale, scale);
      if (rounded.fits)
        value = numerics::requantizeToFloat(rounded.value, edge->params.scale * scale);
    }
}

/// Spread evenly, and begun elsewhere in each run.
std::vector<int64_t> FitData::choosePositions(const FitLayer &layer, int64_t run) const {
  const int64_t available = layer.patches.numPositions, runs = std::max<int64_t>(samples.getNumRuns(), 1);
  const int64_t count = std::min(available, (positions + runs - 1) / runs);
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < count; ++i)
    chosen.push_back((i * available / count + run * 31) % available);
  return chosen;
}

int64_t FitData::getTargetBytes(const FitLayer &layer) const {
  const int64_t count = choosePositions(layer, 0).size();
  return samples.getNumRuns() * count * layer.patches.numGroups * layer.patches.numOutputs * sizeof(float);
}

/// Adds matrix * patch + bias of each position to `result`: [positions, outputs]. `transposed` is [inputs, outputs].
static void appendProducts(ArrayRef<float> transposed, ArrayRef<float> bias, ArrayRef<float> patches, int64_t numInputs,
                           std::vector<float> &result) {
  const int64_t numOutputs = bias.size();
  for (int64_t begin = 0, e = patches.size(); begin < e; begin += numInputs) {
    const size_t first = result.size();
    result.insert(result.end(), bias.begin(), bias.end());
    float *sums = result.data() + first;
    for (int64_t input = 0; input < numInputs; ++input) {
      const float x = patches[begin + input];
      const float *row = transposed.data() + input * numOutputs;
      for (int64_t output = 0; output < numOutputs; ++output)
        sums[output] += x * row[output];
    }
  }
}

void FitData::collectTargets(Simulation &simulation, ArrayRef<const FitLayer *> layers) {
  targets.clear();
  struct Matrix {
    std::vector<float> transposed, bias;
  };
  llvm::DenseMap<unsigned, std::pair<const FitLayer *, std::vector<Matrix>>> byLayer;
  for (const FitLayer *layer : layers) {
    const LayerPatches &patches = layer->patches;
    const int64_t n = patches.numOutputs, k = patches.numInputs;
    const std::vector<float> weights = layer->getMatrices();
    std::vector<Matrix> matrices(patches.numGroups);
    for (auto [group, matrix] : llvm::enumerate(matrices)) {
      matrix.transposed.resize(n * k);
      for (int64_t output = 0; output < n; ++output) {
        for (int64_t input = 0; input < k; ++input)
          matrix.transposed[input * n + output] = weights[(group * n + output) * k + input];
        matrix.bias.push_back(layer->bias[patches.getChannel(group, output)]);
      }
    }
    byLayer[layer->number] = {layer, std::move(matrices)};
    targets[layer->number].reserve(getTargetBytes(*layer) / sizeof(float));
  }
  simulation.quantizeNothing();
  std::vector<float> patches;
  for (int64_t run = 0; run < samples.getNumRuns(); ++run)
    simulation.run(samples.getInputs(run), [&](const Tap &tap, ArrayRef<float> data) {
      auto it = byLayer.find(tap.index);
      if (tap.kind != TapKind::Operand || it == byLayer.end())
        return;
      const auto &[layer, matrices] = it->second;
      const std::vector<int64_t> chosen = choosePositions(*layer, run);
      for (auto [group, matrix] : llvm::enumerate(matrices)) {
        layer->patches.gather(data, group, chosen, patches);
        appendProducts(matrix.transposed, matrix.bias, patches, layer->patches.numInputs, targets[tap.index]);
      }
    });
}

std::vector<numerics::Moments> FitData::collectMoments(Simulation &simulation, const FitLayer &layer) const {
  const LayerPatches &shape = layer.patches;
  std::vector<numerics::Moments> moments(shape.numGroups, numerics::Moments(shape.numInputs, shape.numOutputs));
  const float *target = targets.find(layer.number)->second.data();
  std::vector<float> patches;
  for (int64_t run = 0; run < samples.getNumRuns(); ++run)
    simulation.run(samples.getInputs(run), [&](const Tap &tap, ArrayRef<float> data) {
      if (tap.kind != TapKind::Operand || tap.index != layer.number)
        return;
      const std::vector<int64_t> chosen = choosePositions(layer, run);
      for (int64_t group = 0; group < shape.numGroups; ++group) {
        shape.gather(data, group, chosen, patches);
        moments[group].add(patches.data(), target, chosen.size());
        target += chosen.size() * shape.numOutputs;
      }
    });
  return moments;
}

static PatchStatistics makeStatistics(const FitLayer &layer) {
  PatchStatistics statistics;
  statistics.mean.resize(layer.patches.numGroups * layer.patches.numInputs);
  statistics.meanSquare.resize(statistics.mean.size());
  statistics.least.resize(statistics.mean.size(), HUGE_VALF);
  statistics.greatest.resize(statistics.mean.size(), -HUGE_VALF);
  return statistics;
}

void FitData::addTo(PatchStatistics &sums, const FitLayer &layer, int64_t run, ArrayRef<float> activation) const {
  const int64_t inputs = layer.patches.numInputs;
  const std::vector<int64_t> chosen = choosePositions(layer, run);
  const double share = 1.0 / static_cast<double>(samples.getNumRuns() * chosen.size());
  std::vector<float> patches;
  for (int64_t group = 0; group < layer.patches.numGroups; ++group) {
    layer.patches.gather(activation, group, chosen, patches);
    const float *next = patches.data();
    for (size_t position = 0; position < chosen.size(); ++position)
      for (int64_t place = group * inputs, end = place + inputs; place < end; ++place) {
        const float value = *next++;
        if (!std::isfinite(value))
          continue;
        sums.mean[place] += share * value;
        sums.meanSquare[place] += share * value * value;
        sums.least[place] = std::min(sums.least[place], value);
        sums.greatest[place] = std::max(sums.greatest[place], value);
      }
  }
}

std::vector<PatchStatistics> FitData::collectStatistics(Simulation &simulation, ArrayRef<FitLayer> layers) const {
  std::vector<PatchStatistics> statistics;
  llvm::DenseMap<unsigned, unsigned> byLayer;
  for (auto [i, layer] : llvm::enumerate(layers)) {
    byLayer[layer.number] = i;
    statistics.push_back(makeStatistics(layer));
  }
  for (int64_t run = 0; run < samples.getNumRuns(); ++run)
    simulation.run(samples.getInputs(run), [&](const Tap &tap, ArrayRef<float> data) {
      if (auto it = byLayer.find(tap.index); tap.kind == TapKind::Operand && it != byLayer.end())
        addTo(statistics[it->second], layers[it->second], run, data);
    });
  return statistics;
}

llvm::Error FitData::changeInTurn(Simulation &simulation, ArrayRef<FitLayer> layers,
                                  function_ref<void(size_t number, const PatchStatistics &statistics)> change) const {
  llvm::DenseMap<unsigned, unsigned> byLayer;
  for (auto [i, layer] : llvm::enumerate(layers))
    byLayer[layer.number] = i;
  llvm::MapVector<unsigned, PatchStatistics> tapped; // by the number in `layers`, since the last change
  SmallVector<ArrayRef<const void *>> inputs;
  for (int64_t run = 0; run < samples.getNumRuns(); ++run)
    inputs.push_back(samples.getInputs(run));
  return simulation.runTogether(
      inputs,
      [&](size_t run, const Tap &tap, ArrayRef<float> data) {
        auto it = byLayer.find(tap.index);
        if (tap.kind != TapKind::Operand || it == byLayer.end())
          return;
        const auto [sums, isNew] = tapped.try_emplace(it->second);
        if (isNew)
          sums->second = makeStatistics(layers[it->second]);
        addTo(sums->second, layers[it->second], run, data);
      },
      [&] {
        for (const auto &[number, statistics] : tapped)
          change(number, statistics);
        tapped.clear();
      });
}
