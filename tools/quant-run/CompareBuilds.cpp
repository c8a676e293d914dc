//===- CompareBuilds.cpp - How far two builds of one model are apart, layer by layer -----------------------------===//
#include "Compare.h"
#include "Samples.h"

#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/ProgressBar.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qnn;

bool qnn::isLibrary(StringRef path) {
  llvm::file_magic magic;
  return !llvm::identify_magic(path, magic) && magic.is_object();
}

namespace {

/// The edges' values of one run.
struct Observation {
  std::vector<std::vector<float>> edges;

  static void take(void *observer, int32_t edge, const float *data, int64_t count) {
    static_cast<Observation *>(observer)->edges[edge].assign(data, data + count);
  }
};

/// An edge that both builds give out.
struct Pair {
  unsigned edge, expected;
  double step;
  Difference difference;
  bool fits = true;
};

} // namespace

static llvm::Error checkSameModel(const BuildsToCompare &builds) {
  auto describe = [](const CompiledModel &model) {
    std::string text;
    for (ArrayRef<ModelTensor> tensors : {model.getInputs(), model.getOutputs()})
      for (const ModelTensor &tensor : tensors)
        text += (text.empty() ? "\"" : ", \"") + tensor.name + "\" " + describeTensor(tensor.type, tensor.shape);
    return text;
  };
  const std::string a = describe(builds.model), b = describe(builds.expected);
  if (a == b)
    return llvm::Error::success();
  return makeToolError(ExitCode::BadInput, builds.expectedPath + ": is no build of the same model: it has " + b +
                                               ", and " + builds.path + " has " + a);
}

/// Pairs the edges by name, and says which have none.
static std::vector<Pair> pairEdges(const BuildsToCompare &builds) {
  std::vector<Pair> pairs;
  ArrayRef<ObservedEdgeInfo> edges = builds.model.getObservedEdges(), others = builds.expected.getObservedEdges();
  for (auto [path, list] : {std::make_pair(builds.path, edges), std::make_pair(builds.expectedPath, others)})
    if (list.empty()) {
      llvm::outs() << "layers are not compared: " << path
                   << " does not show them; compile both with quant-compile --observe-layers\n";
      return pairs;
    }
  llvm::StringMap<unsigned> byName;
  for (auto [i, edge] : llvm::enumerate(others))
    byName[edge.name] = i;
  for (auto [i, edge] : llvm::enumerate(edges)) {
    auto found = byName.find(edge.name);
    if (found == byName.end()) {
      llvm::outs() << "layer \"" << escapeText(edge.name) << "\": only in " << builds.path << "\n";
      continue;
    }
    const double step = edge.step != 0 ? edge.step : others[found->second].step;
    pairs.push_back({static_cast<unsigned>(i), found->second, step, {}});
    byName.erase(found);
  }
  for (const ObservedEdgeInfo &edge : others)
    if (byName.count(edge.name))
      llvm::outs() << "layer \"" << escapeText(edge.name) << "\": only in " << builds.expectedPath << "\n";
  return pairs;
}

static ArrayRef<char> bytesOf(ArrayRef<float> values) {
  return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float)};
}

llvm::Error qnn::compareBuilds(const BuildsToCompare &builds, StringRef inputs, int threads,
                               const CompareGates &gates) {
  if (llvm::Error error = checkSameModel(builds))
    return error;
  std::vector<Pair> pairs = pairEdges(builds);
  llvm::Expected<SampleReader> reader = SampleReader::open(inputs, builds.model);
  if (!reader)
    return reader.takeError();
  Observation mine, other;
  mine.edges.resize(builds.model.getObservedEdges().size());
  other.edges.resize(builds.expected.getObservedEdges().size());
  std::vector<Difference> outputs(builds.model.getOutputs().size());
  {
    ProgressBar progress("comparing", reader->getNumRuns());
    for (int64_t run = 0; run < reader->getNumRuns(); ++run) {
      if (llvm::Error error = reader->next())
        return error;
      for (size_t i = 0; i < builds.model.getInputs().size(); ++i)
        llvm::copy(builds.model.getInputBuffer(i), builds.expected.getInputBuffer(i).begin());
      auto runOne = [&](CompiledModel &model, Observation &observation) {
        return pairs.empty() ? model.run(threads) : model.runObserved(&observation, Observation::take);
      };
      if (llvm::Error error = runOne(builds.model, mine))
        return error;
      if (llvm::Error error = runOne(builds.expected, other))
        return error;
      for (Pair &pair : pairs) {
        const std::vector<float> &values = mine.edges[pair.edge], &expected = other.edges[pair.expected];
        pair.fits &= values.size() == expected.size();
        if (pair.fits)
          pair.difference.add("float", bytesOf(values), bytesOf(expected));
      }
      for (auto [i, output] : llvm::enumerate(builds.model.getOutputs()))
        outputs[i].add(output.type, builds.model.getOutputBuffer(i), builds.expected.getOutputBuffer(i));
      progress.update(run + 1);
    }
  }
  for (const Pair &pair : pairs)
    llvm::outs() << "layer \"" << escapeText(builds.model.getObservedEdges()[pair.edge].name) << "\": "
                 << (pair.fits ? pair.difference.describe(pair.step)
                               : std::string("has other shapes in the two builds"))
                 << "\n";
  std::string missed;
  for (auto [difference, output] : llvm::zip_equal(outputs, builds.model.getOutputs())) {
    llvm::outs() << "output \"" << escapeText(output.name) << "\": " << difference.describe() << "\n";
    if (!gates.areMet(difference))
      missed += (missed.empty() ? "\"" : ", \"") + output.name + "\"";
  }
  if (!missed.empty())
    return makeToolError(ExitCode::AccuracyGate, "the accuracy asked for is not reached by output " + missed);
  return llvm::Error::success();
}
