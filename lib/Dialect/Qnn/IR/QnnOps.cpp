//===- QnnOps.cpp - Verifiers of the qnn dialect's operations -----------------------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

#include <cmath>

using namespace mlir;
using namespace mlir::qnn;

LogicalResult ObserveOp::verify() {
  if (getEdge().empty())
    return emitOpError("needs a non-empty edge name");
  return success();
}

LogicalResult RangeOp::verify() {
  ArrayRef<float> lo = getLo(), hi = getHi();
  if (lo.size() != hi.size())
    return emitOpError("has ") << lo.size() << " lower and " << hi.size() << " upper bounds; expected as many of each";
  int64_t expected = 1;
  if (std::optional<uint64_t> axis = getAxis()) {
    auto type = cast<RankedTensorType>(getInput().getType());
    if (*axis >= static_cast<uint64_t>(type.getRank()))
      return emitOpError("axis ") << *axis << " is outside the rank " << type.getRank();
    expected = type.getDimSize(*axis);
    // The channels of a grouped weight are two dimensions.
    if (*axis + 1 < static_cast<uint64_t>(type.getRank()) && type.hasStaticShape() &&
        static_cast<int64_t>(lo.size()) == expected * type.getDimSize(*axis + 1))
      expected = lo.size();
  }
  if (!ShapedType::isDynamic(expected) && static_cast<int64_t>(lo.size()) != expected)
    return emitOpError("expected ") << expected << " bounds, found " << lo.size();
  for (auto [l, h] : llvm::zip(lo, hi))
    if (!std::isfinite(l) || !std::isfinite(h) || l > h)
      return emitOpError("expected finite bounds with lo <= hi, found [") << l << ", " << h << "]";
  return success();
}

/// Checks that zero point and clamp bounds are values of the storage type.
template <typename OpTy> static LogicalResult verifyStorageBounds(OpTy op) {
  int32_t span = 1 << getElementTypeOrSelf(op.getResult().getType()).getIntOrFloatBitWidth();
  int32_t min = op.getIsUnsigned() ? 0 : -span / 2, max = min + span - 1;
  int32_t lo = op.getLo(), hi = op.getHi(), zeroPoint = op.getZeroPoint();
  if (lo < min || hi > max || lo > hi)
    return op.emitOpError("expected clamp bounds within [")
           << min << ", " << max << "], found [" << lo << ", " << hi << "]";
  if (zeroPoint < min || zeroPoint > max)
    return op.emitOpError("expected a zero point within [") << min << ", " << max << "], found " << zeroPoint;
  return success();
}

LogicalResult QuantizeOp::verify() { return verifyStorageBounds(*this); }

LogicalResult RequantizeOp::verify() { return verifyStorageBounds(*this); }

LogicalResult LookupOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getTable().getType());
  if (!type || type.getRank() != 1 || type.getDimSize(0) != 256 || !type.getElementType().isInteger(8) ||
      !isa<DenseElementsAttr>(getTable()))
    return emitOpError("expected a dense table of type tensor<256xi8>, found ") << getTable().getType();
  return success();
}

OpFoldResult LookupOp::fold(FoldAdaptor) {
  auto table = dyn_cast<DenseElementsAttr>(getTable());
  if (!table)
    return {};
  auto entries = table.getValues<int8_t>();
  if (auto inner = getInput().getDefiningOp<LookupOp>()) {
    SmallVector<int8_t> composed;
    for (int8_t entry : cast<DenseElementsAttr>(inner.getTable()).getValues<int8_t>())
      composed.push_back(entries[static_cast<uint8_t>(entry)]);
    setTableAttr(DenseElementsAttr::get(table.getType(), ArrayRef<int8_t>(composed)));
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  bool isIdentity = true;
  for (auto [byte, entry] : llvm::enumerate(entries))
    isIdentity &= static_cast<uint8_t>(entry) == byte;
  return isIdentity ? getInput() : Value();
}

LogicalResult Dot4Op::verify() {
  int64_t bytes = cast<VectorType>(getLhs().getType()).getNumElements();
  int64_t lanes = cast<VectorType>(getAcc().getType()).getNumElements();
  if (bytes != 4 * lanes)
    return emitOpError("expected 4 bytes for each i32 lane, found ") << bytes << " bytes and " << lanes << " lanes";
  return success();
}

/// `[-1.0, 0.5]`. A dense array of floats prints six decimals, which is not the same float when read back.
static void printBounds(OpAsmPrinter &printer, RangeOp, DenseF32ArrayAttr bounds) {
  printer << '[';
  llvm::interleaveComma(bounds.asArrayRef(), printer, [&](float bound) { printer.printFloat(APFloat(bound)); });
  printer << ']';
}

static ParseResult parseBounds(OpAsmParser &parser, DenseF32ArrayAttr &bounds) {
  SmallVector<float> values;
  ParseResult result = parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    APFloat value(0.0f);
    if (parser.parseFloat(APFloat::IEEEsingle(), value))
      return failure();
    values.push_back(value.convertToFloat());
    return success();
  });
  bounds = DenseF32ArrayAttr::get(parser.getContext(), values);
  return result;
}

#include "quant-opt/Dialect/Qnn/IR/QnnEnums.cpp.inc"

#define GET_OP_CLASSES
#include "quant-opt/Dialect/Qnn/IR/QnnOps.cpp.inc"
