//===- Convolution.cpp - The parts that the loops of a convolution or pooling play --------------------------------===//
#include "Convolution.h"

using namespace mlir;
using namespace mlir::qnn;

SmallVector<unsigned> ConvolutionLoops::getCanonicalOrder() const {
  SmallVector<unsigned> order;
  for (ArrayRef<unsigned> part : {ArrayRef(batch), ArrayRef(spatial), ArrayRef(group), ArrayRef(outputChannel),
                                  ArrayRef(window), ArrayRef(inputChannel)})
    llvm::append_range(order, part);
  return order;
}

/// The position in `map` of the dimension that `loop` moves through, or -1.
static int64_t findDim(AffineMap map, unsigned loop) {
  for (auto [i, expr] : llvm::enumerate(map.getResults()))
    if (expr.isFunctionOfDim(loop))
      return i;
  return -1;
}

SmallVector<int64_t> ConvolutionLoops::getChannelsLast(OpOperand &operand) const {
  auto op = cast<linalg::GenericOp>(operand.getOwner());
  AffineMap map = op.getMatchingIndexingMap(&operand);
  SmallVector<ArrayRef<unsigned>> parts;
  if (&operand == data)
    parts = {batch, spatial, group, inputChannel};
  else if (&operand == weights)
    parts = {group, outputChannel, window, inputChannel};
  else if (op.isDpsInit(&operand))
    parts = {batch, spatial, group, outputChannel};
  SmallVector<int64_t> permutation;
  for (ArrayRef<unsigned> part : parts)
    for (unsigned loop : part)
      if (int64_t dim = findDim(map, loop); dim >= 0)
        permutation.push_back(dim);
  return permutation;
}

/// Whether `map` reads through a window, and nothing in it is more than a dimension or a window.
static bool readsThroughWindows(AffineMap map, ArrayRef<utils::IteratorType> iterators) {
  bool window = false;
  llvm::SmallBitVector seen(iterators.size());
  for (AffineExpr expr : map.getResults()) {
    unsigned parallel = 0, reduction = 0;
    for (unsigned loop = 0; loop < iterators.size(); ++loop) {
      if (!expr.isFunctionOfDim(loop))
        continue;
      if (seen.test(loop))
        return false;
      seen.set(loop);
      ++(iterators[loop] == utils::IteratorType::parallel ? parallel : reduction);
    }
    if (isa<AffineDimExpr>(expr))
      continue;
    if (parallel != 1 || reduction > 1 || !expr.isPureAffine())
      return false;
    window = true;
  }
  return window;
}

std::optional<ConvolutionLoops> qnn::matchConvolution(linalg::GenericOp op) {
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  if (op.getNumDpsInits() != 1 || op.getNumReductionLoops() == 0)
    return std::nullopt;
  AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!resultMap.isProjectedPermutation() || resultMap.getNumResults() != op.getNumParallelLoops())
    return std::nullopt;

  ConvolutionLoops loops;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (map.isProjectedPermutation())
      continue;
    if (loops.data || !readsThroughWindows(map, iterators))
      return std::nullopt;
    loops.data = operand;
  }
  if (!loops.data)
    return std::nullopt;
  AffineMap dataMap = op.getMatchingIndexingMap(loops.data);

  // The weights are the one other operand that has a channel: the window operand of a pooling has none.
  for (OpOperand *operand : op.getDpsInputOperands()) {
    if (operand == loops.data)
      continue;
    AffineMap map = op.getMatchingIndexingMap(operand);
    // One more operand of the result's shape makes it something else, such as the search for a maximum's place.
    for (AffineExpr expr : dataMap.getResults())
      for (unsigned loop = 0; loop < iterators.size(); ++loop)
        if (!isa<AffineDimExpr>(expr) && iterators[loop] == utils::IteratorType::parallel &&
            expr.isFunctionOfDim(loop) && map.isFunctionOfDim(loop))
          return std::nullopt;
    bool hasChannel = llvm::any_of(map.getResults(), [&](AffineExpr expr) {
      unsigned loop = cast<AffineDimExpr>(expr).getPosition();
      int64_t dim = findDim(dataMap, loop);
      return dim < 0 ? iterators[loop] == utils::IteratorType::parallel : isa<AffineDimExpr>(dataMap.getResult(dim));
    });
    if (!hasChannel)
      continue;
    if (loops.weights)
      return std::nullopt;
    loops.weights = operand;
  }
  AffineMap weightsMap = loops.weights ? op.getMatchingIndexingMap(loops.weights) : AffineMap();

  for (AffineExpr expr : dataMap.getResults()) {
    bool bare = isa<AffineDimExpr>(expr);
    for (unsigned loop = 0; loop < iterators.size(); ++loop) {
      if (!expr.isFunctionOfDim(loop))
        continue;
      if (iterators[loop] == utils::IteratorType::reduction)
        (bare ? loops.inputChannel : loops.window).push_back(loop);
      else if (!bare)
        loops.spatial.push_back(loop);
      else if (weightsMap && weightsMap.isFunctionOfDim(loop))
        loops.group.push_back(loop);
      else
        loops.batch.push_back(loop);
    }
  }
  // A pooling's channels are told from its batch by their place alone: the last of several. Its windows are over the
  // innermost dimensions, or over all but the innermost; a window over another one (of a response normalization) is no
  // pooling.
  if (!loops.weights) {
    ArrayRef<AffineExpr> inner = dataMap.getResults().drop_while(llvm::IsaPred<AffineDimExpr>);
    inner = inner.drop_until(llvm::IsaPred<AffineDimExpr>);
    if (inner.size() > 1 || !loops.inputChannel.empty())
      return std::nullopt;
    if (loops.batch.size() > 1)
      loops.group.push_back(loops.batch.pop_back_val());
  }
  for (AffineExpr expr : resultMap.getResults()) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (!dataMap.isFunctionOfDim(loop))
      loops.outputChannel.push_back(loop);
  }
  // A reduction loop that only other operands have is no part of a convolution.
  if (loops.getCanonicalOrder().size() != iterators.size())
    return std::nullopt;
  return loops;
}
