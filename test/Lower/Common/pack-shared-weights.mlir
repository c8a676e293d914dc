// One constant that two contractions read in the same order is packed once: the planes of a 16-bit activation meet one weight.
// RUN: quant-opt %s --qnn-form-contractions --qnn-pack-weights --cse | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @a_shared_weight_is_packed_once
// CHECK: %[[W:.*]] = arith.constant {{.*}} : tensor<1x2x16x4xi8>
// CHECK-NOT: tensor<1x2x16x4xi8>{{$}}
// CHECK: qnn.contract ins(%{{.*}}, %[[W]] :
// CHECK: qnn.contract ins(%{{.*}}, %[[W]] :
func.func @a_shared_weight_is_packed_once(%a: tensor<4x8xi8>, %b: tensor<4x8xi8>) -> (tensor<4x16xi32>, tensor<4x16xi32>) {
  %w = arith.constant dense<3> : tensor<16x8xi8>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<4x16xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<4x16xi32>) -> tensor<4x16xi32>
  %x = linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<4x8xi8>, tensor<16x8xi8>) outs(%init : tensor<4x16xi32>) {
  ^bb0(%p: i8, %q: i8, %c: i32):
    %p1 = arith.extui %p : i8 to i32
    %q1 = arith.extsi %q : i8 to i32
    %m = arith.muli %p1, %q1 : i32
    %s = arith.addi %c, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x16xi32>
  %y = linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%b, %w : tensor<4x8xi8>, tensor<16x8xi8>) outs(%init : tensor<4x16xi32>) {
  ^bb0(%p: i8, %q: i8, %c: i32):
    %p1 = arith.extui %p : i8 to i32
    %q1 = arith.extsi %q : i8 to i32
    %m = arith.muli %p1, %q1 : i32
    %s = arith.addi %c, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x16xi32>
  return %x, %y : tensor<4x16xi32>, tensor<4x16xi32>
}
