// Weights of 4 bits are integers in [-7, 7], stored as bytes; a range on a weight states what is clipped.
// RUN: quant-opt %s --qnn-insert-qdq=weight-bits=4 --qnn-verify-qdq | FileCheck %s
// RUN: quant-opt %s --qnn-insert-qdq --qnn-verify-qdq | FileCheck %s --check-prefix=EIGHT
// RUN: quant-opt %s --quantize-static=weight-bits=4 | FileCheck %s --check-prefix=INTEGER
// RUN: not quant-opt %s --qnn-insert-qdq=weight-bits=5 2>&1 | FileCheck %s --check-prefix=BITS
// BITS: error: expected a weight-bits of 4 or 8, found 5

#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>
#grows = affine_map<(n, g, oc, k) -> (n, g, k)>
#gcols = affine_map<(n, g, oc, k) -> (g, oc, k)>
#gout = affine_map<(n, g, oc, k) -> (n, g, oc)>

// CHECK-LABEL: @without_a_range_the_largest_weight_is_the_largest_integer
// CHECK: dense<{{\[\[}}7, -4, 0, 0], [-7, 0, 1, 7]]> : tensor<2x4xi8>
// CHECK: tensor<2x4x!quant.uniform<i8<-7:7>:f32:0, {0.10000000149011612,1.000000e+00}>>
// EIGHT-LABEL: @without_a_range_the_largest_weight_is_the_largest_integer
// EIGHT: !quant.uniform<i8<-127:127>:f32:0,
// INTEGER-LABEL: @without_a_range_the_largest_weight_is_the_largest_integer
// INTEGER: dense<{{\[\[}}7, -4, 0, 0], [-7, 0, 1, 7]]> : tensor<2x4xi8>
func.func @without_a_range_the_largest_weight_is_the_largest_integer(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %r = qnn.range %x [-1.0], [3.0] method "minmax" : tensor<1x4xf32>
  %w = arith.constant dense<[[0.7, -0.4, 0.04, 0.01], [-7.0, 0.1, 1.2, 6.9]]> : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%r, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a0: f32, %w0: f32, %c: f32):
    %p = arith.mulf %a0, %w0 : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// The contraction's own precision goes before the option.
// CHECK-LABEL: @a_range_clips_each_channel
// CHECK: dense<{{\[\[}}7, -7, 1, 0], [-7, 0, 1, 7]]> : tensor<2x4xi8>
// EIGHT-LABEL: @a_range_clips_each_channel
// EIGHT: dense<{{\[\[}}7, -7, 1, 0], [-7, 0, 1, 7]]> : tensor<2x4xi8>
// EIGHT: tensor<2x4x!quant.uniform<i8<-7:7>:f32:0, {0.05{{.*}},1.000000e+00}>>
func.func @a_range_clips_each_channel(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %r = qnn.range %x [-1.0], [3.0] method "minmax" : tensor<1x4xf32>
  %w = arith.constant dense<[[0.7, -0.4, 0.04, 0.01], [-7.0, 0.1, 1.2, 6.9]]> : tensor<2x4xf32>
  %clipped = qnn.range %w [-0.35, -7.0], [0.35, 7.0] axis 0 method "least-squares" : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%r, %clipped : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) attrs = {qnn.precision = "i4"} {
  ^bb0(%a0: f32, %w0: f32, %c: f32):
    %p = arith.mulf %a0, %w0 : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// CHECK-LABEL: @a_grouped_weight_has_bounds_for_each_group_and_channel
// CHECK: dense<{{\[\[}}127, 64], [127, -127], [3, 4], [127, 1]]> : tensor<4x2xi8>
func.func @a_grouped_weight_has_bounds_for_each_group_and_channel(%x: tensor<1x2x2xf32>) -> tensor<1x2x2xf32> {
  %r = qnn.range %x [-1.0], [3.0] method "minmax" : tensor<1x2x2xf32>
  %w = arith.constant dense<[[[1.27, 0.64], [2.0, -3.0]], [[0.03, 0.04], [12.7, 0.1]]]> : tensor<2x2x2xf32>
  %clipped = qnn.range %w [-1.27, -1.27, -1.27, -12.7], [1.27, 1.27, 1.27, 12.7] axis 0 method "least-squares" : tensor<2x2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  %y = linalg.generic {indexing_maps = [#grows, #gcols, #gout], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%r, %clipped : tensor<1x2x2xf32>, tensor<2x2x2xf32>) outs(%f : tensor<1x2x2xf32>) attrs = {qnn.precision = "i8"} {
  ^bb0(%a0: f32, %w0: f32, %c: f32):
    %p = arith.mulf %a0, %w0 : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2x2xf32>
  return %y : tensor<1x2x2xf32>
}
