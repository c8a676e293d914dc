// Every quantized edge has its range, and no observer is left.
// RUN: quant-opt %s --split-input-file --verify-diagnostics --qnn-verify-calibrated

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
// expected-error @+2 {{edge 'x' has no range}}
// expected-note @+1 {{ranges are stated by --qnn-annotate-ranges, from a table that --calibrate makes}}
func.func @a_contraction_reads_an_edge_without_a_range(%x: tensor<4x8xf32> {qnn.name = "x"}) -> tensor<4x16xf32> {
  %w = arith.constant dense<0.5> : tensor<16x8xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xf32>, tensor<16x8xf32>) outs(%init : tensor<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

func.func @an_observer_is_left_over(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{'qnn.observe' op is left over}}
  // expected-note-re @+1 {{the pass at fault is {{.+}}}}
  %0 = qnn.observe %x as "x" : tensor<4xf32>
  return %0 : tensor<4xf32>
}
