//===- QuantizableOpInterface.h - What the quantizing stages see of an operation ----------------------------------===//
#ifndef QUANT_OPT_INTERFACES_QUANTIZABLEOPINTERFACE_H
#define QUANT_OPT_INTERFACES_QUANTIZABLEOPINTERFACE_H

#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::qnn {

/// How an operation relates to quantized values.
enum class QuantRole {
  /// Stays in f32; the rule's `reason` says why.
  Float,
  /// acc += a * b over its reduction loops, from a zero accumulator: matmuls, convolutions of any kind.
  Contraction,
  /// acc += a over its reduction loops, from a zero accumulator: sums and, with the scale that follows, average
  /// pooling.
  LinearReduction,
  /// Moves or selects elements, so that activations and result share scale and zero point: reshape, slice, concat, max
  /// pooling.
  ValuePreserving,
  /// Computes each element of the result from one element of each input.
  Elementwise,
};

/// The name of a role in messages: "contraction", "linear reduction", "value-preserving", "elementwise", "float".
StringRef getRoleName(QuantRole role);

/// An operation reduced to what quantization needs to know.
struct QuantRule {
  QuantRole role = QuantRole::Float;
  /// Why the operation stays float; empty where that needs no saying (constants, fills, integer arithmetic).
  std::string reason;

  /// The operands that carry quantized values. A contraction has one when the other operand is a weight, else two
  /// (left, right); an elementwise operation's are its f32 tensors that are not constant.
  SmallVector<OpOperand *, 2> activations;

  /// A contraction's constant operand, or null when both operands are activations.
  OpOperand *weight = nullptr;

  /// The loops of contractions and linear reductions: one map for each of `activations`, then the weight's if there is
  /// one, then one for each of `windows`, then the result's. Elementwise: one for each of `inputs`, then the result's,
  /// which is the identity.
  SmallVector<AffineMap, 4> maps;
  SmallVector<utils::IteratorType, 8> iterators;

  /// Operands that only give a pooling window its shape.
  SmallVector<Value, 1> windows;

  /// A finite value other than zero that padding adds, and that the storage must therefore hold.
  std::optional<float> padding;

  /// Elementwise: every operand that the scalar computation reads, constants and integers too.
  SmallVector<OpOperand *, 4> inputs;

  bool isFloat() const { return role == QuantRole::Float; }
  bool accumulates() const { return role == QuantRole::Contraction || role == QuantRole::LinearReduction; }

  /// The dimensions of the weight that index output channels: those that an output loop walks.
  SmallVector<int64_t> getWeightChannelDims() const;
  /// The loops of those dimensions, in the same order.
  SmallVector<int64_t> getWeightChannelLoops() const;
};

/// What a storage integer of 8 or 16 bits means: value = (q - zeroPoint) * scale.
struct StorageKind {
  bool isUnsigned = true;
  float scale = 1.0f;
  int32_t zeroPoint = 0;
  int32_t min = 0, max = 255;
  unsigned width = 8;

  bool operator==(const StorageKind &other) const {
    return isUnsigned == other.isUnsigned && scale == other.scale && zeroPoint == other.zeroPoint && min == other.min &&
           max == other.max && width == other.width;
  }
};

/// Called with the number of an activation, the position of one of its elements, and that of an element of the result.
using TieFn = llvm::function_ref<void(unsigned activation, int64_t source, int64_t result)>;

/// Whether f(s * x) = s * f(x) for each s > 0, and what else must be multiplied by s for that to hold.
struct Homogeneity {
  /// Why it does not hold; empty if it does.
  std::string reason;
  /// Constant tensors that take the factor too, such as a bias.
  SmallVector<OpOperand *, 2> scaled;
  /// Activations that must keep their scale: a factor on the others alone is what the result takes.
  SmallVector<OpOperand *, 2> invariant;
  /// The only constant tensor, if the computation is the product of its element and the activation's: it may take a
  /// factor of its own, which the result then has.
  OpOperand *multiplier = nullptr;
  /// Whether scalar constants of the computation itself take it, such as the bounds of a clip.
  bool scalesBody = false;

  /// Whether the computation gives its only activation back wherever that is not negative: relu, leaky relu.
  bool isIdentityAboveZero = false;

  bool holds() const { return reason.empty(); }
  static Homogeneity refuse(const Twine &reason) {
    Homogeneity result;
    result.reason = reason.str();
    return result;
  }
};

} // namespace mlir::qnn

#include "quant-opt/Interfaces/QuantizableOpInterface.h.inc"

namespace mlir::qnn {

/// The rule of any operation: without the interface it is float, and says so.
QuantRule getQuantRule(Operation *op);

/// Whether `value` is known at compile time: a constant, or value-preserving operations and Q/DQ casts on constants.
bool isConstantValue(Value value);

/// Attaches the interface's models for linalg and tensor operations.
void registerLinalgQuantModels(DialectRegistry &registry);
void registerTensorQuantModels(DialectRegistry &registry);
void registerExternalModels(DialectRegistry &registry);

} // namespace mlir::qnn

#endif // QUANT_OPT_INTERFACES_QUANTIZABLEOPINTERFACE_H
