// RUN: quant-opt %s --qnn-prove-ranges | FileCheck %s

#id = affine_map<(n) -> (n)>
#lhs = affine_map<(m, n, k) -> (m, k)>
#rhs = affine_map<(m, n, k) -> (n, k)>
#out = affine_map<(m, n, k) -> (m, n)>
#lhs2 = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m)>
#channel = affine_map<(m, n, k) -> (n)>

// An erf of a sum of products, as after a dense layer: all magnitudes follow from the constant multipliers.
// CHECK-LABEL: @an_epilogue_with_constant_scales
// CHECK: %[[X:.*]] = qnn.dequantize
// CHECK: %[[T:.*]] = arith.divf %[[X]], %{{.*}} {qnn.in_range} : f32
// CHECK: math.erf %[[T]]
// CHECK: qnn.quantize {{.*}} {qnn.in_range}
func.func @an_epilogue_with_constant_scales(%a: tensor<4x8xi8>, %w: tensor<16x8xi8>) -> tensor<4x16xi8> {
  %m = arith.constant dense<0.001> : tensor<16xf32>
  %root = arith.constant 1.41421354 : f32
  %one = arith.constant 1.0 : f32
  %scale = arith.constant 0.02 : f32
  %e = tensor.empty() : tensor<4x16xi8>
  %y = qnn.contract ins(%a, %w : tensor<4x8xi8>, tensor<16x8xi8>) epilogue(%m : tensor<16xf32>) outs(%e : tensor<4x16xi8>)
      attributes {extents = array<i64: 4, 16, 8>, indexing_maps = [#lhs, #rhs, #channel, #out],
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32, %mult: f32):
    %x = qnn.dequantize %acc, %mult zero_point 0 : i32, f32 -> f32
    %t = arith.divf %x, %root : f32
    %f = math.erf %t : f32
    %s = arith.addf %f, %one : f32
    %p = arith.mulf %x, %s : f32
    %q = qnn.quantize %p, %scale zero_point 9 clamp [0, 255] unsigned : f32, f32 -> i8
    qnn.yield %q : i8
  } -> tensor<4x16xi8>
  return %y : tensor<4x16xi8>
}

