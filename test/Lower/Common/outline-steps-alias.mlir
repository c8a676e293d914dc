// RUN: quant-opt %s --qnn-outline-steps | FileCheck %s

// Ranges that overlap are not noalias; the third, alone, is.
// CHECK: func.func private @kernel_0(%{{.*}}: memref<16xf32> {llvm.align = 64 : i64, llvm.dereferenceable = 64 : i64},
// CHECK-SAME: %{{.*}}: memref<16xf32> {llvm.dereferenceable = 64 : i64},
// CHECK-SAME: %{{.*}}: memref<16xf32> {llvm.dereferenceable = 64 : i64, llvm.noalias}
qnn.program "net" inputs [] outputs [] workspace_bytes 1024 {
}
func.func @net() {
  %a = qnn.buffer workspace [0] : memref<16xf32>
  %b = qnn.buffer workspace [32] : memref<16xf32>
  %x = qnn.buffer input [0] : memref<16xf32>
  scf.forall (%i) in (16) {
    %u = memref.load %a[%i] : memref<16xf32>
    %v = memref.load %b[%i] : memref<16xf32>
    %w = memref.load %x[%i] : memref<16xf32>
    %s = arith.addf %u, %v : f32
    %t = arith.addf %s, %w : f32
    memref.store %t, %a[%i] : memref<16xf32>
  }
  return
}
