//===- ScaleClasses.h - Which elements of a model must be multiplied by one factor --------------------------------===//
#ifndef QUANT_OPT_LIB_EQUALIZE_SCALECLASSES_H
#define QUANT_OPT_LIB_EQUALIZE_SCALECLASSES_H

#include "quant-opt/Interfaces/QuantizableOpInterface.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SmallBitVector.h"

namespace mlir::qnn {

/// A class of elements that share one factor, typically a channel of every tensor between two layers. The elements of
/// class 0 keep their values: what enters and leaves the model, and what meets an operation that is not homogeneous.
using ScaleClass = uint32_t;
constexpr ScaleClass kFixed = 0;

/// The class of each element of a constant tensor, by those of its dimensions that matter to it: of most weights one.
class ClassMap {
public:
  ClassMap() = default;
  /// `dims` says which dimensions of `shape` matter; `classes` has the product of their extents, row-major.
  ClassMap(ArrayRef<int64_t> shape, const llvm::SmallBitVector &dims, std::vector<ScaleClass> classes);

  MutableArrayRef<ScaleClass> getClasses() { return classes; }
  ArrayRef<ScaleClass> getClasses() const { return classes; }
  /// One for each element, row-major.
  std::vector<ScaleClass> expand() const;

  /// Calls `visit(first, count, aBegin, aStep, bBegin, bStep)` for each row of a tensor that both maps are of: its
  /// elements from `first` on have the classes `aBegin[i * aStep]` and `bBegin[i * bStep]`.
  template <typename Fn> static void forEachRow(const ClassMap &a, const ClassMap &b, Fn visit) {
    const int64_t rank = a.shape.size(), width = rank ? a.shape.back() : 1;
    const int64_t aStep = rank ? a.strides.back() : 0, bStep = rank ? b.strides.back() : 0;
    SmallVector<int64_t, 6> index(rank, 0);
    size_t aAt = 0, bAt = 0;
    for (int64_t first = 0, e = ShapedType::getNumElements(a.shape); first < e; first += width) {
      visit(first, width, a.classes.data() + aAt, aStep, b.classes.data() + bAt, bStep);
      for (int64_t dim = rank - 2; dim >= 0; --dim) {
        aAt += a.strides[dim];
        bAt += b.strides[dim];
        if (++index[dim] < a.shape[dim])
          break;
        aAt -= a.shape[dim] * a.strides[dim];
        bAt -= a.shape[dim] * b.strides[dim];
        index[dim] = 0;
      }
    }
  }

  /// Calls `visit(element, aClass, bClass)` for each element.
  template <typename Fn> static void forEach(const ClassMap &a, const ClassMap &b, Fn visit) {
    forEachRow(a, b,
               [&](int64_t first, int64_t count, const ScaleClass *aBegin, int64_t aStep, const ScaleClass *bBegin,
                   int64_t bStep) {
                 for (int64_t i = 0; i < count; ++i)
                   visit(first + i, aBegin[i * aStep], bBegin[i * bStep]);
               });
  }

private:
  SmallVector<int64_t, 6> shape, strides;
  std::vector<ScaleClass> classes;
};

/// The weight of a contraction, or a constant tensor that multiplies: multiplied by out's factor, divided by in's.
struct ScaledWeight {
  OpOperand *operand;
  ArrayRef<float> values; // the constant's own, or of `owner`
  ClassMap in, out;
  std::shared_ptr<const std::vector<float>> owner;
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
