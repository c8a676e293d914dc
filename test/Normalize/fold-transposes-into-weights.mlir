// RUN: quant-opt --qnn-fold-transposes-into-weights --split-input-file %s | FileCheck %s

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: func.func @the_weights_are_permuted_instead_of_the_data
// CHECK-SAME: %[[X:.+]]: tensor<1x3x2xf32>
// CHECK: %[[W:.+]] = arith.constant dense<{{\[\[}}1.000000e+00, 4.000000e+00, 2.000000e+00, 5.000000e+00, 3.000000e+00, 6.000000e+00]]> : tensor<1x6xf32>
// CHECK: %[[F:.+]] = tensor.collapse_shape %[[X]] {{\[\[}}0], [1, 2]] : tensor<1x3x2xf32> into tensor<1x6xf32>
// CHECK: linalg.generic {{.*}} ins(%[[F]], %[[W]] :
// CHECK-NOT: linalg.transpose
func.func @the_weights_are_permuted_instead_of_the_data(%x: tensor<1x3x2xf32>, %zero: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]> : tensor<1x6xf32>
  %e = tensor.empty() : tensor<1x2x3xf32>
  %t = linalg.transpose ins(%x : tensor<1x3x2xf32>) outs(%e : tensor<1x2x3xf32>) permutation = [0, 2, 1]
  %f = tensor.collapse_shape %t [[0], [1, 2]] : tensor<1x2x3xf32> into tensor<1x6xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%f, %w : tensor<1x6xf32>, tensor<1x6xf32>) outs(%zero : tensor<1x1xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: func.func @a_transpose_across_groups_stays
// CHECK: linalg.transpose
func.func @a_transpose_across_groups_stays(%x: tensor<2x4x3xf32>, %zero: tensor<4x1xf32>) -> tensor<4x1xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]> : tensor<1x6xf32>
  %e = tensor.empty() : tensor<4x2x3xf32>
  %t = linalg.transpose ins(%x : tensor<2x4x3xf32>) outs(%e : tensor<4x2x3xf32>) permutation = [1, 0, 2]
  %f = tensor.collapse_shape %t [[0], [1, 2]] : tensor<4x2x3xf32> into tensor<4x6xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%f, %w : tensor<4x6xf32>, tensor<1x6xf32>) outs(%zero : tensor<4x1xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x1xf32>
  return %y : tensor<4x1xf32>
}
