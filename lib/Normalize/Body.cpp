//===- Body.cpp - What the body of a linalg.generic computes ------------------------------------------------------===//
#include "Body.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

/// The term that `op` adds onto its accumulator, or null.
static Value getSummand(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumReductionLoops() == 0)
    return {};
  Block *body = op.getBody();
  Value accumulator = body->getArguments().back();
  auto add = body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || !accumulator.hasOneUse())
    return {};
  if (add.getLhs() == accumulator)
    return add.getRhs();
  return add.getRhs() == accumulator ? add.getLhs() : Value();
}

bool qnn::isFloatSum(linalg::GenericOp op) { return getSummand(op) != nullptr; }

bool qnn::isFloatContraction(linalg::GenericOp op) {
  Value term = getSummand(op);
  auto product = term ? term.getDefiningOp<arith::MulFOp>() : arith::MulFOp();
  if (!product || op.getNumDpsInputs() != 2)
    return false;
  Value lhs = op.getBody()->getArgument(0), rhs = op.getBody()->getArgument(1);
  return (product.getLhs() == lhs && product.getRhs() == rhs) || (product.getLhs() == rhs && product.getRhs() == lhs);
}

bool qnn::startsFromZero(linalg::GenericOp op) {
  auto fill = op.getDpsInitOperand(0)->get().getDefiningOp<linalg::FillOp>();
  return fill && (matchPattern(fill.getInputs()[0], m_AnyZeroFloat()) || matchPattern(fill.getInputs()[0], m_Zero()));
}

bool qnn::isElementwise(linalg::GenericOp op) {
  if (op.getNumLoops() != op.getNumParallelLoops() || op.getNumDpsInits() != 1)
    return false;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return maps.back().isPermutation() && llvm::all_of(maps, [](AffineMap map) { return map.isProjectedPermutation(); });
}
