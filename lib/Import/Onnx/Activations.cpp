//===- Activations.cpp - Activation functions, in the canonical bodies that later stages recognise ----------------===//
#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

/// An activation: a formula on floats.
static LogicalResult importActivation(NodeImporter &n, llvm::function_ref<Value(ScalarMath &m, Value x)> formula) {
  if (failed(expectFloat(n, 0)))
    return failure();
  return importUnary(n, formula);
}

static Value clamp01(ScalarMath &m, Value x) { return m.min(m.max(x, m.constant(x, 0)), m.constant(x, 1)); }

/// log(1 + exp(x)) without overflow of the exponential.
static Value softplus(ScalarMath &m, Value x) {
  Value decayed = m.apply<math::ExpOp>(m.neg(m.abs(x)));
  return m.add(m.max(x, m.constant(x, 0)), m.apply<math::Log1pOp>(decayed));
}

static LogicalResult importRelu(NodeImporter &n) {
  return importUnary(n, [](ScalarMath &m, Value x) { return m.max(x, m.constant(x, 0)); });
}

static LogicalResult importLeakyRelu(NodeImporter &n) {
  double alpha = n.floatAttr("alpha", 0.01f);
  return importActivation(n, [&](ScalarMath &m, Value x) {
    return m.select(m.greaterOrEqual(x, m.constant(x, 0)), x, m.mul(x, m.constant(x, alpha)));
  });
}

static LogicalResult importPRelu(NodeImporter &n) {
  if (failed(expectSameTypes(n)))
    return failure();
  // The slope broadcasts to the data in one direction; before version 7 it was one value a channel.
  SmallVector<int64_t> shape(n.shape(0));
  Value slope = n.input(1);
  if (n.opset() < 7 && n.rank(1) == 1 && n.rank(0) > 2) {
    SmallVector<int64_t> channelShape(n.rank(0) - 1, 1);
    channelShape[0] = n.shape(1)[0];
    slope = n.reshape(slope, channelShape);
  }
  if (!slope)
    return failure();
  ArrayRef<int64_t> slopeShape = cast<RankedTensorType>(slope.getType()).getShape();
  auto broadcast = n.broadcastShape({shape, slopeShape});
  if (!broadcast)
    return failure();
  if (*broadcast != shape)
    return n.invalid("the slope does not broadcast to the shape of the input");
  ElementType type = n.inputType(0);
  Value result = computeElementwise(n, {n.input(0), slope}, type, [](ScalarMath &m, ValueRange args) {
    Value x = args[0];
    return m.select(m.greaterOrEqual(x, m.constant(x, 0)), x, m.mul(x, args[1]));
  });
  return n.setResult(0, result, type);
}

static LogicalResult importElu(NodeImporter &n) {
  double alpha = n.floatAttr("alpha", 1);
  return importActivation(n, [&](ScalarMath &m, Value x) {
    Value below = m.mul(m.constant(x, alpha), m.apply<math::ExpM1Op>(x));
    return m.select(m.less(x, m.constant(x, 0)), below, x);
  });
}

static LogicalResult importCelu(NodeImporter &n) {
  double alpha = n.floatAttr("alpha", 1);
  return importActivation(n, [&](ScalarMath &m, Value x) {
    Value zero = m.constant(x, 0), scale = m.constant(x, alpha);
    Value below = m.mul(scale, m.apply<math::ExpM1Op>(m.div(x, scale)));
    return m.add(m.max(x, zero), m.min(below, zero));
  });
}

static LogicalResult importSelu(NodeImporter &n) {
  double alpha = n.floatAttr("alpha", 1.67326319217681884765625f),
         gamma = n.floatAttr("gamma", 1.05070102214813232421875f);
  return importActivation(n, [&](ScalarMath &m, Value x) {
    Value below = m.mul(m.constant(x, alpha), m.apply<math::ExpM1Op>(x));
    return m.mul(m.constant(x, gamma), m.select(m.greater(x, m.constant(x, 0)), x, below));
  });
}

static LogicalResult importThresholdedRelu(NodeImporter &n) {
  double alpha = n.floatAttr("alpha", 1);
  return importActivation(
      n, [&](ScalarMath &m, Value x) { return m.select(m.greater(x, m.constant(x, alpha)), x, m.constant(x, 0)); });
}

