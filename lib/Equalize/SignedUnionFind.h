//===- SignedUnionFind.h - Sets of nodes that have one number or its negative ------------------------------------===//
#ifndef QUANT_OPT_LIB_EQUALIZE_SIGNEDUNIONFIND_H
#define QUANT_OPT_LIB_EQUALIZE_SIGNEDUNIONFIND_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mlir::qnn {

/// Sets of nodes that share a logarithm, in which some have the negated one.
class SignedUnionFind {
public:
  /// Makes room for so many nodes. Room that is not used stays untouched; growing would hold all nodes twice.
  void reserve(int64_t count) {
    parents.reserve(count);
    flips.reserve(count);
  }
  uint32_t add(int64_t count) {
    uint32_t first = parents.size();
    for (int64_t i = 0; i < count; ++i)
      parents.push_back(first + i);
    flips.resize(parents.size(), false);
    return first;
  }
  uint32_t find(uint32_t node) {
    bool flip = false;
    return find(node, flip);
  }
  /// `flip` is inverted if the node has the negative of what its leader has.
  uint32_t find(uint32_t node, bool &flip) {
    while (parents[node] != node) {
      uint32_t parent = parents[node];
      flips[node] = flips[node] != flips[parent];
      parents[node] = parents[parent];
      flip = flip != flips[node];
      node = parents[node];
    }
    return node;
  }
  /// The smaller number leads, so that whatever is joined with node 0 is found as 0; as is what would be the negative
  /// of itself.
  void join(uint32_t a, uint32_t b, bool negated = false) {
    bool flip = negated;
    a = find(a, flip);
    b = find(b, flip);
    if (a == b && flip)
      b = 0;
    if (a == b)
      return;
    uint32_t child = std::max(a, b);
    parents[child] = std::min(a, b);
    flips[child] = flip;
  }

private:
  std::vector<uint32_t> parents;
  std::vector<bool> flips; // against the parent
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_EQUALIZE_SIGNEDUNIONFIND_H
