// RUN: quant-opt %s --qnn-lower-dot4=path=avx512vnni | FileCheck %s --check-prefix=VNNI
// RUN: quant-opt %s --qnn-lower-dot4=path=avx512 | FileCheck %s --check-prefix=WIDEN
// RUN: quant-opt %s --qnn-lower-dot4=path=x86-64 | FileCheck %s --check-prefix=ARITH
// RUN: not quant-opt %s --qnn-lower-dot4=path=sse9 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown CPU path 'sse9'; expected avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2 or x86-64

// VNNI-LABEL: @an_unsigned_left_side_is_one_instruction
// VNNI: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%arg2, %arg0, %arg1)
// VNNI-NEXT: return
// WIDEN-LABEL: @an_unsigned_left_side_is_one_instruction
// WIDEN: arith.andi
// WIDEN: llvm.call_intrinsic "llvm.x86.avx512.pmaddw.d.512"
// WIDEN: arith.shrui
// WIDEN: llvm.call_intrinsic "llvm.x86.avx512.pmaddw.d.512"
// ARITH-LABEL: @an_unsigned_left_side_is_one_instruction
// ARITH-NOT: llvm.call_intrinsic
// ARITH-COUNT-4: arith.muli
func.func @an_unsigned_left_side_is_one_instruction(%a: vector<64xi8>, %b: vector<64xi8>, %c: vector<16xi32>) -> vector<16xi32> {
  %0 = qnn.dot4 %a unsigned, %b, %c : vector<64xi8>, vector<16xi32>
  return %0 : vector<16xi32>
}

// VNNI-LABEL: @a_signed_left_side_is_corrected
// VNNI: arith.xori
// VNNI: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.128"
// VNNI: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.128"
// VNNI: arith.subi
// ARITH-LABEL: @a_signed_left_side_is_corrected
// ARITH: arith.shli
// ARITH: arith.shrsi
// ARITH: llvm.call_intrinsic "llvm.x86.sse2.pmadd.wd"
func.func @a_signed_left_side_is_corrected(%a: vector<16xi8>, %b: vector<16xi8>, %c: vector<4xi32>) -> vector<4xi32> {
  %0 = qnn.dot4 %a, %b, %c : vector<16xi8>, vector<4xi32>
  return %0 : vector<4xi32>
}
