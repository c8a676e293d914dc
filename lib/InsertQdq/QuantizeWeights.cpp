//===- QuantizeWeights.cpp - Constant operands become stored integers ---------------------------------------------===//
#include "QuantizeWeights.h"

#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::qnn;

void qnn::quantizeWeight(OpBuilder &builder, Operation *contraction, const ChosenWeight &weight) {
  OpOperand &operand = *weight.operand;
  const WeightView &view = weight.view;
  const std::vector<int8_t> stored = weight.getIntegers();

  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(contraction);
  Location loc = operand.get().getLoc();
  Type i8 = builder.getI8Type(), f32 = builder.getF32Type();
  unsigned flags = quant::QuantizationFlags::Signed;
  Type element;
  if (weight.perChannel) {
    SmallVector<double> scales(weight.scales.begin(), weight.scales.end());
    SmallVector<int64_t> zeroPoints(scales.size(), 0);
    element = quant::UniformQuantizedPerAxisType::get(flags, i8, f32, scales, zeroPoints, view.axis, weight.bounds.qmin,
                                                      weight.bounds.qmax);
  } else {
    element =
        quant::UniformQuantizedType::get(flags, i8, f32, weight.scales[0], 0, weight.bounds.qmin, weight.bounds.qmax);
  }
  auto type = cast<RankedTensorType>(operand.get().getType());
  auto storedType = RankedTensorType::get(view.storedShape, i8);
  Value constant =
      createConstant<int8_t>(builder, loc, storedType, stored, getNodeName(contraction->getLoc()) + "_weight");
  Value quantized = quant::StorageCastOp::create(builder, loc, storedType.clone(element), constant);
  Value replacement = quant::DequantizeCastOp::create(builder, loc, storedType.clone(f32), quantized);
  if (!view.reassociation.empty())
    replacement = tensor::ExpandShapeOp::create(builder, loc, type, replacement, view.reassociation);
  Operation *floats = operand.get().getDefiningOp();
  operand.set(replacement);
  if (floats->use_empty())
    floats->erase();
}
