//===- Pooling.cpp - Pooling over windows and over all positions -------------------------------------------------===//
#include "Contraction.h"

#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::qnn::onnx_import;

using utils::IteratorType;

/// The window that the node's attributes describe, `kernel_shape` among them.
static std::optional<Window> getPoolingWindow(NodeImporter &n) {
  if (n.rank(0) < 3) {
    (void)n.invalid("the data must have rank 3 or more");
    return std::nullopt;
  }
  auto kernel = getSpatialAttr(n, "kernel_shape", n.rank(0) - 2, 0, 1);
  return kernel ? getWindow(n, n.shape(0).drop_front(2), *kernel) : std::nullopt;
}

/// A reduction over the windows of `padded`: loops n, c, output..., kernel.... A `tensor.empty` of the window's shape
/// gives the kernel's loops their extent. Further operands have the result's shape. The body gets the element, the
/// further operands' and the accumulator.
static Value reduceWindows(NodeImporter &n, Value padded, const Window &window, ValueRange further, Value init,
                           NodeImporter::Body body) {
  if (!padded)
    return {};
  auto tensor = cast<RankedTensorType>(padded.getType());
  unsigned rank = tensor.getRank(), loops = rank + window.rank();
  SmallVector<int64_t> shape{tensor.getDimSize(0), tensor.getDimSize(1)};
  llvm::append_range(shape, window.output);
  SmallVector<AffineExpr> dataExprs{n.b.getAffineDimExpr(0), n.b.getAffineDimExpr(1)}, kernelExprs;
  llvm::append_range(dataExprs, getWindowExprs(n, window, 2, rank));
  for (int64_t i = 0; i < window.rank(); ++i)
    kernelExprs.push_back(n.b.getAffineDimExpr(rank + i));
  AffineMap resultMap = AffineMap::getMultiDimIdentityMap(loops, n.getContext()).getMajorSubMap(rank);
  SmallVector<AffineMap> maps{AffineMap::get(loops, 0, dataExprs, n.getContext()),
                              AffineMap::get(loops, 0, kernelExprs, n.getContext())};
  maps.append(further.size() + 1, resultMap);
  SmallVector<IteratorType> iterators(rank, IteratorType::parallel);
  iterators.append(window.rank(), IteratorType::reduction);
  SmallVector<Value> operands{padded, n.empty(window.kernel, tensor.getElementType())};
  llvm::append_range(operands, further);
  Value target = n.filled(shape, init);
  return linalg::GenericOp::create(n.b, target.getType(), operands, target, maps, iterators,
                                   [&](OpBuilder &builder, Location loc, ValueRange args) {
                                     OpBuilder::InsertionGuard guard(n.b);
                                     n.b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
                                     SmallVector<Value> read(args);
                                     read.erase(read.begin() + 1); // the window is not read
                                     linalg::YieldOp::create(n.b, body(n.b, read));
                                   })
      .getResult(0);
}

//===--- MaxPool -------------------------------------------------------------------------------------------------===//

/// The least value of the type.
static Value getLowest(NodeImporter &n, ElementType type) {
  if (isFloat(type))
    return n.scalar(n.irType(type), -std::numeric_limits<double>::infinity());
  if (isUnsigned(type))
    return n.scalarInt(n.irType(type), 0);
  return n.scalarInt(n.irType(type), llvm::minIntN(8 * getByteWidth(type)));
}

static Value takeMax(ImplicitLocOpBuilder &b, ElementType type, Value x, Value y) {
  if (isFloat(type))
    return arith::MaximumFOp::create(b, x, y);
  if (isUnsigned(type))
    return arith::MaxUIOp::create(b, x, y);
  return arith::MaxSIOp::create(b, x, y);
}

