// RUN: quant-opt %s --qnn-tile-transposes=path=x86-64 | FileCheck %s
// RUN: quant-opt %s --qnn-tile-transposes=path=avx512vnni | FileCheck %s --check-prefix=WIDE
// RUN: not quant-opt %s --qnn-tile-transposes=path=mmx 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown CPU path 'mmx'; expected avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2 or x86-64

#rows = affine_map<(h, c, p) -> (c, h, p)>
#out = affine_map<(h, c, p) -> (h, p, c)>

// Channels move inside the pixels: four rows are loaded, rounded to one vector of bytes, and stored pixel by pixel. Six pixels are two
// tiles, the last of which begins at the third pixel.
// CHECK-LABEL: @tiles_are_loaded_computed_transposed_and_stored
// CHECK: scf.forall (%{{.*}}) in (1)
// CHECK: arith.minui
// CHECK-COUNT-4: vector.load {{.*}}, vector<4xf32>
// CHECK: packuswb
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15] : vector<16xi8>, vector<16xi8>
// CHECK-COUNT-4: vector.store {{.*}} : memref<2x6x8xi8, strided<[64, 8, 1], offset: 16>>, vector<4xi8>
// CHECK-NOT: linalg.generic
// WIDE-LABEL: @tiles_are_loaded_computed_transposed_and_stored
// WIDE: vector.load {{.*}} vector<4xf32>
func.func @tiles_are_loaded_computed_transposed_and_stored() {
  %x = qnn.buffer input [0] : memref<8x2x6xf32>
  %y = qnn.buffer workspace [64] : memref<2x8x8xi8>
  %inner = memref.subview %y[0, 2, 0] [2, 6, 8] [1, 1, 1] : memref<2x8x8xi8> to memref<2x6x8xi8, strided<[64, 8, 1], offset: 16>>
  %s = arith.constant 0.1 : f32
  linalg.generic {indexing_maps = [#rows, #out], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<8x2x6xf32>) outs(%inner : memref<2x6x8xi8, strided<[64, 8, 1], offset: 16>>) {
  ^bb0(%a: f32, %o: i8):
    %q = qnn.quantize %a, %s zero_point 3 clamp [0, 255] unsigned : f32, f32 -> i8
    linalg.yield %q : i8
  }
  return
}

#plain = affine_map<(a, b) -> (a, b)>
#turned = affine_map<(a, b) -> (b, a)>

// The second operand is the result's own memory: what a tile repeats would be added twice.
// CHECK-LABEL: @overlapping_tiles_of_an_operand_in_place_stay_loops
// CHECK: linalg.generic
func.func @overlapping_tiles_of_an_operand_in_place_stay_loops() {
  %x = qnn.buffer workspace [0] : memref<6x6xf32>
  %y = qnn.buffer workspace [192] : memref<6x6xf32>
  linalg.generic {indexing_maps = [#turned, #plain, #plain], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : memref<6x6xf32>, memref<6x6xf32>) outs(%y : memref<6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  }
  return
}

// CHECK-LABEL: @what_does_not_transpose_stays
// CHECK: linalg.generic
func.func @what_does_not_transpose_stays(%x: memref<8x8xf32>, %y: memref<8x8xf32>) {
  linalg.generic {indexing_maps = [#plain, #plain], iterator_types = ["parallel", "parallel"]} ins(%x : memref<8x8xf32>) outs(%y : memref<8x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  }
  return
}

// Each iteration of the step does one row of the image and brings near what the next one reads.
// CHECK-LABEL: @the_next_row_is_prefetched
// CHECK: scf.forall (%[[ROW:.*]]) in (64)
// CHECK: %[[HERE:.*]] = arith.remui %[[ROW]]
// CHECK: vector.load
// CHECK: %[[NEXT:.*]] = arith.addi %[[HERE]], %{{.*}} : index
// CHECK: memref.prefetch %{{.*}}[%{{.*}}, %[[NEXT]], %{{.*}}], read, locality<2>, data : memref<16x64x32xf32>
// WIDE-LABEL: @the_next_row_is_prefetched
// WIDE-COUNT-4: packuswb.512
// WIDE-COUNT-4: vector.shuffle {{.*}} {{.*}} : vector<16xi32>, vector<16xi32>
// WIDE-COUNT-4: vector.shuffle {{.*}} : vector<8xi64>, vector<8xi64>
// WIDE-COUNT-16: vector.store {{.*}}, vector<16xi8>
func.func @the_next_row_is_prefetched() {
  %x = qnn.buffer input [0] : memref<16x64x32xf32>
  %y = qnn.buffer workspace [0] : memref<64x32x16xi8>
  %s = arith.constant 0.1 : f32
  linalg.generic {indexing_maps = [#rows, #out], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<16x64x32xf32>) outs(%y : memref<64x32x16xi8>) {
  ^bb0(%a: f32, %o: i8):
    %q = qnn.quantize %a, %s zero_point 3 clamp [0, 255] unsigned : f32, f32 -> i8
    linalg.yield %q : i8
  }
  return
}

// Four rows of floats are interleaved twice.
// CHECK-LABEL: @floats_are_interleaved
// CHECK-COUNT-4: vector.shuffle %{{.*}}, %{{.*}} [{{0, 4, 1, 5|2, 6, 3, 7}}] : vector<4xf32>, vector<4xf32>
// CHECK-COUNT-4: vector.shuffle
// CHECK-COUNT-4: vector.store {{.*}}, vector<4xf32>
func.func @floats_are_interleaved() {
  %x = qnn.buffer input [0] : memref<4x4xf32>
  %y = qnn.buffer workspace [0] : memref<4x4xf32>
  linalg.generic {indexing_maps = [#turned, #plain], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<4x4xf32>) outs(%y : memref<4x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}
