// qnn.contract survives a round trip through text and through bytecode, on tensors and on memrefs.
// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s --emit-bytecode | quant-opt | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @a_contraction_has_an_epilogue
// CHECK: qnn.contract ins(%arg0, %arg1 : tensor<6x8xi8>, tensor<16x8xi8>) epilogue(%arg2 : tensor<16xf32>) outs(%{{.*}} : tensor<6x16xf32>)
// CHECK-SAME: extents = array<i64: 6, 16, 8>
// CHECK: ^bb0(%[[ACC:.*]]: i32, %[[SCALE:.*]]: f32):
// CHECK: qnn.yield %{{.*}} : f32
// CHECK: } -> tensor<6x16xf32>
func.func @a_contraction_has_an_epilogue(%a: tensor<6x8xi8>, %w: tensor<16x8xi8>, %s: tensor<16xf32>) -> tensor<6x16xf32> {
  %e = tensor.empty() : tensor<6x16xf32>
  %y = qnn.contract ins(%a, %w : tensor<6x8xi8>, tensor<16x8xi8>) epilogue(%s : tensor<16xf32>) outs(%e : tensor<6x16xf32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #n, #mn],
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32, %scale: f32):
    %x = qnn.dequantize %acc, %scale zero_point 0 : i32, f32 -> f32
    qnn.yield %x : f32
  } -> tensor<6x16xf32>
  return %y : tensor<6x16xf32>
}

// CHECK-LABEL: @packed_bytes_on_buffers
// CHECK: qnn.contract ins(%arg0, %arg1 : memref<6x8xi8>, memref<1x2x16x4xi8>) outs(%arg2 : memref<6x16xi32>)
// CHECK-SAME: lhs_flipped, packed_k = array<i64: 2>, run_dims = 1 : i64
func.func @packed_bytes_on_buffers(%a: memref<6x8xi8>, %w: memref<1x2x16x4xi8>, %y: memref<6x16xi32>) {
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<1x2x16x4xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], lhs_flipped, packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}
