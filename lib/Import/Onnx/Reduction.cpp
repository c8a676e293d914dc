//===- Reduction.cpp - The Reduce operators -----------------------------------------------------------------------===//
#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

namespace {
/// A reduction of one tensor over some of its axes.
struct Reduction {
  NodeImporter &n;
  Value data;
  ElementType type; // of the computation; 16-bit floats have been widened
  SmallVector<int64_t> axes;
  bool keepDims;
  int64_t count; // elements that are reduced to one

  using Step = llvm::function_ref<Value(ScalarMath &m, Value element, Value accumulator)>;

  Value accumulate(Value value, Value init, bool keep, Step step) {
    return n.reduce(value, axes, keep, init, [&](ImplicitLocOpBuilder &b, ValueRange args) {
      ScalarMath m(b, isUnsigned(type));
      return step(m, args[0], args[1]);
    });
  }
  Value sum(Value value, bool keep) {
    return accumulate(value, n.scalar(n.irType(type), 0), keep,
                      [](ScalarMath &m, Value x, Value sum) { return m.add(sum, x); });
  }
  Value max(Value value, bool keep) {
    return accumulate(value, getLowest(), keep, [](ScalarMath &m, Value x, Value max) { return m.max(max, x); });
  }
  Value map(ValueRange values, Formula formula) {
    return llvm::is_contained(values, Value()) ? Value() : computeElementwise(n, values, type, formula);
  }

  Value getLowest() { return getLimit(/*highest=*/false); }
  Value getHighest() { return getLimit(/*highest=*/true); }

private:
  Value getLimit(bool highest) {
    Type element = n.irType(type);
    if (isFloat(type)) {
      double infinity = std::numeric_limits<double>::infinity();
      return n.scalar(element, highest ? infinity : -infinity);
    }
    unsigned width = element.getIntOrFloatBitWidth();
    if (isUnsigned(type))
      return n.scalarInt(element, highest ? -1 : 0);
    APInt limit = highest ? APInt::getSignedMaxValue(width) : APInt::getSignedMinValue(width);
    return n.scalarInt(element, limit.getSExtValue());
  }
};

/// Where a reduction is computed.
enum class Domain {
  AsIs,  // in the element type, 16-bit floats in f32
  Float, // integers in double
};
} // namespace

/// The axes to reduce, in order. Nothing, with the failure recorded, if they are not constant or out of range.
static std::optional<SmallVector<int64_t>> getAxes(NodeImporter &n, bool &isNoop) {
  SmallVector<int64_t> axes = n.intsAttr("axes");
  if (n.hasInput(1)) {
    std::optional<SmallVector<int64_t>> given = n.ints(1);
    if (!given) {
      (void)n.unsupported("a non-constant input 'axes'");
      return std::nullopt;
    }
    axes = *given;
  }
  isNoop = axes.empty() && n.intAttr("noop_with_empty_axes", 0);
  if (axes.empty())
    return llvm::to_vector(llvm::seq<int64_t>(0, n.rank(0)));
  return n.normalizeAxes(axes, n.rank(0));
}

static LogicalResult importReduction(NodeImporter &n, Domain domain, llvm::function_ref<Value(Reduction &r)> compute) {
  bool isNoop = false;
  std::optional<SmallVector<int64_t>> axes = getAxes(n, isNoop);
  if (!axes)
    return failure();
  ElementType type = n.inputType(0), computed = type;
  if (isNoop)
    return n.setResult(0, n.input(0), type);
  if (type == ElementType::Float16 || type == ElementType::BFloat16)
    computed = ElementType::Float;
  else if (domain == Domain::Float && !isFloat(type))
    computed = ElementType::Double;
  int64_t count = 1;
  for (int64_t axis : *axes)
    count *= n.shape(0)[axis];
  Value data = n.castTensor(n.input(0), type, computed);
  if (!data)
    return failure();
  Reduction reduction{n, data, computed, std::move(*axes), n.intAttr("keepdims", 1) != 0, count};
  Value result = compute(reduction);
  if (!result)
    return failure();
  return n.setResult(0, n.castTensor(result, computed, type), type);
}

static LogicalResult importReduceSum(NodeImporter &n) {
  return importReduction(n, Domain::AsIs, [](Reduction &r) { return r.sum(r.data, r.keepDims); });
}

