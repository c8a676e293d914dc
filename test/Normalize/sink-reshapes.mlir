// RUN: quant-opt --qnn-sink-reshapes --split-input-file %s | FileCheck %s

#x = affine_map<(n, g, oc, ic) -> (n, g, ic)>
#w = affine_map<(n, g, oc, ic) -> (g, oc, ic)>
#y = affine_map<(n, g, oc, ic) -> (n, g, oc)>
#id = affine_map<(n, c) -> (n, c)>
#channel = affine_map<(n, c) -> (c)>

// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[CHANNELS:.+]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func.func @bias_and_residual_follow_a_grouped_contraction
// CHECK-SAME: %[[SKIP:[^:]+]]: tensor<1x4xf32>)
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} outs({{.*}} : tensor<1x2x2xf32>)
// CHECK: %[[BIAS:.+]] = arith.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK: %[[B:.+]] = linalg.generic {indexing_maps = [#[[ID]], #[[CHANNELS]], #[[ID]]], {{.*}} ins(%[[Y]], %[[BIAS]] :
// CHECK: %[[S:.+]] = tensor.expand_shape %[[SKIP]] {{\[\[}}0], [1, 2]] output_shape [1, 2, 2]
// CHECK: %[[A:.+]] = linalg.generic {{.*}} ins(%[[B]], %[[S]] :
// CHECK: %[[R:.+]] = tensor.collapse_shape %[[A]] {{\[\[}}0], [1, 2]] : tensor<1x2x2xf32> into tensor<1x4xf32>
// CHECK: return %[[R]]
func.func @bias_and_residual_follow_a_grouped_contraction(%x: tensor<1x2x3xf32>, %w: tensor<2x2x3xf32>, %zero: tensor<1x2x2xf32>, %skip: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %bias = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x2x3xf32>, tensor<2x2x3xf32>) outs(%zero : tensor<1x2x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2x2xf32>
  %m = tensor.collapse_shape %y [[0], [1, 2]] : tensor<1x2x2xf32> into tensor<1x4xf32>
  %b = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]}
      ins(%m, %bias : tensor<1x4xf32>, tensor<4xf32>) outs(%e : tensor<1x4xf32>) {
  ^bb0(%in: f32, %bin: f32, %out: f32):
    %s = arith.addf %in, %bin : f32
    linalg.yield %s : f32
  } -> tensor<1x4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%b, %skip : tensor<1x4xf32>, tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) {
  ^bb0(%in: f32, %bin: f32, %out: f32):
    %s = arith.addf %in, %bin : f32
    linalg.yield %s : f32
  } -> tensor<1x4xf32>
  return %r : tensor<1x4xf32>
}

// -----

#x = affine_map<(n, c, k) -> (n, c, k)>
#y = affine_map<(n, c, k) -> (n, c)>
#id = affine_map<(n, c, h) -> (n, c, h)>
#channel = affine_map<(n, c, h) -> (c)>

// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[CHANNEL:.+]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @a_division_follows_its_sum
// CHECK: %[[SUM:.+]] = linalg.generic {{.*}} outs({{.*}} : tensor<1x4xf32>)
// CHECK: %[[D:.+]] = linalg.generic {indexing_maps = [#[[ID]], #[[CHANNEL]], #[[ID]]], {{.*}} ins(%[[SUM]], %{{.+}} : tensor<1x4xf32>, tensor<4xf32>)
// CHECK: %[[R:.+]] = tensor.expand_shape %[[D]] {{\[\[}}0], [1, 2]] output_shape [1, 4, 1]
// CHECK: return %[[R]]
func.func @a_division_follows_its_sum(%x: tensor<1x4x8xf32>, %zero: tensor<1x4xf32>, %count: tensor<4xf32>) -> tensor<1x4x1xf32> {
  %e = tensor.empty() : tensor<1x4x1xf32>
  %sum = linalg.generic {indexing_maps = [#x, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<1x4x8xf32>) outs(%zero : tensor<1x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %out, %in : f32
    linalg.yield %s : f32
  } -> tensor<1x4xf32>
  %m = tensor.expand_shape %sum [[0], [1, 2]] output_shape [1, 4, 1] : tensor<1x4xf32> into tensor<1x4x1xf32>
  %r = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%m, %count : tensor<1x4x1xf32>, tensor<4xf32>) outs(%e : tensor<1x4x1xf32>) {
  ^bb0(%in: f32, %c: f32, %out: f32):
    %s = arith.divf %in, %c : f32
    linalg.yield %s : f32
  } -> tensor<1x4x1xf32>
  return %r : tensor<1x4x1xf32>
}

// -----

#id = affine_map<(i) -> (i)>

// CHECK-LABEL: func.func @a_reshape_that_is_used_twice_stays
// CHECK: %[[M:.+]] = tensor.collapse_shape
// CHECK: linalg.generic {{.*}} ins(%[[M]] :
func.func @a_reshape_that_is_used_twice_stays(%x: tensor<2x2xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e2 = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<4xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x2xf32>) outs(%e2 : tensor<2x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.negf %in : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  %m = tensor.collapse_shape %a [[0, 1]] : tensor<2x2xf32> into tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%m : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.negf %in : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %r, %m : tensor<4xf32>, tensor<4xf32>
}

// -----

#id = affine_map<(i, j) -> (i, j)>

// CHECK-LABEL: func.func @a_division_follows_the_sum_of_everything
// CHECK: %[[SUM:.+]] = linalg.generic {{.*}} outs({{.*}} : tensor<f32>)
// CHECK: %[[D:.+]] = linalg.generic {{.*}} ins(%[[SUM]] : tensor<f32>)
// CHECK: tensor.expand_shape %[[D]] [] output_shape [1, 1]
func.func @a_division_follows_the_sum_of_everything(%x: tensor<2x3xf32>, %zero: tensor<f32>) -> tensor<1x1xf32> {
  %six = arith.constant 6.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %sum = linalg.generic {indexing_maps = [#id, affine_map<(i, j) -> ()>], iterator_types = ["reduction", "reduction"]}
      ins(%x : tensor<2x3xf32>) outs(%zero : tensor<f32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %out, %in : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  %m = tensor.expand_shape %sum [] output_shape [1, 1] : tensor<f32> into tensor<1x1xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%m : tensor<1x1xf32>) outs(%e : tensor<1x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.divf %in, %six : f32
    linalg.yield %s : f32
  } -> tensor<1x1xf32>
  return %r : tensor<1x1xf32>
}
