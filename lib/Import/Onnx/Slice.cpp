//===- Slice.cpp - Slice and Split --------------------------------------------------------------------------------===//
#include "Indexing.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

namespace {
/// What Slice does to one axis: `size` elements, `start + i * step`.
struct AxisSlice {
  int64_t start, size, step;
};
} // namespace

/// Slice's clamping of start and end, for an axis of `dim` elements; `step` is not zero.
static AxisSlice clampSlice(int64_t start, int64_t end, int64_t step, int64_t dim) {
  auto normalize = [&](int64_t position, int64_t low, int64_t high) {
    // Positions may be as far out as the integer's limits.
    if (position < 0)
      position = position < -dim ? std::numeric_limits<int64_t>::min() : position + dim;
    return std::clamp(position, low, high);
  };
  if (step > 0) {
    start = normalize(start, 0, dim);
    end = normalize(end, 0, dim);
    int64_t length = end > start ? end - start : 0;
    return {start, length == 0 ? 0 : (length - 1) / step + 1, step};
  }
  start = normalize(start, -1, dim - 1);
  end = normalize(end, -1, dim - 1);
  int64_t length = start > end ? start - end : 0;
  // A stride beyond the axis reads one element; clamped, so that its negation is defined.
  step = std::max(step, -dim - 1);
  return {start, length == 0 ? 0 : (length - 1) / -step + 1, step};
}

static LogicalResult setSlice(NodeImporter &n, ArrayRef<AxisSlice> slices) {
  SmallVector<int64_t> offsets, sizes, strides, reversed;
  for (auto [axis, slice] : llvm::enumerate(slices)) {
    sizes.push_back(slice.size);
    bool isSingle = slice.size <= 1;
    if (slice.step > 0 || isSingle) {
      offsets.push_back(slice.size == 0 ? 0 : slice.start);
      strides.push_back(isSingle ? 1 : slice.step);
      continue;
    }
    offsets.push_back(slice.start + (slice.size - 1) * slice.step);
    strides.push_back(-slice.step);
    reversed.push_back(axis);
  }
  return n.setResult(0, reverse(n, n.slice(n.input(0), offsets, sizes, strides), reversed), n.inputType(0));
}

static LogicalResult importSlice(NodeImporter &n) {
  SmallVector<int64_t> starts = n.intsAttr("starts"), ends = n.intsAttr("ends"), axes = n.intsAttr("axes"), steps;
  if (n.opset() >= 10) {
    const char *names[] = {"data", "starts", "ends", "axes", "steps"};
    SmallVector<int64_t> *lists[] = {nullptr, &starts, &ends, &axes, &steps};
    for (unsigned i = 1; i < 5; ++i) {
      if (!n.hasInput(i)) {
        if (i <= 2)
          return n.invalid(Twine("input '") + names[i] + "' is missing");
        continue;
      }
      std::optional<SmallVector<int64_t>> list = n.ints(i);
      if (!list)
        return n.unsupported(Twine("a non-constant input '") + names[i] + "'");
      *lists[i] = std::move(*list);
    }
  }
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, starts.size()));
  if (steps.empty())
    steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return n.invalid("starts, ends, axes and steps differ in length");
  SmallVector<AxisSlice> slices;
  for (int64_t size : n.shape(0))
    slices.push_back({0, size, 1});
  SmallVector<bool> seen(n.rank(0));
  for (auto [start, end, given, step] : llvm::zip_equal(starts, ends, axes, steps)) {
    std::optional<int64_t> axis = n.normalizeAxis(given, n.rank(0));
    if (!axis)
      return failure();
    if (step == 0)
      return n.invalid("a step is 0");
    if (seen[*axis])
      return n.invalid("axis " + Twine(*axis) + " is given twice");
    seen[*axis] = true;
    slices[*axis] = clampSlice(start, end, step, n.shape(0)[*axis]);
  }
  return setSlice(n, slices);
}

/// The sizes of Split's parts. Nothing, with the failure recorded, if they do not fit.
static std::optional<SmallVector<int64_t>> getPartSizes(NodeImporter &n, int64_t size) {
  SmallVector<int64_t> sizes = n.intsAttr("split");
  if (n.hasInput(1)) {
    std::optional<SmallVector<int64_t>> given = n.ints(1);
    if (!given) {
      (void)n.unsupported("a non-constant input 'split'");
      return std::nullopt;
    }
    sizes = *given;
  }
  if (!n.hasInput(1) && !n.hasAttr("split")) {
    int64_t count = n.hasAttr("num_outputs") ? n.intAttr("num_outputs", 0) : n.numOutputs();
    if (count < 1 || count != n.numOutputs()) {
      (void)n.invalid("num_outputs is " + Twine(count) + ", but there are " + Twine(n.numOutputs()) + " outputs");
      return std::nullopt;
    }
    // Since version 18 the last part may be smaller; before, the parts had to be equal.
    int64_t part = size / count + (size % count != 0);
    for (int64_t left = size; int64_t(sizes.size()) < count; left -= sizes.back())
      sizes.push_back(std::min(part, left));
    if (n.opset() < 18 && size % count != 0) {
      (void)n.invalid(Twine(size) + " elements do not split into " + Twine(count) + " equal parts");
      return std::nullopt;
    }
  }
  int64_t left = size;
  for (int64_t part : sizes) {
    if (part < 0 || part > left) {
      (void)n.invalid("the parts do not fit in " + Twine(size) + " elements");
      return std::nullopt;
    }
    left -= part;
  }
  if (left != 0 || sizes.size() != n.numOutputs()) {
    (void)n.invalid("the " + Twine(sizes.size()) + " parts leave " + Twine(left) + " of " + Twine(size) +
                    " elements for " + Twine(n.numOutputs()) + " outputs");
    return std::nullopt;
  }
  return sizes;
}

static LogicalResult importSplit(NodeImporter &n) {
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), n.rank(0));
  if (!axis)
    return failure();
  std::optional<SmallVector<int64_t>> parts = getPartSizes(n, n.shape(0)[*axis]);
  if (!parts)
    return failure();
  SmallVector<int64_t> offsets(n.rank(0), 0), sizes(n.shape(0)), strides(n.rank(0), 1);
  int64_t begin = 0;
  for (auto [i, part] : llvm::enumerate(*parts)) {
    sizes[*axis] = part;
    // An empty part at the end would begin outside.
    offsets[*axis] = part == 0 ? 0 : begin;
    if (n.hasOutput(i) && failed(n.setResult(i, n.slice(n.input(0), offsets, sizes, strides), n.inputType(0))))
      return failure();
    begin += part;
  }
  return success();
}

void mlir::qnn::onnx_import::populateSlice(OpTable &table) {
  table.add("Slice", importSlice, 1, 5);
  table.add("Split", importSplit, 1, 2);
}
