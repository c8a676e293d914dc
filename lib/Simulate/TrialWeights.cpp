//===- TrialWeights.cpp - The weights that a trial build runs with ------------------------------------------------===//
#include "TrialWeights.h"

#include "mlir/IR/Threading.h"
#include "llvm/Support/ErrorHandling.h"
#include <cstring>

using namespace mlir;
using namespace mlir::qnn;

static constexpr size_t kCacheLine = 64;
static constexpr int64_t kPieceElements = 1 << 16;

void TrialWeights::setRounded(unsigned layer) {
  if (!grids[layer])
    grids[layer] = std::make_shared<const ChosenWeight>(*layers[layer].weight);
  sources[layer] = {nullptr, grids[layer]};
}

void TrialWeights::with(unsigned layer, llvm::function_ref<void(ArrayRef<float>)> use) const {
  const SimulatedLayer &info = layers[layer];
  if (sources[layer].values)
    use(*sources[layer].values);
  else if (sources[layer].grid)
    use(sources[layer].grid->getRounded());
  else if (info.weight)
    use(info.floatWeight.empty() ? info.weight->values : ArrayRef<float>(info.floatWeight));
}

void TrialWeights::copy(unsigned layer, const TensorInfo &info) {
  const int64_t count = layers[layer].weight->values.size();
  const size_t bytes = (info.packing ? info.packing->size : count) * sizeof(float);
  if (!copies[layer]) {
    copies[layer].reset(static_cast<float *>(aligned_alloc(kCacheLine, llvm::alignTo(bytes, kCacheLine))));
    if (!copies[layer])
      llvm::report_bad_alloc_error("out of memory for a weight");
    std::memset(copies[layer].get(), 0, bytes);
  }
  const int64_t rows = info.packing ? info.packing->getNumRows() : count, rowSize = count / rows;
  auto give = [&](ArrayRef<float> values, int64_t begin) {
    const auto *from = reinterpret_cast<const char *>(values.data());
    if (info.packing)
      info.packing->packRows(from, reinterpret_cast<char *>(copies[layer].get()), sizeof(float), begin,
                             begin + values.size() / rowSize);
    else
      std::memcpy(copies[layer].get() + begin * rowSize, from, values.size() * sizeof(float));
  };
  const Source &source = sources[layer];
  if (source.values || !source.grid)
    return with(layer, [&](ArrayRef<float> values) { give(values, 0); });
  // Piece by piece: a large weight is not held once more.
  const int64_t step = std::max<int64_t>(1, kPieceElements / rowSize);
  std::vector<float> rounded(std::min(step, rows) * rowSize);
  for (int64_t begin = 0; begin < rows; begin += step) {
    const MutableArrayRef<float> piece = MutableArrayRef(rounded).take_front((rows - begin) * rowSize);
    source.grid->getRounded(begin * rowSize, piece);
    give(piece, begin);
  }
}

void TrialWeights::give(MLIRContext *context, ArrayRef<TensorInfo> inputs, MutableArrayRef<const void *> arguments) {
  SmallVector<unsigned> changed;
  for (unsigned layer = 0, e = layers.size(); layer != e; ++layer)
    if (layers[layer].weight && !(given[layer] && *given[layer] == sources[layer]))
      changed.push_back(layer);
  parallelFor(context, 0, changed.size(), [&](size_t i) {
    const unsigned layer = changed[i];
    copy(layer, inputs[numbers[layer]]);
    given[layer] = sources[layer];
    arguments[numbers[layer]] = copies[layer].get();
  });
}
