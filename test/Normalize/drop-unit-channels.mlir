// RUN: quant-opt --qnn-drop-unit-channels --split-input-file %s | FileCheck %s

#x = affine_map<(n, ow, c, m, kw) -> (n, ow + kw, c)>
#w = affine_map<(n, ow, c, m, kw) -> (kw, c, m)>
#y = affine_map<(n, ow, c, m, kw) -> (n, ow, c, m)>

// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1 + d3, d2)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
// CHECK-DAG: #[[Y:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func.func @a_multiplier_of_one_goes
// CHECK: %[[K:.+]] = arith.constant dense<{{.+}}> : tensor<3x2xf32>
// CHECK: linalg.fill {{.*}} outs(%{{.+}} : tensor<1x8x2xf32>)
// CHECK: %[[S:.+]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]], {{.*}} ins(%{{.+}}, %[[K]] : tensor<1x10x2xf32>, tensor<3x2xf32>)
// CHECK: %[[R:.+]] = tensor.expand_shape %[[S]] {{\[\[}}0], [1], [2, 3]] output_shape [1, 8, 2, 1]
// CHECK: return %[[R]]
func.func @a_multiplier_of_one_goes(%x: tensor<1x10x2xf32>) -> tensor<1x8x2x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[1.0], [2.0]], [[3.0], [4.0]], [[5.0], [6.0]]]> : tensor<3x2x1xf32>
  %e = tensor.empty() : tensor<1x8x2x1xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x8x2x1xf32>) -> tensor<1x8x2x1xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x10x2xf32>, tensor<3x2x1xf32>) outs(%init : tensor<1x8x2x1xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x8x2x1xf32>
  return %y : tensor<1x8x2x1xf32>
}

// -----

#x = affine_map<(n, ow, c, m, kw) -> (n, ow + kw, c)>
#w = affine_map<(n, ow, c, m, kw) -> (kw, c, m)>
#y = affine_map<(n, ow, c, m, kw) -> (n, ow, c, m)>

// CHECK-LABEL: func.func @a_multiplier_of_two_stays
// CHECK: linalg.generic {{.*}} outs(%{{.+}} : tensor<1x8x2x2xf32>)
// CHECK-NOT: tensor.expand_shape
func.func @a_multiplier_of_two_stays(%x: tensor<1x10x2xf32>, %w: tensor<3x2x2xf32>, %init: tensor<1x8x2x2xf32>) -> tensor<1x8x2x2xf32> {
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x10x2xf32>, tensor<3x2x2xf32>) outs(%init : tensor<1x8x2x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x8x2x2xf32>
  return %y : tensor<1x8x2x2xf32>
}
