// RUN: quant-opt %s --qnn-interleave-packs | FileCheck %s

#out = affine_map<(b, k, c, j) -> (b, k, c, j)>

// CHECK-LABEL: @four_rows_of_bytes_become_one_vector
// CHECK: scf.forall (%[[T:.*]]) in (3)
// CHECK: scf.for %[[K:.*]] = %{{.*}} to %{{.*}} step
// CHECK-COUNT-4: vector.load %arg0[%{{.*}}, %{{.*}}] : memref<32x48xi8>, vector<16xi8>
// CHECK-COUNT-2: vector.interleave %{{.*}} : vector<16xi8> -> vector<32xi8>
// CHECK: %[[ALL:.*]] = vector.interleave %{{.*}} : vector<32xi8> -> vector<64xi8>
// CHECK: %[[FLAT:.*]] = memref.collapse_shape %arg1 {{\[}}[0], [1], [2, 3]] : memref<3x8x16x4xi8> into memref<3x8x64xi8>
// CHECK: vector.store %[[ALL]], %[[FLAT]]
func.func @four_rows_of_bytes_become_one_vector(%x: memref<32x48xi8>, %y: memref<3x8x16x4xi8>) {
  linalg.generic {indexing_maps = [affine_map<(b, k, c, j) -> (k * 4 + j, b * 16 + c)>, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : memref<32x48xi8>) outs(%y : memref<3x8x16x4xi8>) {
  ^bb0(%a: i8, %o: i8):
    linalg.yield %a : i8
  }
  return
}

// CHECK-LABEL: @pairs_of_short_floats
// CHECK: vector.interleave %{{.*}} : vector<16xbf16> -> vector<32xbf16>
// CHECK-NOT: linalg.generic
func.func @pairs_of_short_floats(%x: memref<16x48xbf16>, %y: memref<3x8x16x2xbf16>) {
  linalg.generic {indexing_maps = [affine_map<(b, k, c, j) -> (k * 2 + j, b * 16 + c)>, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : memref<16x48xbf16>) outs(%y : memref<3x8x16x2xbf16>) {
  ^bb0(%a: bf16, %o: bf16):
    linalg.yield %a : bf16
  }
  return
}

// Where a lane's parts lie side by side already, or something is computed, or a lane has another size, other passes do better.
// CHECK-LABEL: @what_is_no_such_copy
// CHECK-COUNT-5: linalg.generic
// CHECK-NOT: vector.interleave
func.func @what_is_no_such_copy(%x: memref<48x32xi8>, %y: memref<3x8x16x4xi8>, %z: memref<32x48xi8>, %w: memref<3x4x16x8xi8>, %one: memref<i8>, %scalar: i8) {
  linalg.generic {indexing_maps = [affine_map<(b, k, c, j) -> (b * 16 + c, k * 4 + j)>, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : memref<48x32xi8>) outs(%y : memref<3x8x16x4xi8>) {
  ^bb0(%a: i8, %o: i8):
    linalg.yield %a : i8
  }
  linalg.generic {indexing_maps = [affine_map<(b, k, c, j) -> (k * 4 + j, b * 16 + c)>, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%z : memref<32x48xi8>) outs(%y : memref<3x8x16x4xi8>) {
  ^bb0(%a: i8, %o: i8):
    %s = arith.addi %a, %a : i8
    linalg.yield %s : i8
  }
  linalg.generic {indexing_maps = [affine_map<(b, k, c, j) -> (k * 8 + j, b * 16 + c)>, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%z : memref<32x48xi8>) outs(%w : memref<3x4x16x8xi8>) {
  ^bb0(%a: i8, %o: i8):
    linalg.yield %a : i8
  }
  linalg.generic {indexing_maps = [affine_map<(b, k, c, j) -> ()>, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%one : memref<i8>) outs(%y : memref<3x8x16x4xi8>) {
  ^bb0(%a: i8, %o: i8):
    linalg.yield %a : i8
  }
  linalg.generic {indexing_maps = [affine_map<(b, k, c, j) -> ()>, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scalar : i8) outs(%y : memref<3x8x16x4xi8>) {
  ^bb0(%a: i8, %o: i8):
    linalg.yield %a : i8
  }
  return
}
