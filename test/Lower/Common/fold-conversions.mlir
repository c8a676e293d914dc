// RUN: quant-opt %s --qnn-fold-conversions | FileCheck %s

#lhs = affine_map<(m, n, k) -> (m, k)>
#rhs = affine_map<(m, n, k) -> (n, k)>
#out = affine_map<(m, n, k) -> (m, n)>
#channel = affine_map<(m, n, k) -> (n)>
#row = affine_map<(m, n, k) -> (m)>

// The zero-point terms and the bias are one start; 1258291200 are the bits of 2^23.
// CHECK-LABEL: @a_requantized_sum_is_not_converted
// CHECK-DAG: %[[M:.*]] = arith.constant dense<[{{0.00999.*}}, 2.000000e-02]> : tensor<2xf32>
// CHECK-DAG: %[[START:.*]] = arith.constant dense<[{{12[0-9]+, 12[0-9]+}}]> : tensor<2xi32>
// CHECK-DAG: %[[OFFSET:.*]] = arith.constant dense<[{{-[0-9.e+]*, -[0-9.e+]*}}]> : tensor<2xf32>
// CHECK: qnn.contract {{.*}} epilogue(%[[M]], %[[START]], %[[OFFSET]] : tensor<2xf32>, tensor<2xi32>, tensor<2xf32>)
// CHECK: ^bb0(%[[ACC:.*]]: i32, %[[MULT:.*]]: f32, %[[S:.*]]: i32, %[[O:.*]]: f32):
// CHECK-NEXT: %[[BITS:.*]] = arith.addi %[[ACC]], %[[S]] : i32
// CHECK-NEXT: %[[F:.*]] = arith.bitcast %[[BITS]] : i32 to f32
// CHECK-NEXT: %[[X:.*]] = math.fma %[[F]], %[[MULT]], %[[O]] {qnn.exact_sum} : f32
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-NEXT: qnn.quantize %[[X]], %[[ONE]] zero_point 3 clamp [3, 255] unsigned {qnn.in_range} : f32, f32 -> i8
func.func @a_requantized_sum_is_not_converted(%a: tensor<4x3xi8>) -> tensor<4x2xi8> {
  %w = arith.constant dense<[[1, -2, 3], [-4, 5, 127]]> : tensor<2x3xi8>
  %terms = arith.constant dense<[100, -200]> : tensor<2xi32>
  %bias = arith.constant dense<[7, 8]> : tensor<2xi32>
  %m = arith.constant dense<[0.01, 0.02]> : tensor<2xf32>
  %e = tensor.empty() : tensor<4x2xi8>
  %y = qnn.contract ins(%a, %w : tensor<4x3xi8>, tensor<2x3xi8>) epilogue(%terms, %bias, %m : tensor<2xi32>, tensor<2xi32>, tensor<2xf32>)
      outs(%e : tensor<4x2xi8>)
      attributes {extents = array<i64: 4, 2, 3>, indexing_maps = [#lhs, #rhs, #channel, #channel, #channel, #out],
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32, %t: i32, %b: i32, %mult: f32):
    %s = arith.addi %acc, %t : i32
    %u = arith.addi %s, %b : i32
    %q = qnn.requantize %u, %mult zero_point 3 clamp [3, 255] unsigned : i32, f32 -> i8
    qnn.yield %q : i8
  } -> tensor<4x2xi8>
  return %y : tensor<4x2xi8>
}

// CHECK-LABEL: @what_is_added_for_each_row_is_not_known
// CHECK: qnn.requantize
// CHECK-LABEL: @weights_that_are_not_constant_bound_no_sum
// CHECK: qnn.requantize
// CHECK-LABEL: @a_multiplier_above_one_is_left_alone
// CHECK: qnn.requantize
func.func @what_is_added_for_each_row_is_not_known(%a: tensor<4x3xi8>) -> tensor<4x2xi8> {
  %w = arith.constant dense<1> : tensor<2x3xi8>
  %terms = arith.constant dense<1> : tensor<4xi32>
  %m = arith.constant dense<0.01> : tensor<2xf32>
  %e = tensor.empty() : tensor<4x2xi8>
  %y = qnn.contract ins(%a, %w : tensor<4x3xi8>, tensor<2x3xi8>) epilogue(%terms, %m : tensor<4xi32>, tensor<2xf32>)
      outs(%e : tensor<4x2xi8>)
      attributes {extents = array<i64: 4, 2, 3>, indexing_maps = [#lhs, #rhs, #row, #channel, #out],
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32, %t: i32, %mult: f32):
    %s = arith.addi %acc, %t : i32
    %q = qnn.requantize %s, %mult zero_point 0 clamp [0, 255] unsigned : i32, f32 -> i8
    qnn.yield %q : i8
  } -> tensor<4x2xi8>
  return %y : tensor<4x2xi8>
}
func.func @weights_that_are_not_constant_bound_no_sum(%a: tensor<4x3xi8>, %w: tensor<2x3xi8>) -> tensor<4x2xi8> {
  %m = arith.constant 0.01 : f32
  %e = tensor.empty() : tensor<4x2xi8>
  %y = qnn.contract ins(%a, %w : tensor<4x3xi8>, tensor<2x3xi8>) outs(%e : tensor<4x2xi8>)
      attributes {extents = array<i64: 4, 2, 3>, indexing_maps = [#lhs, #rhs, #out],
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    %q = qnn.requantize %acc, %m zero_point 0 clamp [0, 255] unsigned : i32, f32 -> i8
    qnn.yield %q : i8
  } -> tensor<4x2xi8>
  return %y : tensor<4x2xi8>
}
func.func @a_multiplier_above_one_is_left_alone(%a: tensor<4x3xi8>) -> tensor<4x2xi8> {
  %w = arith.constant dense<1> : tensor<2x3xi8>
  %m = arith.constant 1.5 : f32
  %e = tensor.empty() : tensor<4x2xi8>
  %y = qnn.contract ins(%a, %w : tensor<4x3xi8>, tensor<2x3xi8>) outs(%e : tensor<4x2xi8>)
      attributes {extents = array<i64: 4, 2, 3>, indexing_maps = [#lhs, #rhs, #out],
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    %q = qnn.requantize %acc, %m zero_point 0 clamp [0, 255] unsigned : i32, f32 -> i8
    qnn.yield %q : i8
  } -> tensor<4x2xi8>
  return %y : tensor<4x2xi8>
}
