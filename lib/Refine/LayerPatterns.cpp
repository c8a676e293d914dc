//===- LayerPatterns.cpp - Finds the layers that a user's pattern names -------------------------------------------===//
#include "LayerPatterns.h"

#include "quant-opt/Support/Diagnostics.h"

#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace mlir::qnn;

static llvm::Error makeError(const Twine &message) { return makeToolError(ExitCode::BadInput, message); }

template <typename Predicate> static SmallVector<unsigned> filter(ArrayRef<Layer> layers, Predicate matches) {
  SmallVector<unsigned> found;
  for (auto [number, layer] : llvm::enumerate(layers))
    if (matches(layer))
      found.push_back(number);
  return found;
}

/// Patterns other than an exact name choose among contractions only: few mean a pooling by "*".
template <typename Predicate> static SmallVector<unsigned> filterContractions(ArrayRef<Layer> layers, Predicate match) {
  return filter(layers, [&](const Layer &layer) {
    return layer.role == QuantRole::Contraction && llvm::any_of(layer.nodes, match);
  });
}

static llvm::Expected<SmallVector<unsigned>> findKind(ArrayRef<Layer> layers, StringRef kind) {
  if (!llvm::is_contained(getLayerKinds(), kind))
    return makeError("there is no kind of layer \"" + kind + "\"" + suggestNearest(kind, getLayerKinds()));
  SmallVector<unsigned> found =
      filter(layers, [&](const Layer &layer) { return llvm::is_contained(layer.kinds, kind); });
  if (!found.empty())
    return found;
  SmallVector<StringRef> present;
  for (StringRef known : getLayerKinds())
    if (llvm::any_of(layers, [&](const Layer &layer) { return llvm::is_contained(layer.kinds, known); }))
      present.push_back(known);
  return makeError("the model has no layer of the kind \"" + kind + "\"" + suggestNearest("", present));
}

static llvm::Error refuse(ArrayRef<Layer> layers, StringRef pattern) {
  SmallVector<StringRef> names = {"first", "last"};
  for (const Layer &layer : layers)
    for (const std::string &node : layer.nodes)
      names.push_back(node);
  return makeError("no layer matches \"" + pattern + "\"" + suggestNearest(pattern, names));
}

llvm::Expected<SmallVector<unsigned>> qnn::findLayers(ArrayRef<Layer> layers, StringRef pattern) {
  SmallVector<unsigned> found =
      filter(layers, [&](const Layer &layer) { return llvm::is_contained(layer.nodes, pattern) && !pattern.empty(); });
  if (!found.empty())
    return found;
  if (pattern == "first" || pattern == "last") {
    found = filter(layers, [](const Layer &layer) { return layer.role == QuantRole::Contraction; });
    if (found.empty())
      return refuse(layers, pattern);
    return SmallVector<unsigned>{pattern == "first" ? found.front() : found.back()};
  }
  if (pattern.consume_front("kind:"))
    return findKind(layers, pattern);
  if (pattern.size() > 2 && pattern.starts_with("/") && pattern.ends_with("/")) {
    llvm::Regex expression(pattern.drop_front().drop_back());
    std::string problem;
    if (!expression.isValid(problem))
      return makeError("\"" + pattern + "\" is no regular expression: " + problem);
    found = filterContractions(layers, [&](StringRef node) { return expression.match(node); });
  } else if (pattern.find_first_of("*?[{") != StringRef::npos) {
    llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(pattern, /*MaxSubPatterns=*/1024);
    if (!glob)
      return makeError("\"" + pattern + "\" is no glob: " + llvm::toString(glob.takeError()));
    found = filterContractions(layers, [&](StringRef node) { return glob->match(node); });
  }
  if (found.empty())
    return refuse(layers, pattern);
  return found;
}
