// A tail of one channel is stored as a scalar: of a masked store whose one lane is truncated from i32, LLVM 22 makes a store of
// four bytes, which overwrote the next row.
// RUN: quant-opt %s --qnn-lower-contractions=path=avx512vnni | FileCheck %s

// CHECK-LABEL: @one_channel
// CHECK-NOT: vector.maskedstore
// CHECK: %[[FIRST:.*]] = vector.extract %{{.*}}[0] : i8 from vector<16xi8>
// CHECK: memref.store %[[FIRST]]
// CHECK-NOT: vector.maskedstore
// CHECK: %[[SECOND:.*]] = vector.extract %{{.*}}[0] : i8 from vector<16xi8>
// CHECK: memref.store %[[SECOND]]
// CHECK-NOT: vector.maskedstore
func.func @one_channel(%a: memref<2x4xi8>, %w: memref<1x1x16x4xi8>, %m: memref<1xf32>, %y: memref<2x1xi8>) {
  qnn.contract ins(%a, %w : memref<2x4xi8>, memref<1x1x16x4xi8>) epilogue(%m : memref<1xf32>) outs(%y : memref<2x1xi8>)
      attributes {extents = array<i64: 2, 1, 4>, packed_k = array<i64: 2>, run_dims = 1 : i64,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32, %mult: f32):
    %q = qnn.requantize %acc, %mult zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
    qnn.yield %q : i8
  }
  return
}