// A multiplier that is too large, or that is not known, may overflow.
// CHECK-LABEL: @requantization
// CHECK: qnn.requantize {{.*}} zero_point 1 {{.*}} unsigned {qnn.in_range}
// CHECK: qnn.requantize {{.*}} zero_point 2 clamp [0, 255] unsigned :
// CHECK: qnn.requantize {{.*}} zero_point 3 clamp [0, 255] unsigned :
func.func @requantization(%a: tensor<4xi32>, %unknown: tensor<4xf32>) -> (tensor<4xi8>, tensor<4xi8>, tensor<4xi8>) {
  %small = arith.constant dense<[0.1, 0.2, 0.3, 0.4]> : tensor<4xf32>
  %large = arith.constant dense<[0.1, 0.2, 0.3, 4.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<4xi8>
  %r:3 = linalg.generic {indexing_maps = [#id, #id, #id, #id, #id, #id, #id], iterator_types = ["parallel"]}
      ins(%a, %small, %large, %unknown : tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
      outs(%e, %e, %e : tensor<4xi8>, tensor<4xi8>, tensor<4xi8>) {
  ^bb0(%x: i32, %s: f32, %l: f32, %u: f32, %o0: i8, %o1: i8, %o2: i8):
    %0 = qnn.requantize %x, %s zero_point 1 clamp [0, 255] unsigned : i32, f32 -> i8
    %1 = qnn.requantize %x, %l zero_point 2 clamp [0, 255] unsigned : i32, f32 -> i8
    %2 = qnn.requantize %x, %u zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
    linalg.yield %0, %1, %2 : i8, i8, i8
  } -> (tensor<4xi8>, tensor<4xi8>, tensor<4xi8>)
  return %r#0, %r#1, %r#2 : tensor<4xi8>, tensor<4xi8>, tensor<4xi8>
}

// Differences may be tiny or -0, and products with what may be negative may be -0: those divisions stay as they are.
// CHECK-LABEL: @divisions
// CHECK: arith.divf {{.*}} {qnn.in_range}
// CHECK-COUNT-3: arith.divf %{{[^{]*}} : f32
// CHECK: arith.divf %[[X:.*]], %[[X]] {qnn.in_range}
// CHECK: qnn.quantize {{.*}} zero_point 1 {{.*}} {qnn.in_range}
// CHECK: qnn.quantize {{.*}} zero_point 2 {{.*}} {qnn.in_range}
// CHECK: qnn.quantize {{.*}} zero_point 3 {{.*}} {qnn.in_range}
// CHECK: qnn.quantize {{.*}} zero_point 4 {{.*}} {qnn.in_range}
// CHECK: qnn.quantize {{.*}} zero_point 5 {{.*}} {qnn.in_range}
// CHECK: qnn.quantize {{.*}} zero_point 6 clamp [0, 255] unsigned :
func.func @divisions(%a: tensor<4xi8>, %unknown: tensor<4xf32>) -> tensor<4xi8> {
  %scale = arith.constant 0.5 : f32
  %negative = arith.constant -0.5 : f32
  %three = arith.constant 3.0 : f32
  %bound = arith.constant 6.0 : f32
  %e = tensor.empty() : tensor<4xi8>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%a, %unknown : tensor<4xi8>, tensor<4xf32>) outs(%e : tensor<4xi8>) {
  ^bb0(%q: i8, %u: f32, %o: i8):
    %x = qnn.dequantize %q, %scale zero_point 7 unsigned : i8, f32 -> f32
    %0 = arith.divf %x, %three : f32
    %d = arith.subf %x, %scale : f32
    %1 = arith.divf %d, %three : f32
    %p = arith.mulf %x, %negative : f32
    %2 = arith.divf %p, %three : f32
    %3 = arith.divf %u, %three : f32
    %4 = arith.divf %x, %x : f32
    %n = arith.negf %0 : f32
    %b = math.absf %n : f32
    %t = math.tanh %b : f32
    %c = arith.cmpf olt, %u, %t : f32
    %s = arith.select %c, %t, %b : f32
    %k = arith.minimumf %1, %bound : f32
    %v0 = qnn.quantize %0, %scale zero_point 1 clamp [0, 255] unsigned : f32, f32 -> i8
    %v1 = qnn.quantize %1, %scale zero_point 2 clamp [0, 255] unsigned : f32, f32 -> i8
    %v2 = qnn.quantize %2, %scale zero_point 3 clamp [0, 255] unsigned : f32, f32 -> i8
    %v3 = qnn.quantize %s, %scale zero_point 4 clamp [0, 255] unsigned : f32, f32 -> i8
    %v4 = qnn.quantize %k, %scale zero_point 5 clamp [0, 255] unsigned : f32, f32 -> i8
    %v5 = qnn.quantize %3, %scale zero_point 6 clamp [0, 255] unsigned : f32, f32 -> i8
    %v6 = qnn.quantize %4, %scale zero_point 6 clamp [0, 255] unsigned : f32, f32 -> i8
    linalg.yield %v0 : i8
  } -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// A divisor that is not known, but made of integers, and 0 or large enough; one that may be too small; one that may be anything.
// CHECK-LABEL: @divisors_that_differ
// CHECK: arith.divf %{{.*}}, %{{.*}} {qnn.in_range} : f32
// CHECK: arith.divf %{{.*}}, %{{.*}} : f32
// CHECK: arith.divf %{{.*}}, %{{.*}} : f32
func.func @divisors_that_differ(%a: tensor<4x8xi32>, %sums: tensor<4xi32>, %unknown: tensor<4xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %scale = arith.constant 0.5 : f32
  %tiny = arith.constant 1.0e-20 : f32
  %e = tensor.empty() : tensor<4x8xf32>
  %f = tensor.empty() : tensor<4xf32>
  %large, %small = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%sums : tensor<4xi32>) outs(%f, %f : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%q: i32, %o0: f32, %o1: f32):
    %x = qnn.dequantize %q, %scale zero_point 0 : i32, f32 -> f32
    %y = qnn.dequantize %q, %tiny zero_point 0 : i32, f32 -> f32
    linalg.yield %x, %y : f32, f32
  } -> (tensor<4xf32>, tensor<4xf32>)
  %r:3 = linalg.generic {indexing_maps = [#lhs2, #row, #row, #row, #lhs2, #lhs2, #lhs2], iterator_types = ["parallel", "parallel"]}
      ins(%a, %large, %small, %unknown : tensor<4x8xi32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) outs(%e, %e, %e : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  ^bb0(%q: i32, %l: f32, %s: f32, %u: f32, %o0: f32, %o1: f32, %o2: f32):
    %x = qnn.dequantize %q, %scale zero_point 0 : i32, f32 -> f32
    %0 = arith.divf %x, %l : f32
    %1 = arith.divf %x, %s : f32
    %2 = arith.divf %x, %u : f32
    linalg.yield %0, %1, %2 : f32, f32, f32
  } -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
  return %r#0, %r#1, %r#2 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}
