// RUN: quant-opt --qnn-split-bias --split-input-file %s | FileCheck %s

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (n)>

// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.+]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @a_broadcast_bias_is_added_after_the_sum
// CHECK-SAME: %[[BIAS:[^:]+]]: tensor<16xf32>)
// CHECK: %[[ZERO:.+]] = linalg.fill
// CHECK: %[[SUM:.+]] = linalg.generic {{.*}} outs(%[[ZERO]] : tensor<4x16xf32>)
// CHECK: %[[Y:.+]] = linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]], {{.*}} ins(%[[SUM]], %[[BIAS]] : tensor<4x16xf32>, tensor<16xf32>)
// CHECK: arith.addf
// CHECK: return %[[Y]]
func.func @a_broadcast_bias_is_added_after_the_sum(%x: tensor<4x8xf32>, %w: tensor<16x8xf32>, %bias: tensor<16xf32>) -> tensor<4x16xf32> {
  %e = tensor.empty() : tensor<4x16xf32>
  %init = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%bias : tensor<16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<4x16xf32>
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

#x = affine_map<(m, k) -> (m, k)>
#y = affine_map<(m, k) -> (m)>

// CHECK-LABEL: func.func @a_sum_that_starts_from_a_constant_adds_it_as_a_scalar
// CHECK: %[[ONE:.+]] = arith.constant 1.0
// CHECK: %[[SUM:.+]] = linalg.generic {{.*}} ins(%{{.+}} : tensor<4x8xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[SUM]], %[[ONE]] : tensor<4xf32>, f32)
func.func @a_sum_that_starts_from_a_constant_adds_it_as_a_scalar(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %c1 = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %init = linalg.fill ins(%c1 : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#x, #y], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%init : tensor<4xf32>) {
  ^bb0(%a: f32, %out: f32):
    %s = arith.addf %out, %a : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

#x = affine_map<(m, k) -> (m, k)>
#y = affine_map<(m, k) -> (m)>

// CHECK-LABEL: func.func @maxima_and_integer_sums_keep_their_start
// CHECK-SAME: %[[FLOATS:[^:]+]]: tensor<4xf32>, %[[INTS:[^:]+]]: tensor<4xi32>
// CHECK: linalg.generic {{.*}} outs(%[[FLOATS]] : tensor<4xf32>)
// CHECK: linalg.generic {{.*}} outs(%[[INTS]] : tensor<4xi32>)
func.func @maxima_and_integer_sums_keep_their_start(%x: tensor<4x8xf32>, %i: tensor<4x8xi32>, %f0: tensor<4xf32>, %i0: tensor<4xi32>) -> (tensor<4xf32>, tensor<4xi32>) {
  %max = linalg.generic {indexing_maps = [#x, #y], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%f0 : tensor<4xf32>) {
  ^bb0(%a: f32, %out: f32):
    %s = arith.maximumf %out, %a : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [#x, #y], iterator_types = ["parallel", "reduction"]}
      ins(%i : tensor<4x8xi32>) outs(%i0 : tensor<4xi32>) {
  ^bb0(%a: i32, %out: i32):
    %s = arith.addi %out, %a : i32
    linalg.yield %s : i32
  } -> tensor<4xi32>
  return %max, %sum : tensor<4xf32>, tensor<4xi32>
}
