//===- Precision.h - The number format that a layer is asked to compute in ----------------------------------------===//
#ifndef QUANT_OPT_DIALECT_QNN_IR_PRECISION_H
#define QUANT_OPT_DIALECT_QNN_IR_PRECISION_H

#include "mlir/IR/Operation.h"
#include <optional>

namespace mlir::qnn {

/// A string attribute of an operation that begins a chain (see Analysis/QuantizedEdges.h), before the Qdq form.
constexpr llvm::StringLiteral kPrecisionAttr = "qnn.precision";

/// Tensors on the same operation: its weight and bias as they were before others were chosen for quantization.
/// `--qnn-restore-floats` gives them back to layers that stay float.
constexpr llvm::StringLiteral kFloatWeightAttr = "qnn.float_weight";
constexpr llvm::StringLiteral kFloatBiasAttr = "qnn.float_bias";

enum class Precision {
  I8,   ///< 8-bit weights and activations: what a layer without the attribute has
  I4,   ///< 4-bit weights, 8-bit activations
  I16,  ///< 8-bit weights, 16-bit activations
  BF16, ///< not quantized: operands rounded to bfloat16
  F16,  ///< not quantized: operands stored as IEEE half
  F32,  ///< not quantized
};

/// "i8", "i4", "i16", "bf16", "f16", "f32".
StringRef getPrecisionName(Precision precision);
std::optional<Precision> parsePrecision(StringRef name);
/// All names, narrowest first.
ArrayRef<StringRef> getPrecisionNames();

/// Whether a layer of this precision is left out of quantization.
inline bool isFloat(Precision precision) { return precision >= Precision::BF16; }

/// What the operation's attribute says, or nothing if it has none.
std::optional<Precision> getStatedPrecision(Operation *op);
/// The same, I8 if it has none.
Precision getPrecision(Operation *op);
void setPrecision(Operation *op, Precision precision);

} // namespace mlir::qnn

#endif // QUANT_OPT_DIALECT_QNN_IR_PRECISION_H
