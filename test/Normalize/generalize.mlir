// RUN: quant-opt --qnn-generalize --split-input-file %s | FileCheck %s

// CHECK-DAG: #[[A:.+]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[B:.+]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[C:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @a_matrix_product_becomes_its_maps_and_body
// CHECK: linalg.fill
// CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #[[C]]], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK-NOT: linalg.matmul
func.func @a_matrix_product_becomes_its_maps_and_body(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>) -> tensor<4x16xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%zero : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// CHECK-LABEL: func.func @fills_and_transposes_keep_their_names
// CHECK: linalg.fill
// CHECK: linalg.transpose
// CHECK-NOT: linalg.generic
func.func @fills_and_transposes_keep_their_names(%x: tensor<4x8xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x4xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<8x4xf32>) -> tensor<8x4xf32>
  %t = linalg.transpose ins(%x : tensor<4x8xf32>) outs(%e : tensor<8x4xf32>) permutation = [1, 0]
  return %zero, %t : tensor<8x4xf32>, tensor<8x4xf32>
}

// -----

// CHECK-LABEL: func.func @a_depthwise_convolution_and_a_pooling_become_generic
// CHECK-COUNT-2: linalg.generic
// CHECK-NOT: linalg.depthwise
// CHECK-NOT: linalg.pooling
func.func @a_depthwise_convolution_and_a_pooling_become_generic(%x: tensor<1x6x6x4xf32>, %w: tensor<3x3x4xf32>, %z: tensor<1x4x4x4xf32>,
                                                                %window: tensor<2x2xf32>, %p: tensor<1x3x3x4xf32>) -> tensor<1x3x3x4xf32> {
  %y = linalg.depthwise_conv_2d_nhwc_hwc ins(%x, %w : tensor<1x6x6x4xf32>, tensor<3x3x4xf32>) outs(%z : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %m = linalg.pooling_nhwc_max ins(%y, %window : tensor<1x4x4x4xf32>, tensor<2x2xf32>) outs(%p : tensor<1x3x3x4xf32>) -> tensor<1x3x3x4xf32>
  return %m : tensor<1x3x3x4xf32>
}
