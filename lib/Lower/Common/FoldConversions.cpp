//===- FoldConversions.cpp - Requantizing a contraction's sums takes one fused multiply-add ----------------------===//
#include "ContractionMatcher.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Numerics/FoldedConversion.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_FOLDCONVERSIONSPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// The epilogue of one contraction as a sum of constants, its requantization, and what each channel has of them.
class Folder {
public:
  explicit Folder(ContractOp contract) : contract(contract) {}

  /// Rewrites the contraction; false, with nothing changed, if its sums are not requantized at once or not bounded
  /// closely enough.
  bool run();

private:
  bool match();
  bool readChannels();
  bool fold();
  void rewrite();
  template <typename T> bool forEachChannel(Value value, llvm::function_ref<void(size_t channel, T element)> visit);

  ContractOp contract;
  RequantizeOp requantize;
  SmallVector<arith::AddIOp> additions;
  /// What is added to the accumulator, and what multiplies the sum: arguments of the epilogue or scalar constants.
  SmallVector<Value> addends;

  /// The loops that walk channels, and their extents.
  SmallVector<unsigned> loops;
  SmallVector<int64_t> shape;
  /// For each channel: bounds of the sum, then what is found.
  std::vector<int64_t> least, most, constants;
  std::vector<float> multipliers, offsets;
  std::vector<int32_t> starts;
};
} // namespace

/// acc + constant + … requantized to bytes, by constants that depend on channels alone.
bool Folder::match() {
  Block &block = contract.getEpilogueBlock();
  auto ops = block.getOps<RequantizeOp>();
  if (contract.isFloat() || contract.isPacked() || !llvm::hasSingleElement(ops))
    return false;
  requantize = *ops.begin();
  if (!requantize.getType().isInteger(8))
    return false;
  Value sum = requantize.getInput(), acc = block.getArgument(0);
  while (sum != acc) {
    auto addition = sum.getDefiningOp<arith::AddIOp>();
    if (!addition || !addition->hasOneUse())
      return false;
    additions.push_back(addition);
    // The longer part is the one that an addition made, or the accumulator.
    bool isLeft = addition.getLhs() == acc || addition.getLhs().getDefiningOp<arith::AddIOp>();
    addends.push_back(isLeft ? addition.getRhs() : addition.getLhs());
    sum = isLeft ? addition.getLhs() : addition.getRhs();
  }
  return acc.hasOneUse();
}

/// Calls `visit` with what an epilogue operand is for each channel. False if it depends on anything else.
template <typename T>
bool Folder::forEachChannel(Value value, llvm::function_ref<void(size_t channel, T element)> visit) {
  size_t count = least.size();
  Attribute scalar;
  if (matchPattern(value, m_Constant(&scalar))) {
    T element;
    if constexpr (std::is_same_v<T, float>)
      element = cast<FloatAttr>(scalar).getValue().convertToFloat();
    else
      element = static_cast<T>(cast<IntegerAttr>(scalar).getInt());
    for (size_t channel = 0; channel < count; ++channel)
      visit(channel, element);
    return true;
  }
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != &contract.getEpilogueBlock() || argument.getArgNumber() == 0)
    return false;
  size_t extra = argument.getArgNumber() - 1;
  Value tensor = contract.getExtras()[extra];
  std::optional<std::vector<T>> elements = readConstant<T>(tensor);
  AffineMap map = contract.getMaps()[2 + extra];
  for (unsigned loop = 0; loop < map.getNumDims(); ++loop)
    if (map.isFunctionOfDim(loop) && !llvm::is_contained(loops, loop) && contract.getExtents()[loop] != 1)
      return false;
  if (!elements || !llvm::all_of(map.getResults(), llvm::IsaPred<AffineDimExpr, AffineConstantExpr>))
    return false;
  SmallVector<AffineExpr> dims =
      llvm::map_to_vector(loops, [&](unsigned loop) { return getAffineDimExpr(loop, contract.getContext()); });
  PointWalker walker(AffineMap::get(map.getNumDims(), 0, dims, contract.getContext()), shape, map.getNumDims());
  for (size_t channel = 0; channel < count; ++channel, walker.advance())
    visit(channel, (*elements)[walker.getIndex(map, tensor)]);
  return true;
}

