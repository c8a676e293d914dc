// Passes of the stage Import.
#ifndef QUANT_OPT_IMPORT_PASSES_TD
#define QUANT_OPT_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyImportedPass : Pass<"qnn-verify-imported", "ModuleOp"> {
  let summary = "check that a module is in the Imported form";
  let description = [{
    Expects any module; changes nothing. The Imported form is what Import makes and what any other front end must make: one
    public function with a body, whose arguments and results are statically shaped ranked tensors of integers of 8, 16, 32 or
    64 bits or of floats, that carry `qnn.name` (each name once) and `qnn.type`; inside it only operations of the dialects
    `linalg`, `tensor`, `arith`, `math` and `quant`, and `qnn.barrier`, on such tensors.

    Anything else is an error at the operation, with what was expected. Tensors of i1 are refused because bool is stored as i8;
    a dynamic shape because every later stage plans memory.

    Example:
    ```mlir
    func.func @relu(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"})
        -> (tensor<1x4xf32> {qnn.name = "y", qnn.type = "float"}) {
      %init = tensor.empty() : tensor<1x4xf32>
      %y = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]}
          ins(%x : tensor<1x4xf32>) outs(%init : tensor<1x4xf32>) {
      ^bb0(%a: f32, %out: f32):
        %zero = arith.constant 0.0 : f32
        %r = arith.maximumf %a, %zero : f32
        linalg.yield %r : f32
      } -> tensor<1x4xf32>
      return %y : tensor<1x4xf32>
    }
    ```
    is accepted. With `tensor<?x4xf32>` in place of `tensor<1x4xf32>`, or without `qnn.name`, it is not.
  }];
}

#endif // QUANT_OPT_IMPORT_PASSES_TD
