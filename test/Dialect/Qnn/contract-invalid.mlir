// RUN: quant-opt %s --split-input-file --verify-diagnostics

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @every_operand_has_a_map(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected an indexing map for each of 3 operands, found 2}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @every_loop_has_a_type(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected an iterator type for each of 3 loops, found 2}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @loop_types_are_linalgs(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected parallel and reduction iterator types, found "parallel"}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @extents_are_positive(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected positive extents}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 0>, indexing_maps = [#mk, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @packing_is_whole(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected packed_k and run_dims together}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], packed_k = array<i64: 2>} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @packed_loops_are_reductions(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected packed_k to order the reduction loops}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], packed_k = array<i64: 1>, run_dims = 1 : i64} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @the_run_is_of_reductions(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected at most 1 run_dims, found 2}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], packed_k = array<i64: 2>, run_dims = 2 : i64} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @maps_have_all_loops(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected map 0 to have 3 dimensions and no symbols}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [affine_map<(m, k) -> (m, k)>, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @maps_have_the_rank(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected map 1 to have 2 results, found 1}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, affine_map<(m, n, k) -> (n)>, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @maps_are_sums(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected map 0 to hold sums of loops times non-negative constants}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [affine_map<(m, n, k) -> (m mod 2, k)>, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @accesses_are_in_bounds(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{operand 0 is accessed at 8 in dimension 1 of size 8}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [affine_map<(m, n, k) -> (m, k + 1)>, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @epilogues_know_no_reduction(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{operand 2 depends on the reduction loop 2}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) epilogue(%m : memref<16xf32>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, affine_map<(m, n, k) -> (k)>, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32, %s: f32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @out_has_the_parallel_loops(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6xi32>) {
  // expected-error@+1 {{expected out to be accessed by a permutation of the parallel loops}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, affine_map<(m, n, k) -> (m)>], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @out_has_the_extents(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<7x16xi32>) {
  // expected-error@+1 {{expected dimension 0 of out to have the extent of its loop}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<7x16xi32>)
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

func.func @sides_have_one_type(%a: memref<6x8xi8>, %w: memref<16x8xf32>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected lhs and rhs of i8, of f32 or of bf16, or f32 and f16, found 'i8' and 'f32'}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xf32>) outs(%y : memref<6x16xi32>)
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

func.func @floats_have_no_sign_to_flip(%a: memref<6x8xf32>, %w: memref<16x8xf32>, %m: memref<16xf32>, %y: memref<6x16xf32>) {
  // expected-error@+1 {{expected lhs_flipped on 8-bit operands only}}
  qnn.contract ins(%a, %w : memref<6x8xf32>, memref<16x8xf32>) outs(%y : memref<6x16xf32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], lhs_flipped} {
  ^bb0(%acc: f32):
    qnn.yield %acc : f32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @the_region_has_all_arguments(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected 2 arguments of the region, found 1}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) epilogue(%m : memref<16xf32>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, affine_map<(m, n, k) -> (n)>, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @the_accumulator_is_i32(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected an accumulator of 'i32', found 'f32'}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: f32):
    qnn.yield %acc : f32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @arguments_have_the_elements_type(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi32>) {
  // expected-error@+1 {{expected argument 1 of 'f32', found 'i32'}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) epilogue(%m : memref<16xf32>) outs(%y : memref<6x16xi32>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, affine_map<(m, n, k) -> (n)>, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32, %s: i32):
    qnn.yield %acc : i32
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @the_yield_has_the_elements_type(%a: memref<6x8xi8>, %w: memref<16x8xi8>, %m: memref<16xf32>, %y: memref<6x16xi8>) {
  // expected-error@+1 {{expected the region to yield 'i8'}}
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<16x8xi8>) outs(%y : memref<6x16xi8>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #mn], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}
