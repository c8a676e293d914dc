//===- QnnProgramOps.cpp - Verifiers of the operations of the Lowered form ---------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"

using namespace mlir;
using namespace mlir::qnn;

int64_t BufferOp::getBytesOf(MemRefType type) {
  return type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

bool BufferOp::overlaps(BufferOp other) {
  if (getKind() != other.getKind())
    return false;
  if (getKind() == BufferKind::Input || getKind() == BufferKind::Output)
    return getPosition() == other.getPosition();
  int64_t begin = getPosition(), otherBegin = other.getPosition();
  return begin < otherBegin + other.getByteSize() && otherBegin < begin + getByteSize();
}

LogicalResult BufferOp::verify() {
  if (!getType().getLayout().isIdentity())
    return emitOpError("expected a dense row-major type, found ") << getType();
  if (!getType().getElementType().isIntOrFloat())
    return emitOpError("expected integer or float elements, found ") << getType();
  int64_t position = getPosition();
  if (position < 0)
    return emitOpError("expected a position of at least 0, found ") << position;
  return success();
}

LogicalResult ProgramOp::verifyRegions() {
  for (ArrayAttr list : {getInputs(), getOutputs()})
    for (Attribute entry : list) {
      auto dict = dyn_cast<DictionaryAttr>(entry);
      if (!dict || !dict.getAs<StringAttr>("name") || !dict.getAs<StringAttr>("type") ||
          !dict.getAs<TypeAttr>("tensor"))
        return emitOpError("expected a dictionary of name, type and tensor, found ") << entry;
    }
  for (Operation &op : getSteps().getOps())
    if (!isa<StepOp, LaunchOp>(op))
      return emitOpError("expected only steps or launches, found ") << op.getName();
  return success();
}

LogicalResult StepOp::verify() {
  if (static_cast<int64_t>(getCount()) < 1)
    return emitOpError("expected a count of at least 1, found ") << static_cast<int64_t>(getCount());
  const int64_t shared = getShared().value_or(0);
  if (shared < 0 || (shared > 0 && static_cast<int64_t>(getCount()) % shared))
    return emitOpError("expected that the shared iterations divide the count, found ") << shared;
  return success();
}

LogicalResult LaunchOp::verify() {
  for (int64_t extent : {static_cast<int64_t>(getGrid()), static_cast<int64_t>(getCount())})
    if (extent < 1 || extent > INT32_MAX)
      return emitOpError("expected a grid and a count from 1 to 2147483647, found ") << extent;
  if (int64_t block = getBlock(); block < 1 || block > 1024)
    return emitOpError("expected a block of 1 to 1024 threads, found ") << block;
  if (getKinds().size() != getPositions().size())
    return emitOpError("expected a position for each kind, found ")
           << getPositions().size() << " for " << getKinds().size();
  for (int32_t kind : getKinds())
    if (!symbolizeBufferKind(kind))
      return emitOpError("expected kinds of buffers, found ") << kind;
  return success();
}
