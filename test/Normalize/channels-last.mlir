// RUN: quant-opt --qnn-channels-last --split-input-file %s | FileCheck %s

#x = affine_map<(n, oc, oh, ow, ic, kh, kw) -> (n, ic, oh * 2 + kh, ow * 2 + kw * 3)>
#w = affine_map<(n, oc, oh, ow, ic, kh, kw) -> (oc, ic, kh, kw)>
#y = affine_map<(n, oc, oh, ow, ic, kh, kw) -> (n, oc, oh, ow)>

// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 * 2 + d4, d2 * 2 + d5 * 3, d6)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>
// CHECK-DAG: #[[RESULT:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func.func @a_strided_dilated_convolution_is_channels_last_between_transposes
// CHECK: %[[XT:.+]] = linalg.transpose {{.*}} permutation = [0, 2, 3, 1]
// CHECK: %[[WT:.+]] = linalg.transpose {{.*}} permutation = [0, 2, 3, 1]
// CHECK: %[[ZERO:.+]] = linalg.fill {{.*}} outs(%{{.+}} : tensor<1x3x3x16xf32>)
// CHECK: %[[Y:.+]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[RESULT]]], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%[[XT]], %[[WT]] : tensor<1x7x11x3xf32>, tensor<16x3x3x3xf32>) outs(%[[ZERO]] : tensor<1x3x3x16xf32>)
// CHECK: %[[R:.+]] = linalg.transpose ins(%[[Y]] : {{.*}} permutation = [0, 3, 1, 2]
// CHECK: return %[[R]]
func.func @a_strided_dilated_convolution_is_channels_last_between_transposes(%x: tensor<1x3x7x11xf32>, %w: tensor<16x3x3x3xf32>) -> tensor<1x16x3x3xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x16x3x3xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x16x3x3xf32>) -> tensor<1x16x3x3xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x3x7x11xf32>, tensor<16x3x3x3xf32>) outs(%init : tensor<1x16x3x3xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x16x3x3xf32>
  return %y : tensor<1x16x3x3xf32>
}

// -----

#x = affine_map<(n, g, oc, ow, ic, kw) -> (n, g, ic, ow + kw)>
#w = affine_map<(n, g, oc, ow, ic, kw) -> (g, oc, ic, kw)>
#y = affine_map<(n, g, oc, ow, ic, kw) -> (n, g, oc, ow)>

// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d4, d2, d5)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d2, d3, d4, d5)>
// CHECK-DAG: #[[RESULT:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func.func @groups_stand_between_space_and_their_channels
// CHECK: %[[W0:.+]] = arith.constant dense<{{\[\[}}[{{\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]], {{\[\[}}[5.000000e+00, 7.000000e+00], [6.000000e+00, 8.000000e+00]]]]>
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[RESULT]]]
// CHECK-SAME: ins(%{{.+}}, %[[W0]] : tensor<1x5x2x2xf32>, tensor<2x1x2x2xf32>) outs(%{{.+}} : tensor<1x4x2x1xf32>)
func.func @groups_stand_between_space_and_their_channels(%x: tensor<1x2x2x5xf32>) -> tensor<1x2x1x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]], [[[5.0, 6.0], [7.0, 8.0]]]]> : tensor<2x1x2x2xf32>
  %e = tensor.empty() : tensor<1x2x1x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x1x4xf32>) -> tensor<1x2x1x4xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x2x2x5xf32>, tensor<2x1x2x2xf32>) outs(%init : tensor<1x2x1x4xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2x1x4xf32>
  return %y : tensor<1x2x1x4xf32>
}

// -----

#x = affine_map<(n, c, ow, kw) -> (n, c, ow * 2 + kw)>
#k = affine_map<(n, c, ow, kw) -> (kw)>
#y = affine_map<(n, c, ow, kw) -> (n, c, ow)>

// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1 * 2 + d3, d2)>
// CHECK-LABEL: func.func @a_pooling_keeps_its_window
// CHECK: %[[WINDOW:.+]] = tensor.empty() : tensor<2xf32>
// CHECK: linalg.generic {indexing_maps = [#[[X]], {{.*}} ins(%{{.+}}, %[[WINDOW]] : tensor<1x8x4xf32>, tensor<2xf32>) outs(%{{.+}} : tensor<1x4x4xf32>)
func.func @a_pooling_keeps_its_window(%x: tensor<1x4x8xf32>, %z: tensor<1x4x4xf32>) -> tensor<1x4x4xf32> {
  %window = tensor.empty() : tensor<2xf32>
  %y = linalg.generic {indexing_maps = [#x, #k, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %window : tensor<1x4x8xf32>, tensor<2xf32>) outs(%z : tensor<1x4x4xf32>) {
  ^bb0(%in: f32, %w: f32, %out: f32):
    %s = arith.maximumf %out, %in : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4xf32>
  return %y : tensor<1x4x4xf32>
}

// -----

#x = affine_map<(n, oc, h, w, k) -> (n, oc + k, h, w)>
#k = affine_map<(n, oc, h, w, k) -> (k)>
#y = affine_map<(n, oc, h, w, k) -> (n, oc, h, w)>

// CHECK-LABEL: func.func @a_window_over_channels_is_no_pooling
// CHECK-NOT: linalg.transpose
// CHECK: return
func.func @a_window_over_channels_is_no_pooling(%x: tensor<1x8x4x4xf32>, %z: tensor<1x6x4x4xf32>) -> tensor<1x6x4x4xf32> {
  %window = tensor.empty() : tensor<3xf32>
  %y = linalg.generic {indexing_maps = [#x, #k, #y], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %window : tensor<1x8x4x4xf32>, tensor<3xf32>) outs(%z : tensor<1x6x4x4xf32>) {
  ^bb0(%in: f32, %w: f32, %out: f32):
    %q = arith.mulf %in, %in : f32
    %s = arith.addf %out, %q : f32
    linalg.yield %s : f32
  } -> tensor<1x6x4x4xf32>
  return %y : tensor<1x6x4x4xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>

// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func.func @constant_weights_of_a_matrix_product_are_one_row_a_channel
// CHECK: %[[WT:.+]] = arith.constant dense<{{\[\[}}1.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00], [3.000000e+00, 6.000000e+00]]>
// CHECK: linalg.generic {indexing_maps = [#{{.+}}, #[[W]], #{{.+}}], {{.*}} ins(%{{.+}}, %[[WT]] : tensor<4x2xf32>, tensor<3x2xf32>)
func.func @constant_weights_of_a_matrix_product_are_one_row_a_channel(%x: tensor<4x2xf32>, %zero: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x2xf32>, tensor<2x3xf32>) outs(%zero : tensor<4x3xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

#x = affine_map<(n, c, ow, kw) -> (n, c, ow * 2 + kw)>
#k = affine_map<(n, c, ow, kw) -> (kw)>
#y = affine_map<(n, c, ow, kw) -> (n, c, ow)>

// CHECK-LABEL: func.func @a_search_for_the_places_of_maxima_is_no_pooling
// CHECK-NOT: linalg.transpose
// CHECK: return
func.func @a_search_for_the_places_of_maxima_is_no_pooling(%x: tensor<1x4x8xf32>, %maxima: tensor<1x4x4xf32>, %z: tensor<1x4x4xf32>) -> tensor<1x4x4xf32> {
  %window = tensor.empty() : tensor<2xf32>
  %y = linalg.generic {indexing_maps = [#x, #k, #y, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %window, %maxima : tensor<1x4x8xf32>, tensor<2xf32>, tensor<1x4x4xf32>) outs(%z : tensor<1x4x4xf32>) {
  ^bb0(%in: f32, %w: f32, %m: f32, %out: f32):
    %c = arith.cmpf oeq, %in, %m : f32
    %s = arith.select %c, %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4xf32>
  return %y : tensor<1x4x4xf32>
}
