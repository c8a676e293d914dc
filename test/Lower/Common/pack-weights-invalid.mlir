// RUN: quant-opt %s --qnn-pack-weights --split-input-file --verify-diagnostics

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @buffers_come_too_late(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{'qnn.contract' op expected tensors; pack before bufferization}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @bytes_to_sum_lie_side_by_side(%a: tensor<8x6xi8>, %w: tensor<16x8xi8>, %y: tensor<6x16xi32>) -> tensor<6x16xi32> {
  // expected-error@+1 {{'qnn.contract' op fits no plan: the reduction is not contiguous in lhs}}
  %0 = qnn.contract ins(%a, %w : tensor<8x6xi8>, tensor<16x8xi8>) outs(%y : tensor<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [affine_map<(m, n, k) -> (k, m)>, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  } -> tensor<6x16xi32>
  return %0 : tensor<6x16xi32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @windows_are_not_packed(%a: tensor<6x8xi8>, %w: tensor<23xi8>, %y: tensor<6x16xi32>) -> tensor<6x16xi32> {
  // expected-error@+1 {{'qnn.contract' op expected rhs to be accessed by a projected permutation of the loops}}
  %0 = qnn.contract ins(%a, %w : tensor<6x8xi8>, tensor<23xi8>) outs(%y : tensor<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, affine_map<(m, n, k) -> (n + k)>, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  } -> tensor<6x16xi32>
  return %0 : tensor<6x16xi32>
}

// -----

func.func @depthwise_weights_are_constants(%a: tensor<8x16xi8>, %w: tensor<3x16xi8>, %y: tensor<6x16xi32>) -> tensor<6x16xi32> {
  // expected-error@+1 {{'qnn.contract' op expected constant weights of a depthwise contraction}}
  %0 = qnn.contract ins(%a, %w : tensor<8x16xi8>, tensor<3x16xi8>) outs(%y : tensor<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 3>, iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>],
                  indexing_maps = [affine_map<(h, c, k) -> (h + k, c)>, affine_map<(h, c, k) -> (k, c)>, affine_map<(h, c, k) -> (h, c)>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  } -> tensor<6x16xi32>
  return %0 : tensor<6x16xi32>
}
