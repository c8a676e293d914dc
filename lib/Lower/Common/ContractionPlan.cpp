//===- ContractionPlan.cpp - Reads indexing maps into rows, channels and runs ------------------------------------===//
#include "quant-opt/Lower/Common/ContractionPlan.h"

#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// The place of an operand's element as a base plus the sum of loop index times stride.
struct LinearAccess {
  int64_t base = 0;
  SmallVector<int64_t> strides;
};
} // namespace

/// Adds `scale * expr` to the access; false if `expr` is not linear.
static bool addLinear(AffineExpr expr, int64_t scale, LinearAccess &access) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    access.strides[dim.getPosition()] += scale;
    return true;
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    access.base += scale * constant.getValue();
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (binary.getKind() == AffineExprKind::Add)
    return addLinear(binary.getLHS(), scale, access) && addLinear(binary.getRHS(), scale, access);
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  return binary.getKind() == AffineExprKind::Mul && factor &&
         addLinear(binary.getLHS(), scale * factor.getValue(), access);
}

static std::optional<LinearAccess> getAccess(AffineMap map, ShapedType type) {
  LinearAccess access;
  access.strides.assign(map.getNumDims(), 0);
  SmallVector<int64_t> strides(type.getRank(), 1);
  if (auto memref = dyn_cast<MemRefType>(type)) {
    // A dynamic offset is added by whoever reads the memref.
    strides.clear();
    int64_t offset;
    if (failed(memref.getStridesAndOffset(strides, offset)) || llvm::any_of(strides, ShapedType::isDynamic))
      return std::nullopt;
  } else {
    for (int64_t i = type.getRank() - 1; i > 0; --i)
      strides[i - 1] = strides[i] * type.getDimSize(i);
  }
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), strides))
    if (!addLinear(expr, stride, access))
      return std::nullopt;
  return access;
}

/// What a readable line calls the element types.
static StringRef getKind(Type lhs, Type rhs) {
  if (lhs.isF32())
    return rhs.isF16() ? "f32 by f16" : "f32";
  return lhs.isBF16() ? "bf16" : "i8";
}

/// Whether advancing `outer` by one is advancing `inner` past its end, for every operand.
static bool isContiguous(const PlanLoop &outer, const PlanLoop &inner) {
  auto follows = [&](int64_t a, int64_t b) { return a == b * inner.extent; };
  return follows(outer.lhs, inner.lhs) && follows(outer.rhs, inner.rhs) && follows(outer.out, inner.out) &&
         llvm::all_of(llvm::zip_equal(outer.extras, inner.extras),
                      [&](auto pair) { return follows(std::get<0>(pair), std::get<1>(pair)); });
}

int64_t ContractionPlan::getGroupStride() const {
  if (isDepthwiseBytes())
    return 2 * getTapQuads() * getBlockChannels() * 4;
  int64_t lanes = depthwise ? llvm::alignTo(channels, kChannelBlock) : kChannelBlock;
  return step * lanes;
}

int64_t ContractionPlan::getBlockChannels() const {
  if (!isDepthwiseBytes())
    return kChannelBlock;
  // What one load of bytes holds, as long as that is all channels.
  return std::min<int64_t>(4 * kChannelBlock, std::max<int64_t>(kChannelBlock, llvm::PowerOf2Ceil(channels)));
}

int64_t ContractionPlan::getBlocks() const { return llvm::divideCeil(channels, getBlockChannels()); }

int64_t ContractionPlan::getBlockStart(int64_t block) const {
  int64_t size = getBlockChannels();
  return isDepthwiseBytes() ? std::max<int64_t>(0, std::min(block * size, channels - size)) : block * size;
}

int64_t ContractionPlan::getMacs() const {
  int64_t macs = rows.extent * channels * run;
  for (const PlanLoop &loop : outer)
    macs *= loop.extent;
  for (const PlanLoop &loop : kOuter)
    macs *= loop.extent;
  return macs;
}

std::string ContractionPlan::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << (depthwise ? "depthwise " : "") << kind << ": outer [";
  llvm::interleaveComma(outer, os, [&](const PlanLoop &loop) { os << loop.extent; });
  os << "], " << rows.extent << " rows of stride " << rows.lhs << ", " << channels << " channels, ";
  for (const PlanLoop &loop : kOuter)
    os << loop.extent << " x ";
  os << (depthwise ? "taps " : "run ") << run;
  if (lhsFlipped)
    os << ", signed lhs flipped";
  return text;
}

std::optional<ContractionPlan> ContractionPlan::get(ContractOp op, std::string &why) {
  SmallVector<ShapedType> types =
      llvm::map_to_vector(op->getOperandTypes(), [](Type type) { return cast<ShapedType>(type); });
  std::optional<std::pair<ArrayRef<int64_t>, int64_t>> packing;
  if (op.isPacked())
    packing = {*op.getPackedK(), static_cast<int64_t>(*op.getRunDims())};
  std::optional<ContractionPlan> plan = get(op.getMaps(), types, op.getExtents(), op.getIterators(), why, packing);
  if (plan)
    plan->lhsFlipped = op.getLhsFlipped();
  return plan;
}

