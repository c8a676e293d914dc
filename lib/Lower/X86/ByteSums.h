//===- ByteSums.h - Elementwise operations that add two bytes ----------------------------------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_X86_BYTESUMS_H
#define QUANT_OPT_LIB_LOWER_X86_BYTESUMS_H

#include "quant-opt/Numerics/ByteSum.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qnn {

/// What an operation computes of two of its block's arguments.
struct MatchedByteSum {
  numerics::ByteSum sum;
  BlockArgument first, second;
  bool isFirstUnsigned, isSecondUnsigned, isUnsigned;
};

/// The sum that the body of `op` is for all values of the two bytes that it reads, if it dequantizes them, adds,
/// subtracts, bounds and multiplies by constants, and quantizes to a byte; nothing otherwise.
std::optional<MatchedByteSum> matchByteSum(linalg::GenericOp op);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_X86_BYTESUMS_H
