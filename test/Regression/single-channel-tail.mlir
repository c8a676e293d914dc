// A tail of one channel is stored as a scalar: of a masked store whose one lane is truncated from i32, LLVM 22 makes a store of
// four bytes, which overwrote the next row.
// RUN: quant-opt %s --qnn-lower-contractions=path=avx512vnni | FileCheck %s

// CHECK-LABEL: @seventeen_channels
// CHECK: vector.store
// CHECK-NOT: vector.maskedstore
// CHECK: %[[LAST:.*]] = vector.extract %{{.*}}[0] : i8 from vector<16xi8>
// CHECK: memref.store %[[LAST]]
// CHECK-NOT: vector.maskedstore
func.func @seventeen_channels(%a: memref<2x4xi8>, %w: memref<2x1x16x4xi8>, %m: memref<17xf32>, %y: memref<2x17xi8>) {
  qnn.contract ins(%a, %w : memref<2x4xi8>, memref<2x1x16x4xi8>) epilogue(%m : memref<17xf32>) outs(%y : memref<2x17xi8>)
      attributes {extents = array<i64: 2, 17, 4>, packed_k = array<i64: 2>, run_dims = 1 : i64,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32, %mult: f32):
    %q = qnn.requantize %acc, %mult zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
    qnn.yield %q : i8
  }
  return
}
