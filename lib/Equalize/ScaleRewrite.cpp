//===- ScaleRewrite.cpp - Constants multiplied and divided by the factors of their classes ------------------------===//
#include "ScaleRewrite.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::qnn;

/// Factors stay far from where f32 ends, so that no activation leaves it either.
static constexpr double kMaxLogFactor = 40.0;

/// What a denormal weight may lose; trained models have such weights in channels that died.
static constexpr float kNegligible = 0x1p-120f;

static float scale(float value, double log) { return static_cast<float>(value * std::exp2(log)); }

static std::string getName(Value constant) {
  if (auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(getConstantElements(constant)))
    return resource.getRawHandle().getKey().str();
  return "weights";
}

ScaleRewrite::ScaleRewrite(const ScaleClasses &classes, std::vector<double> logs, bool isExact)
    : classes(classes), logs(std::move(logs)), isExact(isExact) {
  for (double &log : this->logs)
    log = std::clamp(isExact ? std::nearbyint(log) : log, -kMaxLogFactor, kMaxLogFactor);
}

/// The float-equivalence check of one number: back by the same factor it is what it was, exactly or to one rounding.
bool ScaleRewrite::keepsValue(float value, double log) const {
  if (log == 0.0 || value == 0.0f || std::isinf(value))
    return true;
  float error = std::fabs(scale(scale(value, log), -log) - value);
  return error <= std::max(kNegligible, isExact ? 0.0f : std::fabs(value) * 0x1p-22f);
}

std::vector<uint32_t> ScaleRewrite::refuseInexact() {
  llvm::SmallDenseSet<uint32_t> refused;
  for (size_t known = ~size_t(0); known != refused.size();) {
    known = refused.size();
    auto check = [&](float value, ScaleClass out, ScaleClass in) {
      if (!keepsValue(value, logs[out] - logs[in]))
        for (ScaleClass side : {out, in})
          refused.insert(classes.regionOf[side]);
    };
    for (const ScaledWeight &weight : classes.weights)
      ClassMap::forEach(weight.out, weight.in,
                        [&](int64_t i, ScaleClass out, ScaleClass in) { check(weight.values[i], out, in); });
    for (const ScaledOffset &offset : classes.offsets)
      for (size_t i = 0; i < offset.values.size(); ++i)
        check(offset.values[i], offset.classes[i], kFixed);
    for (ScaleClass i = 0; i < classes.getNumClasses(); ++i)
      if (refused.contains(classes.regionOf[i]))
        logs[i] = 0.0;
  }
  std::vector<uint32_t> regions(refused.begin(), refused.end());
  llvm::erase(regions, 0u);
  llvm::sort(regions);
  return regions;
}

void ScaleRewrite::apply() {
  for (const ScaledWeight &weight : classes.weights) {
    const bool isScaled = llvm::any_of(weight.in.getClasses(), [&](ScaleClass in) { return logs[in] != 0.0; }) ||
                          llvm::any_of(weight.out.getClasses(), [&](ScaleClass out) { return logs[out] != 0.0; });
    if (!isScaled)
      continue;
    std::vector<float> scaled(weight.values.size());
    ClassMap::forEach(weight.out, weight.in, [&](int64_t i, ScaleClass out, ScaleClass in) {
      scaled[i] = scale(weight.values[i], logs[out] - logs[in]);
    });
    replace(*weight.operand, weight.values, scaled);
  }
  for (const ScaledOffset &offset : classes.offsets) {
    std::vector<float> scaled;
    for (auto [value, own] : llvm::zip_equal(offset.values, offset.classes))
      scaled.push_back(scale(value, logs[own]));
    replace(*offset.operand, offset.values, scaled);
  }
  for (const ScaledBody &body : classes.bodies)
    liftBounds(body);
}

void ScaleRewrite::replace(OpOperand &operand, ArrayRef<float> values, ArrayRef<float> scaled) {
  if (scaled == values)
    return;
  OpBuilder builder(operand.getOwner());
  Value old = operand.get();
  operand.set(
      createConstant<float>(builder, old.getLoc(), cast<RankedTensorType>(old.getType()), scaled, getName(old)));
  if (isOpTriviallyDead(old.getDefiningOp()))
    old.getDefiningOp()->erase();
}

/// Gives scalar constants the factors along the dimensions along which these differ.
void ScaleRewrite::liftBounds(const ScaledBody &body) {
  Value made = body.op->getResult(0);
  ArrayRef<int64_t> shape = cast<RankedTensorType>(made.getType()).getShape();
  SmallVector<int64_t> dims;
  std::vector<float> factors;
  int64_t stride = body.classes.size();
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    int64_t inner = stride / extent;
    for (size_t i = 0; i < body.classes.size(); ++i)
      if (logs[body.classes[i]] != logs[body.classes[i - (i / inner) % extent * inner]]) {
        dims.push_back(dim);
        break;
      }
    stride = inner;
  }
  for (size_t i = 0; i < body.classes.size(); ++i) {
    bool isFirst = true;
    int64_t rest = i;
    for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
      isFirst &= rest % shape[dim] == 0 || llvm::is_contained(dims, dim);
      rest /= shape[dim];
    }
    if (isFirst)
      factors.push_back(getFactor(body.classes[i]));
  }
  if (llvm::all_of(factors, [](float factor) { return factor == 1.0f; }))
    return;
  OpBuilder builder(body.op);
  Operation *lifted = cast<QuantizableOpInterface>(body.op).cloneWithFactors(builder, factors, dims);
  body.op->replaceAllUsesWith(lifted);
  body.op->erase();
}