/// The bounds of each channel's sum: lhs is any byte, unsigned.
bool Folder::readChannels() {
  std::optional<std::vector<int8_t>> weights = readConstant<int8_t>(contract.getRhs());
  AffineMap map = contract.getMaps()[1];
  if (!weights || !map.isProjectedPermutation())
    return false;
  int64_t count = 1;
  SmallVector<AffineExpr> dims;
  for (auto [loop, iterator] : llvm::enumerate(contract.getIterators()))
    if (iterator == utils::IteratorType::parallel && map.isFunctionOfDim(loop)) {
      loops.push_back(loop);
      shape.push_back(contract.getExtents()[loop]);
      dims.push_back(getAffineDimExpr(loop, contract.getContext()));
      count *= shape.back();
    }
  if (loops.empty())
    return false;
  least.assign(count, 0);
  most.assign(count, 0);
  AffineMap channels = AffineMap::get(map.getNumDims(), 0, dims, contract.getContext());
  PointWalker walker(map, cast<ShapedType>(contract.getRhs().getType()).getShape(), map.getNumDims());
  for (int8_t weight : *weights) {
    int64_t channel = walker.getIndex(channels, shape);
    (weight < 0 ? least : most)[channel] += 255 * weight;
    walker.advance();
  }
  constants.assign(count, 0);
  for (Value addend : addends)
    if (!forEachChannel<int32_t>(addend, [&](size_t channel, int32_t element) { constants[channel] += element; }))
      return false;
  multipliers.resize(count);
  return forEachChannel<float>(requantize.getMultiplier(),
                               [&](size_t channel, float element) { multipliers[channel] = element; });
}

bool Folder::fold() {
  int32_t zeroPoint = requantize.getZeroPoint();
  for (size_t channel = 0; channel < least.size(); ++channel) {
    std::optional<numerics::FoldedConversion> folded = numerics::getFoldedConversion(
        multipliers[channel], least[channel] + constants[channel], most[channel] + constants[channel],
        static_cast<int32_t>(requantize.getLo()) - zeroPoint, static_cast<int32_t>(requantize.getHi()) - zeroPoint);
    if (!folded)
      return false;
    starts.push_back(folded->start + static_cast<int32_t>(constants[channel]));
    offsets.push_back(folded->offset);
  }
  return true;
}

void Folder::rewrite() {
  OpBuilder builder(contract);
  Location loc = contract.getLoc();
  std::string name = getNodeName(loc);
  SmallVector<AffineExpr> dims =
      llvm::map_to_vector(loops, [&](unsigned loop) { return builder.getAffineDimExpr(loop); });
  AffineMap map = AffineMap::get(contract.getExtents().size(), 0, dims, builder.getContext());
  Value start = createConstant<int32_t>(builder, loc, RankedTensorType::get(shape, builder.getI32Type()), starts,
                                        name + "_start");
  Value offset = createConstant<float>(builder, loc, RankedTensorType::get(shape, builder.getF32Type()), offsets,
                                       name + "_offset");

  Block &block = contract.getEpilogueBlock();
  Value startElement = block.addArgument(builder.getI32Type(), loc);
  Value offsetElement = block.addArgument(builder.getF32Type(), loc);
  OpBuilder inner(requantize);
  Location at = requantize.getLoc();
  Value bits = arith::AddIOp::create(inner, at, block.getArgument(0), startElement);
  Value shifted = arith::BitcastOp::create(inner, at, builder.getF32Type(), bits);
  Value x = math::FmaOp::create(inner, at, shifted, requantize.getMultiplier(), offsetElement);
  x.getDefiningOp()->setAttr(kExactSumAttr, builder.getUnitAttr());
  Value one = arith::ConstantOp::create(inner, at, builder.getF32FloatAttr(1.0f));
  auto quantize = QuantizeOp::create(inner, at, requantize.getType(), x, one, requantize.getZeroPoint(),
                                     requantize.getLo(), requantize.getHi(), requantize.getIsUnsigned());
  quantize->setAttr(kInRangeAttr, builder.getUnitAttr());
  requantize.replaceAllUsesWith(quantize.getResult());
  requantize.erase();
  for (arith::AddIOp addition : additions)
    addition.erase();

  // Operands that nothing reads any more go.
  SmallVector<Value> extras;
  SmallVector<AffineMap> maps = contract.getMaps();
  SmallVector<AffineMap> kept(ArrayRef(maps).take_front(2));
  for (size_t i = 0, old = contract.getExtras().size(), position = 1; i < old + 2; ++i) {
    if (block.getArgument(position).use_empty()) {
      block.eraseArgument(position);
      continue;
    }
    extras.push_back(i < old ? contract.getExtras()[i] : i == old ? start : offset);
    kept.push_back(i < old ? maps[2 + i] : map);
    ++position;
  }
  kept.push_back(maps.back());
  auto result = ContractOp::create(builder, loc, contract.getLhs(), contract.getRhs(), extras, contract.getOut(), kept,
                                   contract.getExtents(), contract.getIterators(), contract.getLhsFlipped());
  result.getEpilogue().takeBody(contract.getEpilogue());
  contract.getResult().replaceAllUsesWith(result.getResult());
  contract.erase();
}

bool Folder::run() {
  if (!match() || !readChannels() || !fold())
    return false;
  rewrite();
  return true;
}

namespace {
struct FoldConversions : public qnn::impl::FoldConversionsPassBase<FoldConversions> {
  void runOnOperation() override {
    SmallVector<ContractOp> contracts;
    getOperation()->walk([&](ContractOp contract) { contracts.push_back(contract); });
    for (ContractOp contract : contracts)
      if (Folder(contract).run())
        ++numFolded;
  }
};
} // namespace
