//===- ContractionBuilder.h - Makes a qnn.contract of a matched contraction --------------------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_COMMON_CONTRACTIONBUILDER_H
#define QUANT_OPT_LIB_LOWER_COMMON_CONTRACTIONBUILDER_H

#include "ContractionMatcher.h"
#include "quant-opt/Lower/Common/ContractionPlan.h"

namespace mlir::qnn {

/// `map`, whose dimensions are those of the contraction's result as `resultMap` visits them, in terms of the
/// contraction's loops.
inline AffineMap toLoops(AffineMap map, AffineMap resultMap, AffineMap outMap) {
  return map.compose(inversePermutation(resultMap)).compose(outMap);
}

/// An operand of the epilogue and where the loops read it.
struct Extra {
  Value value;
  AffineMap map;
};

/// Builds one qnn.contract from a matched contraction.
class ContractionBuilder {
public:
  ContractionBuilder(OpBuilder &builder, const ContractionMatch &match, linalg::LinalgOp op)
      : builder(builder), match(match), loc(op.getLoc()), extents(op.getStaticLoopRanges()),
        iterators(op.getIteratorTypesArray()) {}

  /// The operation, or null and `why`.
  ContractOp build(std::string &why);

private:
  bool chooseSides(std::string &why);
  void normalizeRhs();
  std::optional<ContractionPlan> plan(std::string &why) {
    SmallVector<ShapedType> types{cast<ShapedType>(lhs.value.getType()), cast<ShapedType>(rhs.value.getType()),
                                  cast<ShapedType>(match.init.getType())};
    return ContractionPlan::get({lhs.map, rhs.map, match.outMap}, types, extents, iterators, why);
  }
  unsigned addExtra(Value value, AffineMap map) {
    extras.push_back({value, map});
    return extras.size() - 1;
  }
  std::optional<unsigned> addZeroPoint(const ZeroPoint &zeroPoint) {
    if (!zeroPoint.value)
      return std::nullopt;
    return addExtra(zeroPoint.value, zeroPoint.map);
  }
  unsigned addSum(const Factor &factor);
  unsigned addConstantRhsSum(int64_t scale);
  void addInit();

  OpBuilder &builder;
  ContractionMatch match;
  Location loc;
  SmallVector<int64_t> extents;
  SmallVector<utils::IteratorType> iterators;
  Factor lhs, rhs;
  SmallVector<Extra> extras;
  std::optional<unsigned> initExtra;
  TypedAttr initConstant;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_COMMON_CONTRACTIONBUILDER_H
