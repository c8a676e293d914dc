//===- Explain.cpp - One layer of the report as text --------------------------------------------------------------===//
#include "quant-opt/Report/Report.h"

#include "quant-opt/Support/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include <cmath>

using namespace mlir;
using namespace mlir::qnn;

namespace {

class Explainer {
public:
  Explainer(const Report &report, raw_ostream &os) : report(report), os(os) {}

  void explain(const LayerReport &layer);

private:
  /// Begins a line "  key   ", after which the value follows.
  raw_ostream &line(StringRef key) { return os << "  " << llvm::left_justify(key, 18); }
  void db(std::optional<double> x);
  void gridError(const GridError &error);
  void weight(const WeightReport &weight);
  void edge(StringRef title, const EdgeReport &edge);
  void bars(const EdgeReport &edge);

  const Report &report;
  raw_ostream &os;
};

} // namespace

static std::string describeShape(ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (auto [i, size] : llvm::enumerate(shape))
    text += (i ? ", " : "") + std::to_string(size);
  return text + "]";
}

void Explainer::db(std::optional<double> x) {
  if (!x)
    os << "not measured";
  else if (std::isinf(*x))
    os << (*x > 0 ? "no error" : "no signal");
  else
    os << llvm::format("%.1f dB", *x);
}

void Explainer::gridError(const GridError &error) {
  line("own error") << "SQNR ";
  db(error.sqnr);
  os << llvm::format(", rounding %.3g, clipping %.3g (mean squares), %.4g %% clipped\n", error.rounding, error.clipping,
                     error.clipped * 100);
}

void Explainer::weight(const WeightReport &weight) {
  os << "weight " << describeShape(weight.shape) << "\n";
  line("stored as") << "i" << weight.bits << ", "
                    << (weight.perChannel ? "per channel (" + std::to_string(weight.channels) + ")" : "per tensor")
                    << "\n";
  line("scale") << llvm::format("%.6g", weight.minScale);
  if (weight.minScale != weight.maxScale)
    os << llvm::format(" to %.6g", weight.maxScale);
  os << "\n";
  line("bytes") << weight.floatBytes << " -> " << weight.storedBytes << "\n";
  gridError(weight.error);
}

/// The histogram in one line: a digit for each tenth of the range, by the logarithm of the count.
void Explainer::bars(const EdgeReport &edge) {
  constexpr unsigned kColumns = 40;
  const Histogram &histogram = edge.seen->histogram;
  std::vector<double> columns(kColumns, 0.0);
  for (auto [i, count] : llvm::enumerate(histogram.counts))
    columns[i * kColumns / histogram.counts.size()] += count;
  const double most = std::log1p(*llvm::max_element(columns));
  line("histogram") << llvm::format("%.4g |", histogram.lo);
  for (double count : columns)
    os << " .:-=+*#%@"[count > 0 && most > 0 ? static_cast<int>(1 + 8 * std::log1p(count) / most) : 0];
  os << llvm::format("| %.4g (logarithmic)\n", histogram.hi);
}

void Explainer::edge(StringRef title, const EdgeReport &edge) {
  os << title << " \"" << escapeText(edge.name) << "\" " << describeShape(edge.shape) << "\n";
  line("range") << llvm::format("%.6g to %.6g", edge.range.lo, edge.range.hi) << " by " << edge.method << "\n";
  line("stored as") << edge.storage << ", per tensor, scale " << llvm::format("%.6g", edge.params.scale)
                    << ", zero point " << edge.params.zeroPoint
                    << llvm::format(": holds %.6g to %.6g\n", edge.representable.lo, edge.representable.hi);
  if (edge.seen) {
    line("seen") << edge.seen->count << " values";
    if (edge.seen->count)
      os << llvm::format(" from %.6g to %.6g", edge.seen->extrema.lo, edge.seen->extrema.hi);
    if (const uint64_t aside = edge.seen->nans + edge.seen->negativeInfinities + edge.seen->positiveInfinities)
      os << "; set aside " << aside << " (" << edge.seen->nans << " NaN, " << edge.seen->negativeInfinities
         << " negative, " << edge.seen->positiveInfinities << " positive infinities or masks)";
    os << "\n";
    if (edge.seen->count) {
      bars(edge);
      gridError(edge.seen->error);
    }
  }
  if (edge.heldOutClipped)
    line("held out") << llvm::format("%.4g %% clipped\n", *edge.heldOutClipped * 100);
  if (edge.error) {
    line("in the model") << "SQNR ";
    db(edge.error->sqnr);
    os << llvm::format(", largest error %.4g steps\n", edge.error->maxSteps);
  }
}

void Explainer::explain(const LayerReport &layer) {
  os << "layer \"" << escapeText(layer.name) << "\": " << layer.role << " in " << layer.precision;
  for (const std::string &node : ArrayRef(layer.nodes).drop_front(layer.nodes.empty() ? 0 : 1))
    os << (&node == &layer.nodes[1] ? ", with \"" : ", \"") << escapeText(node) << "\"";
  os << "\n";
  if (layer.alone) {
    line("alone") << "output SQNR ";
    db(layer.alone);
    if (layer.noiseShare)
      os << llvm::format(", %.1f %% of all layers' noise", *layer.noiseShare * 100);
    os << "\n";
    line("left out") << "output SQNR ";
    db(layer.without);
    if (report.accuracy) {
      os << ", with it ";
      db(report.accuracy->sqnr);
    }
    os << "\n";
  }
  if (layer.weight)
    weight(*layer.weight);
  for (const std::string &name : layer.inputs)
    if (const EdgeReport *found = report.findEdge(name))
      edge("reads", *found);
  for (const std::string &name : layer.epilogueInputs)
    if (const EdgeReport *found = report.findEdge(name))
      edge("adds", *found);
  if (!layer.output)
    os << "its result stays f32\n";
  else if (const EdgeReport *found = report.findEdge(*layer.output))
    edge("makes", *found);
}

void qnn::explainLayer(const Report &report, const LayerReport &layer, raw_ostream &os) {
  Explainer(report, os).explain(layer);
}
