//===- Positions.cpp - Row-major positions as linear functions of loops -------------------------------------------===//
#include "Positions.h"

using namespace mlir;
using namespace mlir::qnn;

std::optional<LinearPosition> LinearPosition::get(AffineMap map, ArrayRef<int64_t> shape) {
  for (AffineExpr expr : map.getResults()) {
    WalkResult divides = expr.walk([](AffineExpr part) {
      bool isLinear = part.getKind() != AffineExprKind::Mod && part.getKind() != AffineExprKind::FloorDiv &&
                      part.getKind() != AffineExprKind::CeilDiv && part.getKind() != AffineExprKind::SymbolId;
      return isLinear ? WalkResult::advance() : WalkResult::interrupt();
    });
    if (divides.wasInterrupted())
      return std::nullopt;
  }
  // A linear function is known by its values at zero and at each unit vector.
  auto evaluate = [&](ArrayRef<int64_t> loops) {
    SmallVector<int64_t> index = map.compose(loops);
    int64_t position = 0;
    for (auto [i, extent] : llvm::zip_equal(index, shape))
      position = position * extent + i;
    return position;
  };
  LinearPosition result;
  SmallVector<int64_t> loops(map.getNumDims(), 0);
  result.base = evaluate(loops);
  for (int64_t &loop : loops) {
    loop = 1;
    result.strides.push_back(evaluate(loops) - result.base);
    loop = 0;
  }
  return result;
}

void qnn::forEachPosition(ArrayRef<int64_t> ranges, const LinearPosition &a, const LinearPosition &b,
                          llvm::function_ref<void(int64_t, int64_t)> visit) {
  if (llvm::is_contained(ranges, 0))
    return;
  SmallVector<int64_t> loops(ranges.size(), 0);
  int64_t inA = a.base, inB = b.base;
  while (true) {
    visit(inA, inB);
    int64_t loop = ranges.size() - 1;
    for (; loop >= 0; --loop) {
      inA += a.strides[loop];
      inB += b.strides[loop];
      if (++loops[loop] < ranges[loop])
        break;
      inA -= ranges[loop] * a.strides[loop];
      inB -= ranges[loop] * b.strides[loop];
      loops[loop] = 0;
    }
    if (loop < 0)
      return;
  }
}
