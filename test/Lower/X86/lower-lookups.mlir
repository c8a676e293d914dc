// A lookup is two byte permutes, sixteen shuffles, or loads from the table.
// RUN: quant-opt %s --qnn-lower-lookups=path=avx512vbmi | FileCheck %s
// RUN: quant-opt %s --qnn-lower-lookups=path=avx2 | FileCheck %s --check-prefix=AVX2
// RUN: quant-opt %s --qnn-lower-lookups=path=x86-64 | FileCheck %s --check-prefix=SSE2
// RUN: not quant-opt %s --qnn-lower-lookups=path=mmx 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: unknown CPU path 'mmx'; expected avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2 or x86-64

// CHECK: llvm.mlir.global internal constant @qnn_table_0(dense<7> : tensor<256xi8>) {{.*}} : !llvm.array<256 x i8>
// CHECK-NOT: llvm.mlir.global

// CHECK-LABEL: @a_register_of_bytes
// CHECK: %[[LOW:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
// CHECK: %[[HIGH:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
// CHECK: %[[UPPER:.*]] = arith.cmpi slt, %arg0
// CHECK: arith.select %[[UPPER]], %[[HIGH]], %[[LOW]]
func.func @a_register_of_bytes(%x: vector<64xi8>) -> vector<64xi8> {
  %0 = qnn.lookup %x in dense<7> : tensor<256xi8> : vector<64xi8>
  return %0 : vector<64xi8>
}

// AVX2-LABEL: @half_of_it
// AVX2-COUNT-8: llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"
// AVX2: arith.xori %arg0
// AVX2: llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"
// AVX2-COUNT-7: llvm.intr.ssub.sat
// SSE2-LABEL: @half_of_it
// SSE2-COUNT-32: llvm.load
// CHECK-LABEL: @half_of_it
// CHECK: vector.shuffle
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
func.func @half_of_it(%x: vector<32xi8>) -> vector<32xi8> {
  %0 = qnn.lookup %x in dense<7> : tensor<256xi8> : vector<32xi8>
  return %0 : vector<32xi8>
}

// Functions share the table.
// CHECK-LABEL: @one_byte
// CHECK: %[[T:.*]] = llvm.mlir.addressof @qnn_table_0
// CHECK: %[[I:.*]] = arith.extui %arg0 : i8 to i64
// CHECK: %[[P:.*]] = llvm.getelementptr inbounds %[[T]][%[[I]]]
// CHECK: llvm.load %[[P]] : !llvm.ptr -> i8
func.func @one_byte(%x: i8) -> i8 {
  %0 = qnn.lookup %x in dense<7> : tensor<256xi8> : i8
  return %0 : i8
}

// CHECK-LABEL: @another_byte
// CHECK: llvm.mlir.addressof @qnn_table_0
func.func @another_byte(%x: i8) -> i8 {
  %0 = qnn.lookup %x in dense<7> : tensor<256xi8> : i8
  return %0 : i8
}
