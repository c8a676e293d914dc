//===- Movement.cpp - Operators that permute, repeat or join whole tensors ----------------------------------------===//
#include "NodeImporter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

static LogicalResult importTranspose(NodeImporter &n) {
  int64_t rank = n.rank(0);
  SmallVector<int64_t> permutation = n.intsAttr("perm");
  if (!n.hasAttr("perm"))
    permutation = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  SmallVector<bool> seen(rank);
  for (int64_t &dim : permutation) {
    dim = dim < 0 ? dim + rank : dim;
    if (dim < 0 || dim >= rank || seen[dim])
      return n.invalid("perm is not a permutation of the " + Twine(rank) + " dimensions");
    seen[dim] = true;
  }
  if (int64_t(permutation.size()) != rank)
    return n.invalid("perm has " + Twine(permutation.size()) + " dimensions, expected " + Twine(rank));
  return n.setResult(0, n.transpose(n.input(0), permutation), n.inputType(0));
}

/// Depth to space or back: a reshape, a transpose and a reshape.
static LogicalResult importBlocks(NodeImporter &n, ArrayRef<int64_t> split, ArrayRef<int64_t> permutation,
                                  ArrayRef<int64_t> merged) {
  Value blocks = n.transpose(n.reshape(n.input(0), split), permutation);
  return n.setResult(0, n.reshape(blocks, merged), n.inputType(0));
}

static LogicalResult importDepthToSpace(NodeImporter &n) {
  int64_t block = n.intAttr("blocksize", 0);
  std::string mode = n.stringAttr("mode", "DCR");
  if (n.rank(0) != 4)
    return n.invalid("the input has rank " + Twine(n.rank(0)) + ", expected 4");
  ArrayRef<int64_t> shape = n.shape(0);
  int64_t batch = shape[0], height = shape[2], width = shape[3];
  if (block < 1 || block > shape[1] || shape[1] % (block * block) != 0)
    return n.invalid(Twine(shape[1]) + " channels do not divide into blocks of size " + Twine(block));
  int64_t depth = shape[1] / (block * block);
  SmallVector<int64_t> merged{batch, depth, height * block, width * block};
  if (mode == "DCR")
    return importBlocks(n, {batch, block, block, depth, height, width}, {0, 3, 4, 1, 5, 2}, merged);
  if (mode == "CRD")
    return importBlocks(n, {batch, depth, block, block, height, width}, {0, 1, 4, 2, 5, 3}, merged);
  return n.invalid("mode is '" + mode + "', expected 'DCR' or 'CRD'");
}

static LogicalResult importSpaceToDepth(NodeImporter &n) {
  int64_t block = n.intAttr("blocksize", 0);
  if (n.rank(0) != 4)
    return n.invalid("the input has rank " + Twine(n.rank(0)) + ", expected 4");
  ArrayRef<int64_t> shape = n.shape(0);
  if (block < 1 || shape[2] % block != 0 || shape[3] % block != 0)
    return n.invalid("the spatial dimensions do not divide into blocks of size " + Twine(block));
  int64_t height = shape[2] / block, width = shape[3] / block;
  int64_t depth = shape[2] && shape[3] ? shape[1] * block * block : shape[1];
  return importBlocks(n, {shape[0], shape[1], height, block, width, block}, {0, 3, 5, 1, 2, 4},
                      {shape[0], depth, height, width});
}

static LogicalResult importExpand(NodeImporter &n) {
  std::optional<SmallVector<int64_t>> shape = n.ints(1);
  if (!shape)
    return n.unsupported("a non-constant input 'shape'");
  if (llvm::any_of(*shape, [](int64_t size) { return size < 0; }))
    return n.invalid("the shape has a negative dimension");
  std::optional<SmallVector<int64_t>> result = n.broadcastShape({n.shape(0), *shape});
  if (!result)
    return failure();
  return n.setResult(0, n.broadcastTo(n.input(0), *result), n.inputType(0));
}

/// Repeats along axes: a broadcast along a new dimension in front of each, then a reshape that merges the two.
static LogicalResult setTiled(NodeImporter &n, ArrayRef<int64_t> repeats) {
  SmallVector<int64_t> spread, target, merged;
  for (auto [size, count] : llvm::zip_equal(n.shape(0), repeats)) {
    int64_t total = 0;
    if (count < 0 || llvm::MulOverflow(size, count, total))
      return n.invalid("a repeat count of " + Twine(count) + " is out of range");
    if (count != 1) {
      spread.push_back(1);
      target.push_back(count);
    }
    spread.push_back(size);
    target.push_back(size);
    merged.push_back(total);
  }
  Value value = n.broadcastTo(n.reshape(n.input(0), spread), target);
  return n.setResult(0, n.reshape(value, merged), n.inputType(0));
}

static LogicalResult importTile(NodeImporter &n) {
  std::optional<SmallVector<int64_t>> repeats = n.ints(1);
  if (!repeats)
    return n.unsupported("a non-constant input 'repeats'");
  if (int64_t(repeats->size()) != n.rank(0))
    return n.invalid(Twine(repeats->size()) + " repeat counts for rank " + Twine(n.rank(0)));
  return setTiled(n, *repeats);
}

static LogicalResult importConcat(NodeImporter &n) {
  int64_t rank = n.rank(0);
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 1), rank);
  if (!axis)
    return failure();
  SmallVector<int64_t> shape(n.shape(0));
  shape[*axis] = 0;
  SmallVector<Value> operands;
  for (unsigned i = 0; i < n.numInputs(); ++i) {
    if (!n.hasInput(i))
      return n.invalid("input " + Twine(i) + " is missing");
    if (n.inputType(i) != n.inputType(0) || n.rank(i) != rank)
      return n.invalid("input " + Twine(i) + " has another type or rank than input 0");
    for (int64_t dim = 0; dim < rank; ++dim)
      if (dim != *axis && n.shape(i)[dim] != shape[dim])
        return n.invalid("dimension " + Twine(dim) + " of input " + Twine(i) + " has " + Twine(n.shape(i)[dim]) +
                         " elements, expected " + Twine(shape[dim]));
    shape[*axis] += n.shape(i)[*axis];
    if (n.shape(i)[*axis] != 0)
      operands.push_back(n.input(i));
  }
  if (operands.empty())
    operands.push_back(n.input(0));
  if (operands.size() == 1)
    return n.setResult(0, operands.front(), n.inputType(0));
  auto type = RankedTensorType::get(shape, n.irType(n.inputType(0)));
  return n.setResult(0, tensor::ConcatOp::create(n.b, type, *axis, operands), n.inputType(0));
}

void mlir::qnn::onnx_import::populateMovement(OpTable &table) {
  table.add("Concat", importConcat, 1, OpTable::kVariadic);
  table.add("DepthToSpace", importDepthToSpace, 1, 1);
  table.add("Expand", importExpand, 2, 2);
  table.add("SpaceToDepth", importSpaceToDepth, 1, 1);
  table.add("Tile", importTile, 2, 2);
  table.add("Transpose", importTranspose, 1, 1);
}