/// For each window, the position of the first element that equals the maximum, counted in the unpadded input.
static Value getMaxIndices(NodeImporter &n, Value padded, Value maxima, const Window &window, ElementType type) {
  unsigned rank = n.rank(0);
  bool columnMajor = n.intAttr("storage_order", 0) != 0;
  Type i64 = n.b.getI64Type();
  Value none = n.scalarInt(i64, std::numeric_limits<int64_t>::max());
  auto channelSize = [&] {
    int64_t size = 1;
    for (int64_t extent : window.input)
      size *= extent;
    return size;
  }();
  // Row-major, so that the least position is the first.
  Value positions =
      reduceWindows(n, padded, window, maxima, none, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        auto asI64 = [&](unsigned loop) -> Value {
          return arith::IndexCastOp::create(b, i64, linalg::IndexOp::create(b, loop));
        };
        auto multiplyAdd = [&](Value x, int64_t factor, Value y) -> Value {
          return arith::AddIOp::create(b, arith::MulIOp::create(b, x, n.scalarInt(i64, factor)), y);
        };
        Value position = multiplyAdd(asI64(0), n.shape(0)[1], asI64(1));
        Value hit = isFloat(type) ? arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, args[0], args[1]).getResult()
                                  : arith::CmpIOp::create(b, arith::CmpIPredicate::eq, args[0], args[1]).getResult();
        for (int64_t i = 0; i < window.rank(); ++i) {
          Value base = arith::MulIOp::create(b, asI64(2 + i), n.scalarInt(i64, window.strides[i]));
          Value at = arith::SubIOp::create(b, multiplyAdd(asI64(rank + i), window.dilations[i], base),
                                           n.scalarInt(i64, window.low[i]));
          Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at, n.scalarInt(i64, window.input[i]));
          hit = arith::AndIOp::create(b, hit, inside);
          position = multiplyAdd(position, window.input[i], at);
        }
        Value candidate = arith::SelectOp::create(b, hit, position, none);
        return arith::MinSIOp::create(b, args[2], candidate);
      });
  if (!columnMajor)
    return positions;
  return n.elementwise(positions, i64, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    Value size = n.scalarInt(i64, channelSize);
    Value rest = arith::RemSIOp::create(b, args[0], size);
    Value result = arith::MulIOp::create(b, arith::DivSIOp::create(b, args[0], size), size);
    int64_t rowMajor = channelSize, weight = 1;
    for (int64_t extent : window.input) {
      rowMajor /= extent;
      Value at = arith::DivSIOp::create(b, rest, n.scalarInt(i64, rowMajor));
      rest = arith::RemSIOp::create(b, rest, n.scalarInt(i64, rowMajor));
      result = arith::AddIOp::create(b, result, arith::MulIOp::create(b, at, n.scalarInt(i64, weight)));
      weight *= extent;
    }
    return result;
  });
}

static LogicalResult importMaxPool(NodeImporter &n) {
  ElementType type = n.inputType(0);
  if (!isFloat(type) && type != ElementType::Int8 && type != ElementType::UInt8)
    return n.invalid("the data must be floats or 8-bit integers");
  std::optional<Window> window = getPoolingWindow(n);
  if (!window)
    return failure();
  Value lowest = getLowest(n, type);
  Value padded = padForWindow(n, n.input(0), *window, lowest);
  Value maxima = reduceWindows(n, padded, *window, {}, lowest, [&](ImplicitLocOpBuilder &b, ValueRange args) {
    return takeMax(b, type, args[1], args[0]);
  });
  if (failed(n.setResult(0, maxima, type)))
    return failure();
  if (!n.hasOutput(1))
    return success();
  return n.setResult(1, getMaxIndices(n, padded, maxima, *window, type), ElementType::Int64);
}

//===--- AveragePool and LpPool ----------------------------------------------------------------------------------===//

/// How many elements of each window count, row-major over the outputs: those of the input, or also those of the padding
/// that the attributes state, but never those that ceil_mode reads beyond it.
static SmallVector<double> countElementsOfWindows(const Window &window, bool includePadding) {
  SmallVector<double> counts{1};
  for (int64_t i = 0; i < window.rank(); ++i) {
    int64_t first = includePadding ? 0 : window.low[i];
    int64_t last = window.low[i] + window.input[i] + (includePadding ? window.high[i] : 0);
    SmallVector<double> extended;
    for (double outer : counts) {
      for (int64_t out = 0; out < window.output[i]; ++out) {
        int64_t count = 0;
        for (int64_t k = 0; k < window.kernel[i]; ++k) {
          int64_t at = out * window.strides[i] + k * window.dilations[i];
          count += at >= first && at < last;
        }
        extended.push_back(outer * count);
      }
    }
    counts = std::move(extended);
  }
  return counts;
}

static LogicalResult importAveragePool(NodeImporter &n) {
  ElementType type = n.inputType(0);
  if (!isFloat(type))
    return n.invalid("the data must be floats");
  std::optional<Window> window = getPoolingWindow(n);
  if (!window)
    return failure();
  ElementType work = getAccumulatorType(type);
  Type element = n.irType(work);
  Value zero = n.scalar(element, 0);
  Value padded = padForWindow(n, n.castTensor(n.input(0), type, work), *window, zero);
  Value sums = reduceWindows(n, padded, *window, {}, zero, [](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    return arith::AddFOp::create(b, args[1], args[0]);
  });
  if (!sums)
    return failure();
  SmallVector<double> counts = countElementsOfWindows(*window, n.intAttr("count_include_pad", 0) != 0);
  Value divisor = llvm::all_equal(counts) && !counts.empty() ? n.floatTensor(counts[0], {}, work)
                                                             : n.floatTensor(counts, window->output, work);
  Value result = n.elementwise({sums, divisor}, element, [](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    return arith::DivFOp::create(b, args[0], args[1]);
  });
  return n.setResult(0, result ? n.castTensor(result, work, type) : result, type);
}

