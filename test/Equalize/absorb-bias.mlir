// What all values of a channel exceed moves from one layer's bias into the next one's. In the data x is from -1 to 1.
// RUN: quant-opt %s --split-input-file --qnn-absorb-bias="calibration-data=%S/Inputs/even.npy" | FileCheck %s
// RUN: quant-opt %s --split-input-file --qnn-absorb-bias="calibration-data=%S/Inputs/even.npy max-samples=4 seed=1" --remarks-filter=qnn --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

#a = affine_map<(b, i, j, k) -> (b, i, k)>
#w = affine_map<(b, i, j, k) -> (k, j)>
#o = affine_map<(b, i, j, k) -> (b, i, j)>
#id = affine_map<(b, i, j) -> (b, i, j)>
#c = affine_map<(b, i, j) -> (j)>

// Both channels of x * w0 + b0 lie around 8; some 6 of each move into both biases of the next layer.
// CHECK-LABEL: func @a_high_bias_moves_on
// CHECK: dense<[2.0662{{[0-9]*}}, 1.5313{{[0-9]*}}]> : tensor<2xf32>
// CHECK: dense<12.902{{[0-9]*}}> : tensor<2xf32>
// REMARK: [Passed] Absorbed | Category:qnn | Remark="the biases of 2 of 2 channels move on; the largest value goes from {{[89].[0-9]*}} to {{[1-4].[0-9]*}}"
func.func @a_high_bias_moves_on(%x: tensor<1x4x2xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x4x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %zero = arith.constant 0.0 : f32
  %w0 = arith.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %b0 = arith.constant dense<[8.0, 8.0]> : tensor<2xf32>
  %w1 = arith.constant dense<[[1.0, 1.0], [1.0, 1.0]]> : tensor<2x2xf32>
  %b1 = arith.constant dense<[0.5, 0.5]> : tensor<2xf32>
  %e = tensor.empty() : tensor<1x4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x2xf32>) -> tensor<1x4x2xf32>
  %0 = linalg.generic {indexing_maps = [#a, #w, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w0 : tensor<1x4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %r: f32, %s: f32):
    %m = arith.mulf %l, %r : f32
    %t = arith.addf %s, %m : f32
    linalg.yield %t : f32
  } -> tensor<1x4x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #c, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0, %b0 : tensor<1x4x2xf32>, tensor<2xf32>) outs(%e : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %r: f32, %s: f32):
    %t = arith.addf %l, %r : f32
    linalg.yield %t : f32
  } -> tensor<1x4x2xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%1 : tensor<1x4x2xf32>) outs(%e : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %s: f32):
    %t = arith.maximumf %l, %zero : f32
    linalg.yield %t : f32
  } -> tensor<1x4x2xf32>
  %3 = linalg.generic {indexing_maps = [#a, #w, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%2, %w1 : tensor<1x4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %r: f32, %s: f32):
    %m = arith.mulf %l, %r : f32
    %t = arith.addf %s, %m : f32
    linalg.yield %t : f32
  } -> tensor<1x4x2xf32>
  %4 = linalg.generic {indexing_maps = [#id, #c, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%3, %b1 : tensor<1x4x2xf32>, tensor<2xf32>) outs(%e : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %r: f32, %s: f32):
    %t = arith.addf %l, %r : f32
    linalg.yield %t : f32
  } -> tensor<1x4x2xf32>
  return %4 : tensor<1x4x2xf32>
}

// -----

#a = affine_map<(b, i, j, k) -> (b, i, k)>
#w = affine_map<(b, i, j, k) -> (k, j)>
#o = affine_map<(b, i, j, k) -> (b, i, j)>
#id = affine_map<(b, i, j) -> (b, i, j)>
#c = affine_map<(b, i, j) -> (j)>

// The model's output would be another number.
// CHECK-LABEL: func @what_anything_but_a_weight_reads_keeps_its_bias
// CHECK: dense<8.000000e+00> : tensor<2xf32>
// REMARK-NOT: Absorbed
func.func @what_anything_but_a_weight_reads_keeps_its_bias(%x: tensor<1x4x2xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x4x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %zero = arith.constant 0.0 : f32
  %w0 = arith.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %b0 = arith.constant dense<[8.0, 8.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<1x4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x2xf32>) -> tensor<1x4x2xf32>
  %0 = linalg.generic {indexing_maps = [#a, #w, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w0 : tensor<1x4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %r: f32, %s: f32):
    %m = arith.mulf %l, %r : f32
    %t = arith.addf %s, %m : f32
    linalg.yield %t : f32
  } -> tensor<1x4x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #c, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0, %b0 : tensor<1x4x2xf32>, tensor<2xf32>) outs(%e : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %r: f32, %s: f32):
    %t = arith.addf %l, %r : f32
    linalg.yield %t : f32
  } -> tensor<1x4x2xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%1 : tensor<1x4x2xf32>) outs(%e : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %s: f32):
    %t = arith.maximumf %l, %zero : f32
    linalg.yield %t : f32
  } -> tensor<1x4x2xf32>
  return %2 : tensor<1x4x2xf32>
}
