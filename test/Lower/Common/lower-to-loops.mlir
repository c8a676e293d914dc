// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qnn-lower-to-loops))" | FileCheck %s

// A channels-last pool runs along channels, and its fill is part of it.
// CHECK-LABEL: @the_innermost_loop_is_contiguous
// CHECK: scf.forall (%{{.*}}) in (1)
// CHECK: scf.for %{{.*}} to %[[ROWS:.*]] step
// CHECK: scf.for
// CHECK: scf.for %[[C:.*]] =
// CHECK-NEXT: memref.store %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}, %[[C]]]
// CHECK: scf.for %[[KH:.*]] =
// CHECK: scf.for %[[KW:.*]] =
// CHECK: scf.for %[[C2:.*]] =
// CHECK: memref.load %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}, %[[C2]]] : memref<1x4x4x16xf32>
// CHECK: arith.maximumf
// CHECK: memref.store
func.func @the_innermost_loop_is_contiguous(%x: memref<1x4x4x16xf32>, %w: memref<2x2xf32>, %y: memref<1x2x2x16xf32>) {
  %low = arith.constant 0xFF800000 : f32
  linalg.fill ins(%low : f32) outs(%y : memref<1x2x2x16xf32>)
  linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>}
      ins(%x, %w : memref<1x4x4x16xf32>, memref<2x2xf32>) outs(%y : memref<1x2x2x16xf32>)
  return
}

// CHECK-LABEL: @an_innermost_reduction_keeps_its_sum_in_a_value
// CHECK: %[[SUM:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}) -> (f32)
// CHECK: memref.store %[[SUM]]
func.func @an_innermost_reduction_keeps_its_sum_in_a_value(%x: memref<4x24xf32>, %y: memref<4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                  iterator_types = ["parallel", "reduction"]} ins(%x : memref<4x24xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %o, %v : f32
    linalg.yield %s : f32
  }
  return
}

// 16 sums of squares side by side, combined pairwise, then the last six elements one by one.
// CHECK-LABEL: @a_long_reduction_has_sixteen_lanes
// CHECK: %[[LANES:.*]] = scf.for {{.*}} -> (vector<16xf32>)
// CHECK: vector.load {{.*}} : memref<4x70xf32>, vector<16xf32>
// CHECK: arith.mulf {{.*}} : vector<16xf32>
// CHECK: arith.addf {{.*}} : vector<16xf32>
// CHECK: vector.shuffle %[[LANES]], %[[LANES]] [8, 9, 10, 11, 12, 13, 14, 15]
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK: arith.addf {{.*}} : vector<1xf32>
// CHECK: scf.for %{{.*}} = %c64{{.*}} to %c70{{.*}} -> (f32)
// CHECK: memref.store
func.func @a_long_reduction_has_sixteen_lanes(%x: memref<4x70xf32>, %y: memref<4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                  iterator_types = ["parallel", "reduction"]} ins(%x : memref<4x70xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %p = arith.mulf %v, %v : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  }
  return
}

// CHECK-LABEL: @much_work_is_shared_out
// CHECK: scf.forall (%[[I:.*]]) in (25)
// CHECK: %[[BEGIN:.*]] = arith.muli %[[I]], %{{.*}}
// CHECK: %[[END:.*]] = arith.minsi
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
func.func @much_work_is_shared_out(%x: memref<100000xf32>, %y: memref<100000xf32>) {
  memref.copy %x, %y : memref<100000xf32> to memref<100000xf32>
  return
}

// CHECK-LABEL: @the_outer_loops_are_shared_out
// CHECK: scf.forall (%[[I:.*]]) in (32)
// CHECK: scf.for
func.func @the_outer_loops_are_shared_out(%x: memref<32x64x100xf32>, %b: memref<32x100xf32>, %y: memref<32x64x100xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, k)>,
                                   affine_map<(i, j, k) -> (i, j, k)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %b : memref<32x64x100xf32>, memref<32x100xf32>) outs(%y : memref<32x64x100xf32>) {
  ^bb0(%v: f32, %w: f32, %o: f32):
    %s = arith.addf %w, %v : f32
    linalg.yield %s : f32
  }
  return
}

// CHECK-LABEL: @no_iterations_leave_nothing
// CHECK-NEXT: return
func.func @no_iterations_leave_nothing(%x: memref<0x4xf32>, %y: memref<0x4xf32>) {
  memref.copy %x, %y : memref<0x4xf32> to memref<0x4xf32>
  return
}

// The rows above and below the box, then the columns beside it; what the next operation overwrites is left alone.
// CHECK-LABEL: @a_fill_of_what_is_overwritten_is_a_border
// CHECK: scf.forall (%{{.*}}) in (1)
// CHECK: scf.for %[[C:.*]] = %c0{{.*}} to %c8
// CHECK: memref.store %{{.*}}[%c0{{.*}}, %[[C]]]
// CHECK: scf.for %[[D:.*]] = %c0{{.*}} to %c8
// CHECK: memref.store %{{.*}}[%c5{{.*}}, %[[D]]]
// CHECK: scf.for %[[R:.*]] = %c1{{.*}} to %c5
// CHECK: scf.for %[[L:.*]] = %c0{{.*}} to %c2
// CHECK: memref.store %{{.*}}[%[[R]], %[[L]]]
// CHECK: scf.for %[[S:.*]] = %c1{{.*}} to %c5
// CHECK: memref.store %{{.*}}[%[[S]], %c7{{.*}}]
// CHECK-NOT: memref.store
// CHECK: return
func.func @a_fill_of_what_is_overwritten_is_a_border(%y: memref<6x8xi8>) {
  %z = arith.constant 7 : i8
  linalg.fill {qnn.overwritten = array<i64: 1, 2, 4, 5>} ins(%z : i8) outs(%y : memref<6x8xi8>)
  return
}

// A reduction that reads another tensor by positions starts from the fill's value as well, and no other fill is left.
// CHECK-LABEL: @a_gathering_reduction_takes_its_fill
// CHECK: scf.forall
// CHECK-NOT: scf.forall
// CHECK: return
func.func @a_gathering_reduction_takes_its_fill(%x: memref<9x16xf32>, %table: memref<4x2xi64>, %y: memref<4x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<4x16xf32>)
  linalg.generic {indexing_maps = [affine_map<(i, j, t) -> (i, t)>, affine_map<(i, j, t) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%table : memref<4x2xi64>) outs(%y : memref<4x16xf32>) {
  ^bb0(%p: i64, %o: f32):
    %j = linalg.index 1 : index
    %i = arith.index_cast %p : i64 to index
    %a = memref.load %x[%i, %j] : memref<9x16xf32>
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  }
  return
}

// One that reads what it sums into starts from memory.
// CHECK-LABEL: @a_reduction_that_gathers_from_its_sums_keeps_the_fill
// CHECK-COUNT-2: scf.forall
// CHECK: return
func.func @a_reduction_that_gathers_from_its_sums_keeps_the_fill(%table: memref<4x2xi64>, %y: memref<4x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<4x16xf32>)
  linalg.generic {indexing_maps = [affine_map<(i, j, t) -> (i, t)>, affine_map<(i, j, t) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%table : memref<4x2xi64>) outs(%y : memref<4x16xf32>) {
  ^bb0(%p: i64, %o: f32):
    %j = linalg.index 1 : index
    %i = arith.index_cast %p : i64 to index
    %a = memref.load %y[%i, %j] : memref<4x16xf32>
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  }
  return
}