static LogicalResult importSigmoid(NodeImporter &n) {
  return importActivation(n, [](ScalarMath &m, Value x) {
    Value one = m.constant(x, 1);
    return m.div(one, m.add(one, m.apply<math::ExpOp>(m.neg(x))));
  });
}

static LogicalResult importHardSigmoid(NodeImporter &n) {
  double alpha = n.floatAttr("alpha", 0.2f), beta = n.floatAttr("beta", 0.5f);
  return importActivation(n, [&](ScalarMath &m, Value x) {
    return clamp01(m, m.add(m.mul(x, m.constant(x, alpha)), m.constant(x, beta)));
  });
}

static LogicalResult importHardSwish(NodeImporter &n) {
  return importActivation(n, [](ScalarMath &m, Value x) {
    Value gate = m.add(m.mul(x, m.constant(x, 1.0f / 6.0f)), m.constant(x, 0.5));
    return m.mul(x, clamp01(m, gate));
  });
}

static LogicalResult importSoftplus(NodeImporter &n) { return importActivation(n, softplus); }

static LogicalResult importMish(NodeImporter &n) {
  return importActivation(n, [](ScalarMath &m, Value x) { return m.mul(x, m.apply<math::TanhOp>(softplus(m, x))); });
}

static LogicalResult importSoftsign(NodeImporter &n) {
  return importActivation(n, [](ScalarMath &m, Value x) { return m.div(x, m.add(m.constant(x, 1), m.abs(x))); });
}

static LogicalResult importGelu(NodeImporter &n) {
  std::string approximation = n.stringAttr("approximate", "none");
  if (approximation != "none" && approximation != "tanh")
    return n.invalid("approximate is '" + approximation + "', expected 'none' or 'tanh'");
  return importActivation(n, [&](ScalarMath &m, Value x) {
    Value half = m.constant(x, 0.5), one = m.constant(x, 1);
    if (approximation == "none")
      return m.mul(m.mul(half, x), m.add(one, m.apply<math::ErfOp>(m.mul(x, m.constant(x, M_SQRT1_2)))));
    Value cube = m.mul(m.mul(x, x), x);
    Value inner = m.mul(m.constant(x, std::sqrt(2 / M_PI)), m.add(x, m.mul(m.constant(x, 0.044715), cube)));
    return m.mul(m.mul(half, x), m.add(one, m.apply<math::TanhOp>(inner)));
  });
}

static LogicalResult importShrink(NodeImporter &n) {
  double lambda = n.floatAttr("lambd", 0.5f), bias = n.floatAttr("bias", 0);
  ElementType type = n.inputType(0);
  // Integers are shrunk in double, where the bounds need not be whole.
  Value x = isFloat(type) ? n.input(0) : n.castTensor(n.input(0), type, ElementType::Double);
  ElementType computed = isFloat(type) ? type : ElementType::Double;
  if (!x)
    return failure();
  Value result = computeElementwise(n, x, computed, [&](ScalarMath &m, ValueRange args) {
    Value x = args[0];
    Value low = m.select(m.less(x, m.constant(x, -lambda)), m.add(x, m.constant(x, bias)), m.constant(x, 0));
    return m.select(m.greater(x, m.constant(x, lambda)), m.sub(x, m.constant(x, bias)), low);
  });
  return n.setResult(0, computed == type ? result : n.castTensor(result, computed, type), type);
}

void mlir::qnn::onnx_import::populateActivations(OpTable &table) {
  table.add("Celu", importCelu, 1, 1);
  table.add("Elu", importElu, 1, 1);
  table.add("Gelu", importGelu, 1, 1);
  table.add("HardSigmoid", importHardSigmoid, 1, 1);
  table.add("HardSwish", importHardSwish, 1, 1);
  table.add("LeakyRelu", importLeakyRelu, 1, 1);
  table.add("Mish", importMish, 1, 1);
  table.add("PRelu", importPRelu, 2, 2);
  table.add("Relu", importRelu, 1, 1);
  table.add("Selu", importSelu, 1, 1);
  table.add("Shrink", importShrink, 1, 1);
  table.add("Sigmoid", importSigmoid, 1, 1);
  table.add("Softplus", importSoftplus, 1, 1);
  table.add("Softsign", importSoftsign, 1, 1);
  table.add("ThresholdedRelu", importThresholdedRelu, 1, 1);
}