static LogicalResult importReduceMean(NodeImporter &n) {
  return importReduction(n, Domain::AsIs, [](Reduction &r) {
    return r.map(r.sum(r.data, r.keepDims),
                 [&](ScalarMath &m, ValueRange args) { return m.div(args[0], m.constant(args[0], r.count)); });
  });
}

static LogicalResult importReduceMax(NodeImporter &n) {
  return importReduction(n, Domain::AsIs, [](Reduction &r) { return r.max(r.data, r.keepDims); });
}

static LogicalResult importReduceMin(NodeImporter &n) {
  return importReduction(n, Domain::AsIs, [](Reduction &r) {
    return r.accumulate(r.data, r.getHighest(), r.keepDims,
                        [](ScalarMath &m, Value x, Value min) { return m.min(min, x); });
  });
}

static LogicalResult importReduceProd(NodeImporter &n) {
  return importReduction(n, Domain::AsIs, [](Reduction &r) {
    return r.accumulate(r.data, r.n.scalar(r.n.irType(r.type), 1), r.keepDims,
                        [](ScalarMath &m, Value x, Value product) { return m.mul(product, x); });
  });
}

static LogicalResult importReduceL1(NodeImporter &n) {
  return importReduction(n, Domain::AsIs, [](Reduction &r) {
    return r.accumulate(r.data, r.n.scalar(r.n.irType(r.type), 0), r.keepDims,
                        [](ScalarMath &m, Value x, Value sum) { return m.add(sum, m.abs(x)); });
  });
}

static Value sumSquares(Reduction &r) {
  return r.accumulate(r.data, r.n.scalar(r.n.irType(r.type), 0), r.keepDims,
                      [](ScalarMath &m, Value x, Value sum) { return m.add(sum, m.mul(x, x)); });
}

static LogicalResult importReduceSumSquare(NodeImporter &n) { return importReduction(n, Domain::AsIs, sumSquares); }

static LogicalResult importReduceL2(NodeImporter &n) {
  return importReduction(n, Domain::Float, [](Reduction &r) {
    return r.map(sumSquares(r), [](ScalarMath &m, ValueRange args) { return m.apply<math::SqrtOp>(args[0]); });
  });
}

static LogicalResult importReduceLogSum(NodeImporter &n) {
  return importReduction(n, Domain::Float, [](Reduction &r) {
    return r.map(r.sum(r.data, r.keepDims),
                 [](ScalarMath &m, ValueRange args) { return m.apply<math::LogOp>(args[0]); });
  });
}

/// Shifted by the maximum, so that no exponential overflows; an infinite maximum is left out, as inf - inf is NaN.
static LogicalResult importReduceLogSumExp(NodeImporter &n) {
  return importReduction(n, Domain::Float, [](Reduction &r) {
    Value shift = r.map(r.max(r.data, /*keep=*/true), [](ScalarMath &m, ValueRange args) {
      Value infinity = m.constant(args[0], std::numeric_limits<double>::infinity());
      return m.select(m.less(m.abs(args[0]), infinity), args[0], m.constant(args[0], 0));
    });
    Value powers = r.map({r.data, shift},
                         [](ScalarMath &m, ValueRange args) { return m.apply<math::ExpOp>(m.sub(args[0], args[1])); });
    Value sum = r.sum(powers, /*keep=*/true);
    Value result = r.map({sum, shift},
                         [](ScalarMath &m, ValueRange args) { return m.add(m.apply<math::LogOp>(args[0]), args[1]); });
    if (!result || r.keepDims)
      return result;
    SmallVector<int64_t> shape;
    for (auto [axis, size] : llvm::enumerate(r.n.shape(0)))
      if (!llvm::is_contained(r.axes, int64_t(axis)))
        shape.push_back(size);
    return r.n.reshape(result, shape);
  });
}

void mlir::qnn::onnx_import::populateReduction(OpTable &table) {
  table.add("ReduceL1", importReduceL1, 1, 2);
  table.add("ReduceL2", importReduceL2, 1, 2);
  table.add("ReduceLogSum", importReduceLogSum, 1, 2);
  table.add("ReduceLogSumExp", importReduceLogSumExp, 1, 2);
  table.add("ReduceMax", importReduceMax, 1, 2);
  table.add("ReduceMean", importReduceMean, 1, 2);
  table.add("ReduceMin", importReduceMin, 1, 2);
  table.add("ReduceProd", importReduceProd, 1, 2);
  table.add("ReduceSum", importReduceSum, 1, 2);
  table.add("ReduceSumSquare", importReduceSumSquare, 1, 2);
}