FailureOr<ContractionPlan> ContractionPlan::getPacked(ContractOp op) {
  if (!isa<MemRefType>(op.getOut().getType()))
    return op.emitOpError("expected memrefs; bufferize first");
  if (!op.isPacked())
    return op.emitOpError("is not packed; --qnn-pack-weights should have done so");
  std::string why;
  std::optional<ContractionPlan> plan = get(op, why);
  if (!plan)
    return op.emitOpError("fits no plan: ") << why;
  if (cast<MemRefType>(op.getRhs().getType()).getShape() == ArrayRef(plan->packedShape))
    return std::move(*plan);
  InFlightDiagnostic diagnostic = op.emitOpError("expected packed rhs of shape [");
  return diagnostic << plan->packedShape << "], found " << op.getRhs().getType();
}

std::optional<ContractionPlan> ContractionPlan::get(ArrayRef<AffineMap> maps, ArrayRef<ShapedType> types,
                                                    ArrayRef<int64_t> extents, ArrayRef<utils::IteratorType> iterators,
                                                    std::string &why,
                                                    std::optional<std::pair<ArrayRef<int64_t>, int64_t>> packing) {
  auto decline = [&](const Twine &reason) {
    why = reason.str();
    return std::nullopt;
  };
  size_t numExtras = maps.size() - 3;
  std::optional<LinearAccess> lhs = getAccess(maps[0], types[0]), out = getAccess(maps.back(), types.back());
  if (!lhs || !out)
    return decline("an operand's place is not linear in the loops");
  SmallVector<LinearAccess> extras;
  for (size_t i = 0; i < numExtras; ++i) {
    std::optional<LinearAccess> access = getAccess(maps[2 + i], types[2 + i]);
    if (!access)
      return decline("the place of an epilogue operand is not linear in the loops");
    extras.push_back(std::move(*access));
  }
  auto inLhs = [&](unsigned loop) { return lhs->strides[loop] != 0; };
  auto inRhs = [&](unsigned loop) { return maps[1].isFunctionOfDim(loop); };

  ContractionPlan plan;
  Type element = types[0].getElementType();
  plan.isFloat = isa<FloatType>(element);
  plan.kind = getKind(element, types[1].getElementType());
  plan.lhsBase = lhs->base;
  plan.outBase = out->base;
  for (LinearAccess &access : extras)
    plan.extrasBase.push_back(access.base);

  // The channel loop: contiguous in out and read by rhs. Without any loop of rhs alone there is one channel.
  SmallVector<unsigned> parallel, reduction;
  bool rhsHasOwnLoop = false;
  for (unsigned loop = 0; loop < extents.size(); ++loop) {
    if (iterators[loop] == utils::IteratorType::reduction) {
      reduction.push_back(loop);
      continue;
    }
    if (extents[loop] == 1)
      continue;
    parallel.push_back(loop);
    rhsHasOwnLoop |= inRhs(loop) && !inLhs(loop);
    if (out->strides[loop] == 1 && inRhs(loop))
      plan.channelLoop = loop;
    if (!inRhs(loop) && !inLhs(loop))
      return decline("loop " + Twine(loop) + " is of neither operand");
  }
  if (plan.channelLoop) {
    plan.depthwise = inLhs(*plan.channelLoop);
    if (plan.depthwise && lhs->strides[*plan.channelLoop] != 1)
      return decline("the channels of a depthwise contraction are not contiguous in lhs");
    plan.channels = extents[*plan.channelLoop];
  } else if (rhsHasOwnLoop) {
    return decline("no loop of rhs is contiguous in the result");
  }
  // Depthwise kernels widen bf16 to f32, so that its taps need no pairs.
  plan.step = !plan.isFloat ? 4 : element.isBF16() && !plan.depthwise ? 2 : 1;
  for (LinearAccess &access : extras) {
    int64_t stride = plan.channelLoop ? access.strides[*plan.channelLoop] : 0;
    if (stride > 1)
      return decline("the channels of an epilogue operand are not contiguous");
    plan.extrasChannel.push_back(stride);
  }

  // The order of the reduction loops: as lhs lies in memory, so that the last ones are runs.
  SmallVector<unsigned> order;
  for (unsigned loop : reduction)
    if (extents[loop] == 1)
      plan.kOrder.push_back(loop);
    else if (!inLhs(loop) || !inRhs(loop))
      return decline("reduction loop " + Twine(loop) + " is not of both operands");
    else
      order.push_back(loop);
  llvm::sort(order, [&](unsigned a, unsigned b) {
    return std::make_pair(-lhs->strides[a], a) < std::make_pair(-lhs->strides[b], b);
  });
  if (packing) {
    plan.kOrder.assign(packing->first.begin(), packing->first.end());
    order.clear();
    for (int64_t loop : plan.kOrder)
      if (extents[loop] > 1)
        order.push_back(loop);
    plan.runDims = packing->second;
  } else {
    plan.kOrder.append(order.begin(), order.end());
  }

  // The run.
  plan.runStride = order.empty() ? 1 : lhs->strides[order.back()];
  if (plan.step > 1 && !plan.depthwise && plan.runStride != 1)
    return decline("the reduction is not contiguous in lhs");
  int64_t longest = 0;
  for (int64_t i = order.size() - 1, product = 1; i >= 0; --i) {
    if (plan.depthwise ? longest > 0 && product * extents[order[i]] > kMaxUnrolledTaps
                       : longest > 0 && lhs->strides[order[i]] != plan.runStride * product)
      break;
    product *= extents[order[i]];
    ++longest;
  }
  if (!packing)
    plan.runDims = longest;
  else if (plan.runDims > longest || (plan.runDims == 0 && !order.empty()))
    return decline("rhs was packed for runs that are not contiguous in lhs");
  ArrayRef<unsigned> runLoops = ArrayRef(order).take_back(plan.runDims);
  for (unsigned loop : runLoops)
    plan.run *= extents[loop];
  if (!runLoops.empty())
    plan.tapsInRow = extents[runLoops.back()];
  if (plan.depthwise && plan.run <= kMaxUnrolledTaps) {
    plan.tapOffsets.assign(1, 0);
    for (unsigned loop : runLoops) {
      SmallVector<int64_t> next;
      for (int64_t offset : plan.tapOffsets)
        for (int64_t i = 0; i < extents[loop]; ++i)
          next.push_back(offset + i * lhs->strides[loop]);
      plan.tapOffsets = std::move(next);
    }
  }

  // The packed shape and its strides.
  SmallVector<unsigned> rhsLoops;
  for (unsigned loop : parallel)
    if (inRhs(loop) && plan.channelLoop != loop) {
      plan.packedOuter.push_back(loop);
      plan.packedShape.push_back(extents[loop]);
      rhsLoops.push_back(loop);
    }
  bool hasBlocks = !plan.depthwise || !plan.isFloat;
  if (hasBlocks)
    plan.packedShape.push_back(plan.getBlocks());
  for (unsigned loop : ArrayRef(order).drop_back(plan.runDims)) {
    plan.packedShape.push_back(extents[loop]);
    plan.kOuter.push_back({extents[loop], lhs->strides[loop], 0, 0, {}});
  }
  plan.packedShape.push_back(plan.getGroups());
  if (plan.isDepthwiseBytes())
    plan.packedShape.append({2, plan.getTapQuads()});
  plan.packedShape.push_back(hasBlocks ? plan.getBlockChannels() : llvm::alignTo(plan.channels, kChannelBlock));
  if (plan.step > 1)
    plan.packedShape.push_back(plan.step);
  int64_t stride = plan.getGroupStride() * plan.getGroups();
  for (PlanLoop &loop : llvm::reverse(plan.kOuter)) {
    loop.rhs = stride;
    stride *= loop.extent;
  }
  if (hasBlocks) {
    plan.blockStride = stride;
    stride *= plan.getBlocks();
  }
  SmallVector<int64_t> rhsStrides(extents.size(), 0);
  for (unsigned loop : llvm::reverse(rhsLoops)) {
    rhsStrides[loop] = stride;
    stride *= extents[loop];
  }

  // Everything else is outer loops; the best of those along which rhs stands still advances the rows.
  for (unsigned loop : parallel) {
    if (plan.channelLoop == loop)
      continue;
    PlanLoop planLoop{extents[loop], lhs->strides[loop], rhsStrides[loop], out->strides[loop], {}};
    for (LinearAccess &access : extras)
      planLoop.extras.push_back(access.strides[loop]);
    plan.outer.push_back(std::move(planLoop));
  }
  llvm::sort(plan.outer, [](const PlanLoop &a, const PlanLoop &b) { return a.out > b.out; });
  for (size_t i = plan.outer.size(); i-- > 1;)
    if (isContiguous(plan.outer[i - 1], plan.outer[i])) {
      plan.outer[i].extent *= plan.outer[i - 1].extent;
      plan.outer.erase(plan.outer.begin() + (i - 1));
    }
  plan.rows.extras.assign(numExtras, 0);
  std::optional<size_t> best;
  for (size_t i = 0; i < plan.outer.size(); ++i)
    if (plan.outer[i].rhs == 0 &&
        (!best || std::min<int64_t>(plan.outer[i].extent, 4) >= std::min<int64_t>(plan.outer[*best].extent, 4)))
      best = i;
  if (best) {
    plan.rows = plan.outer[*best];
    plan.outer.erase(plan.outer.begin() + *best);
  }
  return plan;
}
