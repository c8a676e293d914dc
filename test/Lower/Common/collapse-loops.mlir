// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qnn-collapse-loops))" | FileCheck %s

#id = affine_map<(n, c, h, w) -> (n, c, h, w)>

// CHECK-LABEL: @contiguous_loops_become_one
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]} ins(%{{.*}} : memref<120xf32>) outs(%{{.*}} : memref<120xf32>)
func.func @contiguous_loops_become_one(%x: memref<1x3x5x8xf32>, %y: memref<1x3x5x8xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : memref<1x3x5x8xf32>) outs(%y : memref<1x3x5x8xf32>) {
  ^bb0(%v: f32, %o: f32):
    %n = arith.negf %v : f32
    linalg.yield %n : f32
  }
  return
}

// CHECK-LABEL: @a_broadcast_keeps_its_own_loop
// CHECK: ins(%{{.*}}, %{{.*}} : memref<1x3x40xf32>, memref<3xf32>)
func.func @a_broadcast_keeps_its_own_loop(%x: memref<1x3x5x8xf32>, %b: memref<3xf32>, %y: memref<1x3x5x8xf32>) {
  linalg.generic {indexing_maps = [#id, affine_map<(n, c, h, w) -> (c)>, #id],
                  iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %b : memref<1x3x5x8xf32>, memref<3xf32>) outs(%y : memref<1x3x5x8xf32>) {
  ^bb0(%v: f32, %w: f32, %o: f32):
    %n = arith.addf %v, %w : f32
    linalg.yield %n : f32
  }
  return
}

// CHECK-LABEL: @a_gap_keeps_loops_apart
// CHECK: ins(%{{.*}} : memref<4x4xf32, strided<[8, 1]>>)
func.func @a_gap_keeps_loops_apart(%x: memref<4x4xf32, strided<[8, 1]>>, %y: memref<4x4xf32>) {
  linalg.copy ins(%x : memref<4x4xf32, strided<[8, 1]>>) outs(%y : memref<4x4xf32>)
  return
}
