//===- ClassMap.cpp - The class of each element of a constant tensor ----------------------------------------------===//
#include "ScaleClasses.h"

using namespace mlir;
using namespace mlir::qnn;

ClassMap::ClassMap(ArrayRef<int64_t> shape, const llvm::SmallBitVector &dims, std::vector<ScaleClass> classes)
    : shape(shape.begin(), shape.end()), strides(shape.size(), 0), classes(std::move(classes)) {
  int64_t stride = 1;
  for (int64_t dim = shape.size() - 1; dim >= 0; --dim)
    if (dims.test(dim)) {
      strides[dim] = stride;
      stride *= shape[dim];
    }
  assert(stride == static_cast<int64_t>(this->classes.size()) && "expected a class for each index that matters");
}

std::vector<ScaleClass> ClassMap::expand() const {
  std::vector<ScaleClass> result(ShapedType::getNumElements(shape));
  forEach(*this, *this, [&](int64_t element, ScaleClass own, ScaleClass) { result[element] = own; });
  return result;
}
