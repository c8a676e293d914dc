// RUN: quant-opt %s --qnn-form-contractions --canonicalize --cse | FileCheck %s

#a = affine_map<(n, h, w, o, y, x, c) -> (n, h * 2 + y, w * 2 + x, c)>
#b = affine_map<(n, h, w, o, y, x, c) -> (o, y, x, c)>
#o = affine_map<(n, h, w, o, y, x, c) -> (n, h, w, o)>
#id = affine_map<(n, h, w, o) -> (n, h, w, o)>
#ch = affine_map<(n, h, w, o) -> (o)>

// Bias, residual and requantization end in one region; the intermediate i32 tensor is gone.
// CHECK-LABEL: @a_convolution_takes_its_bias_and_its_elementwise_consumer
// CHECK-NOT: linalg.generic
// CHECK: qnn.contract ins(%{{.*}}, %{{.*}} : tensor<1x9x9x16xi8>, tensor<20x3x3x16xi8>)
// CHECK-SAME: epilogue(%{{.*}}, %{{.*}}, %{{.*}} : tensor<20xi32>, tensor<20xf32>, tensor<1x4x4x20xi8>)
// CHECK-SAME: extents = array<i64: 1, 4, 4, 20, 3, 3, 16>
// CHECK-NOT: lhs_flipped
// CHECK: ^bb0(%[[ACC:.*]]: i32, %[[BIAS:.*]]: i32, %[[M:.*]]: f32, %[[SKIP:.*]]: i8):
// CHECK: %[[SUM:.*]] = arith.addi %[[ACC]], %[[BIAS]] : i32
// CHECK: qnn.dequantize %[[SUM]], %[[M]]
// CHECK: qnn.dequantize %[[SKIP]]
// CHECK: qnn.quantize
// CHECK: qnn.yield %{{.*}} : i8
func.func @a_convolution_takes_its_bias_and_its_elementwise_consumer(%a: tensor<1x9x9x16xi8>, %w: tensor<20x3x3x16xi8>,
    %bias: tensor<20xi32>, %m: tensor<20xf32>, %skip: tensor<1x4x4x20xi8>) -> tensor<1x4x4x20xi8> {
  %cst = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<1x4x4x20xi32>
  %init = linalg.generic {indexing_maps = [#ch, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%bias : tensor<20xi32>) outs(%e : tensor<1x4x4x20xi32>) {
  ^bb0(%x: i32, %y: i32):
    linalg.yield %x : i32
  } -> tensor<1x4x4x20xi32>
  %acc = linalg.generic {indexing_maps = [#a, #b, #o], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%a, %w : tensor<1x9x9x16xi8>, tensor<20x3x3x16xi8>) outs(%init : tensor<1x4x4x20xi32>) {
  ^bb0(%x: i8, %y: i8, %c: i32):
    %a1 = arith.extui %x : i8 to i32
    %w1 = arith.extsi %y : i8 to i32
    %p = arith.muli %a1, %w1 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<1x4x4x20xi32>
  %q = tensor.empty() : tensor<1x4x4x20xi8>
  %y = linalg.generic {indexing_maps = [#id, #ch, #id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%acc, %m, %skip : tensor<1x4x4x20xi32>, tensor<20xf32>, tensor<1x4x4x20xi8>) outs(%q : tensor<1x4x4x20xi8>) {
  ^bb0(%c: i32, %mult: f32, %r: i8, %out: i8):
    %f = qnn.dequantize %c, %mult zero_point 0 : i32, f32 -> f32
    %g = qnn.dequantize %r, %cst zero_point 12 unsigned : i8, f32 -> f32
    %h = arith.addf %f, %g : f32
    %z = qnn.quantize %h, %cst zero_point 3 clamp [3, 255] unsigned : f32, f32 -> i8
    linalg.yield %z : i8
  } -> tensor<1x4x4x20xi8>
  return %y : tensor<1x4x4x20xi8>
}

// The sign bit of lhs is flipped when read; what that adds, 128 times the sum of the weights, is a constant of the epilogue.
// CHECK-LABEL: @a_signed_left_side_is_read_as_unsigned
// CHECK: %[[TERMS:.*]] = arith.constant dense<[-384, 128]> : tensor<2xi32>
// CHECK: qnn.contract {{.*}} epilogue(%[[TERMS]] : tensor<2xi32>) {{.*}} lhs_flipped
func.func @a_signed_left_side_is_read_as_unsigned(%a: tensor<3x2xi8>) -> tensor<3x2xi32> {
  %w = arith.constant dense<[[1, 2], [-3, 2]]> : tensor<2x2xi8>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<3x2xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<3x2xi32>) -> tensor<3x2xi32>
  %acc = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %w : tensor<3x2xi8>, tensor<2x2xi8>) outs(%init : tensor<3x2xi32>) {
  ^bb0(%x: i8, %y: i8, %c: i32):
    %a1 = arith.extsi %x : i8 to i32
    %w1 = arith.extsi %y : i8 to i32
    %p = arith.muli %a1, %w1 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<3x2xi32>
  return %acc : tensor<3x2xi32>
}

// The zero point of an activation that is the right side needs the sums of both sides, which are computed when the model runs.
// CHECK-LABEL: @zero_points_of_two_activations_become_sums
// CHECK: %[[FLIP:.*]] = linalg.generic
// CHECK: arith.xori
// CHECK: %[[RHS:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%[[FLIP]]
// CHECK: arith.extsi
// CHECK: %[[LHS:.*]] = linalg.generic {{.*}} ["parallel", "reduction"]} ins(%arg0
// CHECK: arith.extui
// CHECK: qnn.contract ins(%arg0, %[[FLIP]] : {{.*}}) epilogue(%[[RHS]], %[[LHS]] :
// CHECK: arith.muli
// CHECK: arith.subi
// CHECK: arith.muli
// CHECK: arith.subi
func.func @zero_points_of_two_activations_become_sums(%a: tensor<3x5xi8>, %b: tensor<7x5xi8>) -> tensor<3x7xi32> {
  %za = arith.constant 7 : i32
  %zb = arith.constant 130 : i32
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<3x7xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<3x7xi32>) -> tensor<3x7xi32>
  %acc = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<3x5xi8>, tensor<7x5xi8>) outs(%init : tensor<3x7xi32>) {
  ^bb0(%x: i8, %y: i8, %c: i32):
    %a1 = arith.extui %x : i8 to i32
    %a2 = arith.subi %a1, %za : i32
    %b1 = arith.extui %y : i8 to i32
    %b2 = arith.subi %b1, %zb : i32
    %p = arith.muli %a2, %b2 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<3x7xi32>
  return %acc : tensor<3x7xi32>
}

// A group dimension that is collapsed after the contraction does not keep the consumer out of the epilogue.
// CHECK-LABEL: @a_grouped_convolution_keeps_its_epilogue
// CHECK: qnn.contract
// CHECK: qnn.requantize
// CHECK: tensor.collapse_shape
// CHECK-NOT: linalg.generic
func.func @a_grouped_convolution_keeps_its_epilogue(%a: tensor<5x2x4xi8>, %w: tensor<2x3x4xi8>, %m: tensor<6xf32>) -> tensor<5x6xi8> {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<5x2x3xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<5x2x3xi32>) -> tensor<5x2x3xi32>
  %acc = linalg.generic {indexing_maps = [affine_map<(h, g, o, c) -> (h, g, c)>, affine_map<(h, g, o, c) -> (g, o, c)>, affine_map<(h, g, o, c) -> (h, g, o)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%a, %w : tensor<5x2x4xi8>, tensor<2x3x4xi8>) outs(%init : tensor<5x2x3xi32>) {
  ^bb0(%x: i8, %y: i8, %c: i32):
    %a1 = arith.extui %x : i8 to i32
    %w1 = arith.extsi %y : i8 to i32
    %p = arith.muli %a1, %w1 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<5x2x3xi32>
  %flat = tensor.collapse_shape %acc [[0], [1, 2]] : tensor<5x2x3xi32> into tensor<5x6xi32>
  %q = tensor.empty() : tensor<5x6xi8>
  %y = linalg.generic {indexing_maps = [affine_map<(h, o) -> (h, o)>, affine_map<(h, o) -> (o)>, affine_map<(h, o) -> (h, o)>], iterator_types = ["parallel", "parallel"]}
      ins(%flat, %m : tensor<5x6xi32>, tensor<6xf32>) outs(%q : tensor<5x6xi8>) {
  ^bb0(%c: i32, %mult: f32, %out: i8):
    %z = qnn.requantize %c, %mult zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
    linalg.yield %z : i8
  } -> tensor<5x6xi8>
  return %y : tensor<5x6xi8>
}

// CHECK-LABEL: @a_named_matmul_is_a_contraction
// CHECK: qnn.contract ins(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<8x16xf32>)
// CHECK: qnn.yield %{{.*}} : f32
func.func @a_named_matmul_is_a_contraction(%a: tensor<4x8xf32>, %b: tensor<8x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}