/// |x|^p.
static Value raise(NodeImporter &n, ImplicitLocOpBuilder &b, Value x, int64_t p) {
  if (p == 2)
    return arith::MulFOp::create(b, x, x);
  Value magnitude = math::AbsFOp::create(b, x);
  return p == 1 ? magnitude : math::PowFOp::create(b, magnitude, n.scalar(x.getType(), p)).getResult();
}

/// The p-th root of a tensor of sums.
static Value takeRoot(NodeImporter &n, Value sums, int64_t p) {
  if (!sums || p == 1)
    return sums;
  Type element = cast<RankedTensorType>(sums.getType()).getElementType();
  return n.elementwise(sums, element, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    if (p == 2)
      return math::SqrtOp::create(b, args[0]);
    return math::PowFOp::create(b, args[0], n.scalar(element, 1.0 / p));
  });
}

static LogicalResult importLpPool(NodeImporter &n) {
  ElementType type = n.inputType(0);
  int64_t p = n.intAttr("p", 2);
  if (!isFloat(type) || p < 1)
    return n.invalid("the data must be floats and p at least 1");
  std::optional<Window> window = getPoolingWindow(n);
  if (!window)
    return failure();
  ElementType work = getAccumulatorType(type);
  Value zero = n.scalar(n.irType(work), 0);
  Value padded = padForWindow(n, n.castTensor(n.input(0), type, work), *window, zero);
  Value sums = reduceWindows(n, padded, *window, {}, zero, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    return arith::AddFOp::create(b, args[1], raise(n, b, args[0], p));
  });
  Value result = takeRoot(n, sums, p);
  return n.setResult(0, result ? n.castTensor(result, work, type) : result, type);
}

//===--- Global pools --------------------------------------------------------------------------------------------===//

/// Reduces all spatial dimensions, in the accumulator type, after a cast.
static Value reduceSpatial(NodeImporter &n, Value init, NodeImporter::Body body) {
  ElementType type = n.inputType(0);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, n.rank(0)));
  return n.reduce(n.castTensor(n.input(0), type, getAccumulatorType(type)), axes, /*keepDims=*/true, init, body);
}

static LogicalResult checkGlobal(NodeImporter &n) {
  if (!isFloat(n.inputType(0)) || n.rank(0) < 2)
    return n.invalid("the data must be floats of rank 2 or more");
  return success();
}

static LogicalResult importGlobalAveragePool(NodeImporter &n) {
  if (failed(checkGlobal(n)))
    return failure();
  ElementType type = n.inputType(0), work = getAccumulatorType(type);
  Type element = n.irType(work);
  double count = 1;
  for (int64_t extent : n.shape(0).drop_front(2))
    count *= extent;
  Value sums = reduceSpatial(n, n.scalar(element, 0), [](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    return arith::AddFOp::create(b, args[1], args[0]);
  });
  Value result = n.elementwise(sums, element, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    return arith::DivFOp::create(b, args[0], n.scalar(element, count));
  });
  return n.setResult(0, result ? n.castTensor(result, work, type) : result, type);
}

static LogicalResult importGlobalMaxPool(NodeImporter &n) {
  if (failed(checkGlobal(n)))
    return failure();
  ElementType type = n.inputType(0), work = getAccumulatorType(type);
  Value result = reduceSpatial(n, getLowest(n, work), [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    return takeMax(b, work, args[1], args[0]);
  });
  return n.setResult(0, result ? n.castTensor(result, work, type) : result, type);
}

static LogicalResult importGlobalLpPool(NodeImporter &n) {
  if (failed(checkGlobal(n)))
    return failure();
  int64_t p = n.intAttr("p", 2);
  if (p < 1)
    return n.invalid("p is " + Twine(p) + ", expected at least 1");
  ElementType type = n.inputType(0), work = getAccumulatorType(type);
  Value sums = reduceSpatial(n, n.scalar(n.irType(work), 0), [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
    return arith::AddFOp::create(b, args[1], raise(n, b, args[0], p));
  });
  Value result = takeRoot(n, sums, p);
  return n.setResult(0, result ? n.castTensor(result, work, type) : result, type);
}

void qnn::onnx_import::populatePooling(OpTable &table) {
  table.add("MaxPool", importMaxPool, 1, 1);
  table.add("AveragePool", importAveragePool, 1, 1);
  table.add("LpPool", importLpPool, 1, 1);
  table.add("GlobalAveragePool", importGlobalAveragePool, 1, 1);
  table.add("GlobalMaxPool", importGlobalMaxPool, 1, 1);
  table.add("GlobalLpPool", importGlobalLpPool, 1, 1);
}
