// The contraction between the Integer and the Lowered form: one operation with its whole epilogue.
#ifndef QUANT_OPT_DIALECT_QNN_IR_QNNCONTRACTOPS_TD
#define QUANT_OPT_DIALECT_QNN_IR_QNNCONTRACTOPS_TD

include "quant-opt/Dialect/Qnn/IR/QnnDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Qnn_ContractOperand : AnyTypeOf<[AnyStaticShapeTensor, AnyStaticShapeMemRef]>;

def Qnn_ContractOp : Qnn_Op<"contract", [
    SingleBlock, DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "a contraction or convolution with its epilogue";
  let description = [{
    Formula: for each point of the parallel loops, acc = sum over the reduction loops of `lhs * rhs`; the region maps acc, and the
    operands of `epilogue` at that point, to the element that is written to `out`, which is never read. The loops run from 0 to
    `extents`; `indexing_maps` say where lhs, rhs, each epilogue operand and out are accessed, as in `linalg.generic`.

    Of 8-bit operands the sum is exact in i32: rhs is signed, lhs is unsigned. With `lhs_flipped`, lhs holds signed bytes whose
    sign bit is inverted when they are read, which adds 128; whoever makes such an operation subtracts 128 * sum(rhs) in the
    epilogue. Of floats the sum is f32, in an order that the target chooses: lhs and rhs are both f32 or both bf16, or lhs is f32 and
    rhs is f16, which is widened. Bias, zero-point terms, activation and residual
    are operands and arithmetic of the epilogue.

    With `packed_k` (the reduction loops, outermost first) and `run_dims` (how many of the last ones are one run of contiguous lhs
    elements), rhs is packed: `[outer…][N/16][k outer…][run/4][16][4]` bytes, `[outer…][N/16][k outer…][run/2][16][2]` bf16 or
    `[outer…][N/16][k outer…][run][16]` other floats; if
        depthwise, `[outer…][k outer…][run][C]` floats with C a multiple of 16. Depthwise bytes are packed by rows of T taps, the innermost
    loop of the run: `[outer…][C/B][k outer…][run/T][2][T/4][B][4]`, four taps side by side from the first one and again from one before
    it, B = 16, 32 or 64 channels in the order that unpacking whole registers leaves (ContractionPlan.h). Padding is zero.

    Example: lhs u8 [1, 2, 3, 4], rhs s8 [[1, -1, 1, -1]] and a bias of 10 added in the region give -2 + 10 = 8.

    Made by `--qnn-form-contractions`, packed by `--qnn-pack-weights`, consumed by `--qnn-lower-contractions`. None may remain in the
    Lowered form.
  }];
  let arguments = (ins Qnn_ContractOperand:$lhs, Qnn_ContractOperand:$rhs, Variadic<Qnn_ContractOperand>:$extras,
                       Qnn_ContractOperand:$out, AffineMapArrayAttr:$indexing_maps, DenseI64ArrayAttr:$extents,
                       ArrayAttr:$iterator_types, UnitAttr:$lhs_flipped, OptionalAttr<DenseI64ArrayAttr>:$packed_k,
                       OptionalAttr<I64Attr>:$run_dims);
  let results = (outs Optional<AnyStaticShapeTensor>:$result);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    `ins` `(` $lhs `,` $rhs `:` type($lhs) `,` type($rhs) `)` (`epilogue` `(` $extras^ `:` type($extras) `)`)?
    `outs` `(` $out `:` type($out) `)` attr-dict-with-keyword $epilogue (`->` type($result)^)?
  }];
  let builders = [OpBuilder<(ins "Value":$lhs, "Value":$rhs, "ValueRange":$extras, "Value":$out,
                                 "ArrayRef<AffineMap>":$maps, "ArrayRef<int64_t>":$extents,
                                 "ArrayRef<utils::IteratorType>":$iterators, "bool":$lhsFlipped)>];
  let extraClassDeclaration = [{
    MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }
    SmallVector<AffineMap> getMaps() {
      return llvm::to_vector(getIndexingMaps().getAsValueRange<AffineMapAttr>());
    }
    SmallVector<utils::IteratorType> getIterators();
    bool isFloat() { return ::llvm::isa<FloatType>(::llvm::cast<ShapedType>(getLhs().getType()).getElementType()); }
    /// Whether there are kernels for lhs and rhs of these element types.
    static bool isSupported(Type lhs, Type rhs);
    bool isPacked() { return getPackedK().has_value(); }
    Block &getEpilogueBlock() { return getEpilogue().front(); }
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Qnn_YieldOp : Qnn_Op<"yield", [Pure, ReturnLike, Terminator, HasParent<"ContractOp">]> {
  let summary = "the element that a contraction's epilogue produces";
  let description = [{
    Formula: the enclosing `qnn.contract` writes `value` to its `out`.

    Example: `qnn.yield %q : i8`.

    Made and consumed with its `qnn.contract`.
  }];
  let arguments = (ins AnyType:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif // QUANT_OPT_DIALECT_QNN_IR_QNNCONTRACTOPS_TD
