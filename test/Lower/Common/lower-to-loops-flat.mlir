// RUN: quant-opt %s --qnn-lower-to-loops=flat | FileCheck %s

// Every point of the parallel loops is an iteration, neighbours in the result one after the other; the sum stays in order.
// CHECK-LABEL: @each_row_is_an_iteration
// CHECK: scf.forall (%[[I:.*]]) in (12)
// CHECK: %[[CHANNEL:.*]] = arith.remui %[[I]], %c4
// CHECK: %[[ROW:.*]] = arith.divui %[[I]], %c4
// CHECK: %[[SUM:.*]] = scf.for %[[K:.*]] = {{.*}} iter_args(%[[S:.*]] = %{{.*}}) -> (f32)
// CHECK: %[[X:.*]] = memref.load %{{.*}}[%[[ROW]], %[[K]], %[[CHANNEL]]]
// CHECK: arith.addf %[[S]], %[[X]]
// CHECK: memref.store %[[SUM]], %{{.*}}[%[[ROW]], %[[CHANNEL]]]
func.func @each_row_is_an_iteration(%x: memref<3x64x4xf32>, %y: memref<3x4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(r, k, c) -> (r, k, c)>, affine_map<(r, k, c) -> (r, c)>],
      iterator_types = ["parallel", "reduction", "parallel"]} ins(%x : memref<3x64x4xf32>) outs(%y : memref<3x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  }
  return
}
