//===- NodeImporter.h - What an operator's import function sees: one node and the builders all families share ----===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_NODEIMPORTER_H
#define QUANT_OPT_LIB_IMPORT_ONNX_NODEIMPORTER_H

#include "ElementType.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"
#include <optional>
#include <string>

namespace onnx {
class AttributeProto;
class NodeProto;
} // namespace onnx

namespace mlir::qnn::onnx_import {

class TensorLoader;

/// A value of the graph: the IR value and what ONNX says its elements are.
struct GraphValue {
  Value value;
  ElementType type = ElementType::None;
};

/// One node that could not be imported.
struct NodeFailure {
  std::string node, op, reason;
};

/// Given to the import function of a node's operator. Ops go through `b`, whose location names the node. A function
/// ends with `return n.setResult(...)`, or with `return n.unsupported(...)` or `n.invalid(...)`, which say why not.
/// Every shared builder returns a null value after recording what is wrong; `setResult` passes that on as failure.
class NodeImporter {
public:
  using Body = llvm::function_ref<Value(ImplicitLocOpBuilder &b, ValueRange args)>;

  NodeImporter(const ::onnx::NodeProto &node, StringRef name, int64_t opset, ArrayRef<GraphValue> inputs,
               ImplicitLocOpBuilder &b, TensorLoader &loader, SmallVectorImpl<NodeFailure> &failures);

  ImplicitLocOpBuilder &b;

  //===--- The node
  //-----------------------------------------------------------------------------------------------------===//

  StringRef getName() const { return name; }
  StringRef getOpType() const;
  /// The version of the operator's domain that the model imports.
  int64_t opset() const { return opsetVersion; }
  MLIRContext *getContext() const { return b.getContext(); }

  unsigned numInputs() const { return inputs.size(); }
  /// Whether the optional input is given.
  bool hasInput(unsigned i) const { return i < inputs.size() && inputs[i].value; }
  Value input(unsigned i) const { return inputs[i].value; }
  ElementType inputType(unsigned i) const { return inputs[i].type; }
  RankedTensorType tensorType(unsigned i) const { return cast<RankedTensorType>(input(i).getType()); }
  ArrayRef<int64_t> shape(unsigned i) const { return tensorType(i).getShape(); }
  int64_t rank(unsigned i) const { return tensorType(i).getRank(); }

  unsigned numOutputs() const;
  /// Whether the graph names the output, that is, may use it.
  bool hasOutput(unsigned i) const;

  //===--- Inputs known at import
  //---------------------------------------------------------------------------------------===//

  bool isConstant(unsigned i) const;
  /// The elements of an integer or bool input, row-major, sign- or zero-extended by its ONNX type. Nothing if not
  /// constant.
  std::optional<SmallVector<int64_t>> ints(unsigned i) const;
  /// The elements of any numeric input as double. Nothing if not constant.
  std::optional<SmallVector<double>> floats(unsigned i) const;

  //===--- Attributes
  //---------------------------------------------------------------------------------------------------===//

  bool hasAttr(StringRef attr) const { return findAttr(attr) != nullptr; }
  int64_t intAttr(StringRef attr, int64_t otherwise) const;
  float floatAttr(StringRef attr, float otherwise) const;
  std::string stringAttr(StringRef attr, StringRef otherwise) const;
  SmallVector<int64_t> intsAttr(StringRef attr, ArrayRef<int64_t> otherwise = {}) const;
  SmallVector<float> floatsAttr(StringRef attr) const;
  /// The tensor attribute as a constant. Nothing if absent, or, with the failure recorded, if it is malformed.
  std::optional<GraphValue> tensorAttr(StringRef attr);
  const ::onnx::AttributeProto *findAttr(StringRef attr) const;

  //===--- Results
  //------------------------------------------------------------------------------------------------------===//

  /// Sets an output. Fails if `value` is null or is not a statically shaped tensor of the type's elements.
  LogicalResult setResult(unsigned i, Value value, ElementType type);
  ArrayRef<GraphValue> getResults() const { return results; }

  /// The node is legal, but this is not imported; the reason is a phrase such as "mode 'cubic'".
  LogicalResult unsupported(const Twine &reason);
  /// The node breaks ONNX's rules.
  LogicalResult invalid(const Twine &reason);

  /// Axis in [0, rank) from one that may count from the back; nothing, with the failure recorded, if it is out of
  /// range.
  std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank);
  /// The same for a list, in increasing order and without duplicates.
  std::optional<SmallVector<int64_t>> normalizeAxes(ArrayRef<int64_t> axes, int64_t rank);

  //===--- Types
  //--------------------------------------------------------------------------------------------------------===//

  Type irType(ElementType type) const { return getIrType(type, getContext()); }

  //===--- Constants
  //----------------------------------------------------------------------------------------------------===//

