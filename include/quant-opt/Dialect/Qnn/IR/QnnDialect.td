// The qnn dialect and the base class of its operations.
#ifndef QUANT_OPT_DIALECT_QNN_IR_QNNDIALECT_TD
#define QUANT_OPT_DIALECT_QNN_IR_QNNDIALECT_TD

include "mlir/IR/OpBase.td"

def Qnn_Dialect : Dialect {
  let name = "qnn";
  let cppNamespace = "::mlir::qnn";
  let summary = "quantized neural networks: what upstream `quant` leaves out";
  let description = [{
    Types and Q/DQ operations are upstream's (`!quant.uniform`, `quant.qcast`, `quant.dcast`). This dialect adds the steps
    between them and machine code: observing and stating ranges, the scalar arithmetic of the numeric contract
    (docs/numerics.md, whose tags the operations cite), the 4-way byte dot product, and the parts of a compiled program.

    Its attribute `qnn.precision` on an operation that accumulates states the number format to compute it in, before the Qdq form: `"i8"`
    (as without the attribute), `"i4"` (4-bit weights), `"i16"` (16-bit activations), and `"bf16"`, `"f16"` or `"f32"`, which leave it out of quantization.
  }];
  let hasOperationAttrVerify = 1;
  let dependentDialects = ["linalg::LinalgDialect"];
}

class Qnn_Op<string mnemonic, list<Trait> traits = []> : Op<Qnn_Dialect, mnemonic, traits>;

#endif // QUANT_OPT_DIALECT_QNN_IR_QNNDIALECT_TD
