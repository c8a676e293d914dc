// What the quantizing stages see of an operation.
#ifndef QUANT_OPT_INTERFACES_QUANTIZABLEOPINTERFACE_TD
#define QUANT_OPT_INTERFACES_QUANTIZABLEOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def QuantizableOpInterface : OpInterface<"QuantizableOpInterface"> {
  let description = [{
    Describes an operation on f32 tensors to Calibrate, InsertQdq and Integerize, which know nothing else of it. An operation without
    the interface stays float. Another compiler attaches models for its own operations with `registry.addExtension` and
    `attachInterface`; the models for linalg and tensor operations stand in `Interfaces/ExternalModels`.
  }];
  let cppNamespace = "::mlir::qnn";
  let methods = [
    InterfaceMethod<
      "The role of the operation, derived from its structure. Cheap to ask, never cached: it holds until the IR changes.",
      "::mlir::qnn::QuantRule", "getQuantRule", (ins)>,
    InterfaceMethod<[{
      Of a value-preserving operation: makes the same operation on storage integers of the given type, whose `operands` replace the rule's
      activations in their order, and returns its result. Padding values and the neutral elements of max and min become storage values.
      Operands of a shorter float type make the operation on that type; `storage` means nothing then.
    }],
      "::mlir::Value", "cloneOnStorage",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands, "const ::mlir::qnn::StorageKind &":$storage)>,
    InterfaceMethod<[{
      Of a value-preserving operation with one activation that only permutes or copies elements: for each element of the result, in row-major
      order, the row-major position in the activation that it comes from. Nothing if the operation does anything else.
    }],
      "std::optional<std::vector<int64_t>>", "getElementSources", (ins), [{}], [{ return std::nullopt; }]>,
    InterfaceMethod<[{
      Of a value-preserving operation or a linear reduction: calls `tie(activation, source, result)` for each element of the rule's activation of
      that number and each element of the result that it can become or is added to; elements are row-major positions. Returns false,
      having called nothing, if that depends on data.
    }],
      "bool", "forEachTie", (ins "::mlir::qnn::TieFn":$tie), [{}], [{ return false; }]>,
    InterfaceMethod<
      "Of an elementwise operation: what becomes of a positive factor on all of its activations, or on one if on all it comes to nothing.",
      "::mlir::qnn::Homogeneity", "getHomogeneity", (ins), [{}],
      [{ return ::mlir::qnn::Homogeneity::refuse("its operation has no model of homogeneity"); }]>,
    InterfaceMethod<[{
      Of an elementwise operation whose `Homogeneity::scalesBody` is set: the same operation, in which every scalar constant that takes the
      factor is an operand along the dimensions `dims` of the result, multiplied by the `factors`, which are row-major.
    }],
      "::mlir::Operation *", "cloneWithFactors",
      (ins "::mlir::OpBuilder &":$builder, "::llvm::ArrayRef<float>":$factors, "::llvm::ArrayRef<int64_t>":$dims), [{}],
      [{ return nullptr; }]>,
    InterfaceMethod<[{
      Of an elementwise operation: clones its scalar computation at the builder's insertion point, with `scalars` in place of the elements of
      the rule's `inputs` in their order, and returns the element of the result.
    }],
      "::mlir::Value", "cloneScalarBody", (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$scalars)>,
  ];
}

#endif // QUANT_OPT_INTERFACES_QUANTIZABLEOPINTERFACE_TD