  /// A scalar of an integer or float type (not a tensor), rounded to it.
  Value scalar(Type type, double value);
  Value scalarInt(Type type, int64_t value);
  /// A constant tensor of i64 elements.
  Value int64Tensor(ArrayRef<int64_t> elements, ArrayRef<int64_t> shape);
  /// A constant tensor of a float type, each element rounded once.
  Value floatTensor(ArrayRef<double> elements, ArrayRef<int64_t> shape, ElementType type);

  //===--- Tensors
  //------------------------------------------------------------------------------------------------------===//

  Value empty(ArrayRef<int64_t> shape, Type element);
  /// `tensor.empty` filled with a scalar.
  Value filled(ArrayRef<int64_t> shape, Value scalar);
  /// The same elements in another shape, by collapsing and expanding dimensions. Constants are reshaped in place.
  Value reshape(Value value, ArrayRef<int64_t> shape);
  /// Result dimension i is dimension `permutation[i]` of the value.
  Value transpose(Value value, ArrayRef<int64_t> permutation);
  /// `tensor.pad` with `low` and `high` of each dimension (not negative); the value itself if all are zero.
  Value pad(Value value, ArrayRef<int64_t> low, ArrayRef<int64_t> high, Value scalar);
  /// `tensor.extract_slice`; strides are positive.
  Value slice(Value value, ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides);

  /// Numpy's broadcast shape; nothing, with the failure recorded, if the shapes do not broadcast.
  std::optional<SmallVector<int64_t>> broadcastShape(ArrayRef<ArrayRef<int64_t>> shapes);
  /// The value broadcast to a shape that it broadcasts to.
  Value broadcastTo(Value value, ArrayRef<int64_t> shape);
  /// One `linalg.generic` over the broadcast shape of the inputs. Broadcast dimensions are dropped from the operands by
  /// collapsing, so that maps are projected permutations; a constant of one element becomes a scalar constant of the
  /// body. The body yields one scalar of `resultElement`.
  Value elementwise(ValueRange inputs, Type resultElement, Body body);
  /// Reduces `axes` (normalized) starting from the scalar `init`. The body gets the element and the accumulator, and
  /// yields the new accumulator of `init`'s type. Reduced dimensions stay as 1 with `keepDims`.
  Value reduce(Value value, ArrayRef<int64_t> axes, bool keepDims, Value init, Body body);

  /// Scalar or tensor cast by ONNX's Cast: floats to integers truncate toward zero, anything to bool is `!= 0`.
  /// `castScalar` is for bodies; `castTensor` makes one elementwise generic.
  Value castScalar(ImplicitLocOpBuilder &builder, Value value, ElementType from, ElementType to);
  Value castTensor(Value value, ElementType from, ElementType to);

private:
  const ::onnx::NodeProto &node;
  StringRef name;
  int64_t opsetVersion;
  ArrayRef<GraphValue> inputs;
  SmallVector<GraphValue> results;
  TensorLoader &loader;
  SmallVectorImpl<NodeFailure> &failures;
};

using ImportFn = LogicalResult (*)(NodeImporter &n);

/// Limits of an operator's signature, checked before its import function runs.
struct OpEntry {
  ImportFn import = nullptr;
  unsigned requiredInputs = 0; // the first so many inputs must be given
  unsigned maxInputs = 0;
  int64_t oldestOpset = 7; // the first opset in which it means what it does in opset 7
};

/// Operators of ONNX's default domain by name.
class OpTable {
public:
  static constexpr unsigned kVariadic = ~0u;
  void add(StringRef op, ImportFn import, unsigned requiredInputs, unsigned maxInputs) {
    entries[op] = {import, requiredInputs, maxInputs};
  }
  void allowSince(StringRef op, int64_t opset) {
    if (auto it = entries.find(op); it != entries.end())
      it->second.oldestOpset = opset;
  }
  const OpEntry *find(StringRef op) const {
    auto it = entries.find(op);
    return it == entries.end() ? nullptr : &it->second;
  }

private:
  llvm::StringMap<OpEntry> entries;
};

/// All operators.
OpTable createOpTable();

// One function for each file of operators.
void populateActivations(OpTable &table);
void populateArgReduction(OpTable &table);
void populateBinary(OpTable &table);
void populateCast(OpTable &table);
void populateGather(OpTable &table);
void populateGenerators(OpTable &table);
void populateMovement(OpTable &table);
void populatePad(OpTable &table);
void populateReduction(OpTable &table);
void populateReshape(OpTable &table);
void populateResize(OpTable &table);
void populateSelection(OpTable &table);
void populateSlice(OpTable &table);
void populateSoftmax(OpTable &table);
void populateUnary(OpTable &table);
void populateConstant(OpTable &table);
void populateConvolution(OpTable &table);
void populateConvTranspose(OpTable &table);
void populateMatMul(OpTable &table);
void populateNormalization(OpTable &table);
void populatePooling(OpTable &table);
void populateQuantization(OpTable &table);
void populateQLinear(OpTable &table);

} // namespace mlir::qnn::onnx_import

#endif // QUANT_OPT_LIB_IMPORT_ONNX_NODEIMPORTER_H
