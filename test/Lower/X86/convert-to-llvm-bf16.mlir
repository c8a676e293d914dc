// In LLVM dialect a bf16 is i16: nothing computes in it any more.
// RUN: quant-opt %s --qnn-convert-to-llvm | FileCheck %s

// CHECK-LABEL: llvm.func @bf16_is_stored_as_its_bits
// CHECK-NOT: bf16
// CHECK: llvm.mlir.constant(dense<16256> : vector<16xi16>) : vector<16xi16>
// CHECK: llvm.store %{{.*}} : vector<16xi16>
func.func @bf16_is_stored_as_its_bits(%p: memref<16xbf16>) {
  %c0 = arith.constant 0 : index
  %one = arith.constant dense<1.0> : vector<16xbf16>
  vector.store %one, %p[%c0] : memref<16xbf16>, vector<16xbf16>
  return
}
