// RUN: quant-opt %s --qnn-lower-contractions-to-gpu --split-input-file --verify-diagnostics

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#loops = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]

func.func @tensors_come_too_early(%a: tensor<6x8xi8>, %w: tensor<16x8xi8>, %y: tensor<6x16xi32>) -> tensor<6x16xi32> {
  // expected-error@+1 {{'qnn.contract' op expected memrefs; bufferize first}}
  %0 = qnn.contract ins(%a, %w : tensor<6x8xi8>, tensor<16x8xi8>) outs(%y : tensor<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], iterator_types = #loops} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  } -> tensor<6x16xi32>
  return %0 : tensor<6x16xi32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @weights_must_be_packed(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{'qnn.contract' op is not packed; --qnn-pack-weights should have done so}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn],
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @packed_shapes_must_fit(%a: memref<6x8xi8>, %w: memref<1x3x16x4xi8>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{'qnn.contract' op expected packed rhs of shape [1, 2, 16, 4], found 'memref<1x3x16x4xi8>'}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<1x3x16x4xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @runs_must_be_contiguous(%a: memref<6x8xi8, strided<[16, 2]>>, %w: memref<1x2x16x4xi8>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{'qnn.contract' op fits no plan: the reduction is not contiguous in lhs}}
  qnn.contract ins(%a, %w : memref<6x8xi8, strided<[16, 2]>>, memref<1x2x16x4xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}
