// RUN: quant-opt %s --qnn-expand-arith=path=avx2 | FileCheck %s
// RUN: quant-opt %s --qnn-expand-arith=path=x86-64 | FileCheck %s --check-prefix=SSE2
// RUN: not quant-opt %s --qnn-expand-arith=path=mmx 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown CPU path 'mmx'; expected avx512bf16, avx512vnni, avxvnni, avx512, avx2 or x86-64

// The clamp comes first, in f32 and less the zero point; then the magic number rounds, ties to even.
// CHECK-LABEL: @quantize_clamps_then_rounds
// CHECK: %[[Q:.*]] = arith.divf %arg0, %arg1 : f32
// CHECK: arith.cmpf uno, %[[Q]], %[[Q]]
// CHECK: arith.constant -3.000000e+00 : f32
// CHECK: arith.cmpf ogt
// CHECK: arith.constant 2.520000e+02 : f32
// CHECK: arith.cmpf olt
// CHECK: arith.constant 0x4B400000 : f32
// CHECK: arith.addf
// CHECK: arith.bitcast
// CHECK: arith.addi
// CHECK: arith.trunci %{{.*}} : i32 to i8
func.func @quantize_clamps_then_rounds(%x: f32, %s: f32) -> i8 {
  %q = qnn.quantize %x, %s zero_point 3 clamp [0, 255] unsigned : f32, f32 -> i8
  return %q : i8
}

// CHECK-LABEL: @requantize_on_vectors_broadcasts_a_scalar_multiplier
// CHECK: arith.sitofp %arg0 : vector<16xi32> to vector<16xf32>
// CHECK: vector.broadcast %arg1 : f32 to vector<16xf32>
// CHECK-NOT: arith.divf
// CHECK: arith.trunci %{{.*}} : vector<16xi32> to vector<16xi8>
func.func @requantize_on_vectors_broadcasts_a_scalar_multiplier(%acc: vector<16xi32>, %m: f32) -> vector<16xi8> {
  %q = qnn.requantize %acc, %m zero_point -3 clamp [-128, 127] : vector<16xi32>, f32 -> vector<16xi8>
  return %q : vector<16xi8>
}

// CHECK-LABEL: @dequantize_subtracts_in_integers
// CHECK: %[[E:.*]] = arith.extui %arg0 : i8 to i32
// CHECK: %[[D:.*]] = arith.subi %[[E]]
// CHECK: %[[F:.*]] = arith.sitofp %[[D]] : i32 to f32
// CHECK: arith.mulf %[[F]], %arg1 : f32
func.func @dequantize_subtracts_in_integers(%q: i8, %s: f32) -> f32 {
  %x = qnn.dequantize %q, %s zero_point 12 unsigned : i8, f32 -> f32
  return %x : f32
}

// By a known scale the quotient comes from two floats whose sum is its reciprocal, the clamp before it; without fused
// multiply-add it stays a division.
// CHECK-LABEL: @known_scales_are_not_divided_by
// CHECK: arith.constant -2.550000e+01 : f32
// CHECK: arith.cmpf ogt, %arg0
// CHECK: arith.cmpf olt
// CHECK: arith.cmpf uno, %arg0, %arg0
// CHECK: %[[LOW:.*]] = arith.mulf
// CHECK-NOT: arith.divf
// CHECK: llvm.intr.fma({{.*}}, {{.*}}, %[[LOW]])
// SSE2-LABEL: @known_scales_are_not_divided_by
// SSE2: arith.divf
// SSE2-NOT: fma
func.func @known_scales_are_not_divided_by(%x: f32) -> i8 {
  %s = arith.constant 0.1 : f32
  %q = qnn.quantize %x, %s zero_point 255 clamp [0, 255] unsigned : f32, f32 -> i8
  return %q : i8
}

// CHECK-LABEL: @powers_of_two_need_one_product
// CHECK: arith.constant 8.000000e+00 : f32
// CHECK-NOT: {{divf|fma}}
// CHECK: return
// SSE2-LABEL: @powers_of_two_need_one_product
// SSE2-NOT: {{divf|fma}}
// SSE2: return
func.func @powers_of_two_need_one_product(%x: f32) -> i8 {
  %s = arith.constant 0.125 : f32
  %q = qnn.quantize %x, %s zero_point 0 clamp [0, 255] unsigned : f32, f32 -> i8
  return %q : i8
}
