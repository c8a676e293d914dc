// RUN: quant-opt %s --qnn-join-steps | FileCheck %s

// Blocks of 4 rows leave 24 to share out.
// CHECK-LABEL: @rows_are_taken_in_blocks
// CHECK: scf.forall (%[[BLOCK:.*]]) in (24)
// CHECK: scf.for %[[R:.*]] = %{{.*}} to %[[FOUR:.*]] step
// CHECK: %[[FIRST:.*]] = arith.muli %[[BLOCK]], %[[FOUR]]
// CHECK: %[[ROW:.*]] = arith.addi %[[FIRST]], %[[R]]
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[ROW]]] : memref<96xf32>
// CHECK: scf.for
// CHECK: memref.load %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] : memref<8x12x128xf32>
// CHECK-NOT: scf.forall
// CHECK: return
func.func @rows_are_taken_in_blocks() {
  %two = arith.constant 2 : i32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  %x = qnn.buffer input [0] : memref<96x128xf32>
  %sum = qnn.buffer workspace [0] : memref<96xf32>
  scf.forall (%row) in (96) {
    %v = memref.load %x[%row, %c0] : memref<96x128xf32>
    memref.store %v, %sum[%row] : memref<96xf32>
  }
  %z = qnn.buffer input [0] : memref<8x12x128xf32>
  %again = qnn.buffer workspace [0] : memref<96xf32>
  %y = qnn.buffer output [0] : memref<8x12x128xf32>
  scf.forall (%row) in (96) {
    %c12 = arith.constant 12 : index
    %j = arith.remui %row, %c12 : index
    %i = arith.divui %row, %c12 : index
    scf.for %k = %c0 to %c128 step %c1 {
      %v = memref.load %z[%i, %j, %k] : memref<8x12x128xf32>
      %s = memref.load %again[%row] : memref<96xf32>
      %n = llvm.call_intrinsic "llvm.ldexp"(%v, %two) : (f32, i32) -> f32
      %q = arith.divf %n, %s : f32
      memref.store %q, %y[%i, %j, %k] : memref<8x12x128xf32>
    }
  }
  return
}

// Another row, a part of another buffer's bytes, other trip counts, nothing in common, a plan of its own, and what cannot be told.
// CHECK-LABEL: @what_stays
// CHECK-COUNT-8: scf.forall
// CHECK: return
func.func @what_stays() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %x = qnn.buffer workspace [0] : memref<48x16xf32>
  %part = qnn.buffer workspace [1024] : memref<48xf32>
  %y = qnn.buffer workspace [4096] : memref<48xf32>
  scf.forall (%row) in (48) {
    memref.store %one, %x[%row, %c0] : memref<48x16xf32>
  }
  scf.forall (%row) in (48) {
    %v = memref.load %x[%c1, %c0] : memref<48x16xf32>
    memref.store %v, %y[%row] : memref<48xf32>
  }
  scf.forall (%row) in (48) {
    %v = memref.load %y[%row] : memref<48xf32>
    memref.store %v, %part[%row] : memref<48xf32>
  } {qnn.block_size = 4 : i64}
  scf.forall (%row) in (48) {
    %v = memref.load %part[%row] : memref<48xf32>
    memref.store %v, %x[%row, %c1] : memref<48x16xf32>
  }
  scf.forall (%row) in (24) {
    memref.store %one, %y[%row] : memref<48xf32>
  }
  %other = qnn.buffer workspace [8192] : memref<24xf32>
  scf.forall (%row) in (24) {
    memref.store %one, %other[%row] : memref<24xf32>
  }
  scf.forall (%row) in (24) {
    %n = memref.load %other[%row] : memref<24xf32>
    %i = arith.fptoui %n : f32 to i64
    %j = arith.index_cast %i : i64 to index
    memref.store %n, %other[%j] : memref<24xf32>
  }
  scf.forall (%row) in (24) {
    %v = memref.load %other[%row] : memref<24xf32>
    memref.store %v, %y[%row] : memref<48xf32>
  }
  return
}
