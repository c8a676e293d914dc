// An edge without a range is an error.
// RUN: not quant-opt %s --qnn-insert-qdq 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not quant-opt %s --qnn-verify-calibrated 2>&1 | FileCheck %s --check-prefix=RANGE

#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>

// RANGE: error: edge 'image' has no range
// RANGE: note: ranges are stated by --qnn-annotate-ranges
func.func @a_matmul_reads_an_argument_without_a_range(%x: tensor<1x4xf32> {qnn.name = "image"}) -> tensor<1x2xf32> {
  %w = arith.constant dense<1.0> : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a0: f32, %w0: f32, %c: f32):
    %p = arith.mulf %a0, %w0 : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32> loc("fc1")
  return %y : tensor<1x2xf32>
}
