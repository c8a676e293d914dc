// RUN: quant-opt %s --qnn-share-divisors=path=avx2 | FileCheck %s
// RUN: quant-opt %s --qnn-share-divisors=path=x86-64 | FileCheck %s --check-prefix=SSE2
// RUN: not quant-opt %s --qnn-share-divisors=path=mmx 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown CPU path 'mmx'

// CHECK-LABEL: @a_row_divided_by_its_sum
// CHECK: %[[D:.*]] = memref.load %arg1[%arg3]
// CHECK: arith.cmpf oge, %[[D]]
// CHECK: arith.cmpf ole, %[[D]]
// CHECK: %[[LOOK:.*]]:2 = scf.for
// CHECK: vector.load %arg0[%arg3, %{{.*}}] : memref<4x64xf32>, vector<16xf32>
// CHECK: arith.minui
// CHECK: arith.maxui
// CHECK: vector.reduction <and>
// CHECK: scf.if
// CHECK: arith.divf %{{.*}}, %[[D]] : f32
// CHECK: scf.for
// CHECK-NOT: arith.divf
// CHECK-COUNT-2: llvm.intr.fma
// CHECK: memref.store
// CHECK: } else {
// CHECK: scf.for
// CHECK: arith.divf
// SSE2-LABEL: @a_row_divided_by_its_sum
// SSE2-NOT: scf.if
func.func @a_row_divided_by_its_sum(%x: memref<4x64xf32>, %sum: memref<4xf32>, %y: memref<4x64xf32>, %row: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c64 step %c1 {
    %v = memref.load %x[%row, %i] : memref<4x64xf32>
    %s = memref.load %sum[%row] : memref<4xf32>
    %q = arith.divf %v, %s : f32
    memref.store %q, %y[%row, %i] : memref<4x64xf32>
  }
  return
}

// A divisor of each element, one that the loop writes, dividends that are computed, short rows and known divisors.
// CHECK-LABEL: @what_stays
// CHECK-NOT: scf.if
// CHECK: return
func.func @what_stays(%x: memref<64xf32>, %d: memref<64xf32>, %y: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %c50 = arith.constant 50 : index
  %c64 = arith.constant 64 : index
  %three = arith.constant 3.0 : f32
  %s = memref.load %d[%c0] : memref<64xf32>
  scf.for %i = %c0 to %c64 step %c1 {
    %v = memref.load %x[%i] : memref<64xf32>
    %e = memref.load %d[%i] : memref<64xf32>
    %q = arith.divf %v, %e : f32
    memref.store %q, %y[%i] : memref<64xf32>
  }
  scf.for %i = %c0 to %c64 step %c1 {
    %v = memref.load %x[%i] : memref<64xf32>
    %e = memref.load %y[%c0] : memref<64xf32>
    %q = arith.divf %v, %e : f32
    memref.store %q, %y[%i] : memref<64xf32>
  }
  scf.for %i = %c0 to %c64 step %c1 {
    %v = memref.load %x[%i] : memref<64xf32>
    %w = arith.addf %v, %three : f32
    %q = arith.divf %w, %s : f32
    memref.store %q, %y[%i] : memref<64xf32>
  }
  scf.for %i = %c0 to %c32 step %c1 {
    %v = memref.load %x[%i] : memref<64xf32>
    %q = arith.divf %v, %s : f32
    memref.store %q, %y[%i] : memref<64xf32>
  }
  scf.for %i = %c0 to %c50 step %c1 {
    %v = memref.load %x[%i] : memref<64xf32>
    %q = arith.divf %v, %s : f32
    memref.store %q, %y[%i] : memref<64xf32>
  }
  scf.for %i = %c0 to %c64 step %c1 {
    %v = memref.load %x[%i] : memref<64xf32>
    %q = arith.divf %v, %three : f32
    memref.store %q, %y[%i] : memref<64xf32>
  }
  return
}
