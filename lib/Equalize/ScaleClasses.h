//===- ScaleClasses.h - Which elements of a model must be multiplied by one factor --------------------------------===//
#ifndef QUANT_OPT_LIB_EQUALIZE_SCALECLASSES_H
#define QUANT_OPT_LIB_EQUALIZE_SCALECLASSES_H

#include "quant-opt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::qnn {

/// A class of elements that share one factor, typically a channel of every tensor between two layers. The elements of
/// class 0 keep their values: what enters and leaves the model, and what meets an operation that is not homogeneous.
using ScaleClass = uint32_t;
constexpr ScaleClass kFixed = 0;

/// The weight of a contraction, or a constant tensor that multiplies: multiplied by out's factor, divided by in's.
struct ScaledWeight {
  OpOperand *operand;
  std::vector<float> values;
  std::vector<ScaleClass> in, out; // by element
};

/// A constant operand that takes the factor of what it is added to or compared with.
struct ScaledOffset {
  OpOperand *operand;
  std::vector<float> values;
  std::vector<ScaleClass> classes; // by element
};

/// An elementwise operation with scalar constants in its computation that take the result's factor.
struct ScaledBody {
  Operation *op;
  std::vector<ScaleClass> classes; // by element of the result
};

/// An operation that keeps the factors of its activations at one, although contractions may be on both sides.
struct ScaleBarrier {
  Operation *op;
  std::string reason;
};

struct ScaleClassesOptions {
  /// Whether scalar constants of a computation may become one for each channel.
  bool perChannelBounds = false;
  /// Values whose elements' classes are asked for.
  ArrayRef<Value> values = {};
};

struct ScaleClasses {
  std::vector<ScaledWeight> weights;
  std::vector<ScaledOffset> offsets;
  std::vector<ScaledBody> bodies;
  std::vector<ScaleBarrier> barriers;
  /// The class of each element of the values asked for.
  DenseMap<Value, std::vector<ScaleClass>> elements;
  /// For each class the one that takes the inverse of its factor, or class 0: the channels of two activations whose
  /// products are summed over the channels.
  std::vector<ScaleClass> inverseOf;
  /// The region of each class, in program order: classes of elements of one value belong to one region, and a class to
  /// its inverse's.
  std::vector<uint32_t> regionOf;
  uint32_t numRegions = 0; // region 0 holds class 0 alone
  /// Where each region begins.
  std::vector<Location> locations;

  uint32_t getNumClasses() const { return regionOf.size(); }
};

ScaleClasses getScaleClasses(FunctionOpInterface function, const ScaleClassesOptions &options);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_EQUALIZE_SCALECLASSES_H
