// RUN: quant-opt %s --qnn-expand-arith=path=avx2 | FileCheck %s
// RUN: quant-opt %s --qnn-expand-arith=path=x86-64 | FileCheck %s --check-prefix=SSE2
// RUN: not quant-opt %s --qnn-expand-arith=path=mmx 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown CPU path 'mmx'; expected avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2 or x86-64

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

// What --qnn-prove-ranges knows needs no care for NaN; bounds that are narrower than the type's stay.
// CHECK-LABEL: @what_is_in_range_is_not_tested_for_nan
// CHECK-NOT: arith.cmpf uno
// CHECK: llvm.intr.fma
// CHECK: arith.cmpf ogt
// CHECK: arith.cmpf olt
// CHECK: return
func.func @what_is_in_range_is_not_tested_for_nan(%x: f32) -> i8 {
  %s = arith.constant 0.1 : f32
  %q = qnn.quantize %x, %s zero_point 3 clamp [3, 250] unsigned {qnn.in_range} : f32, f32 -> i8
  return %q : i8
}

// CHECK-LABEL: @a_requantized_value_in_range_is_clamped
// CHECK: arith.cmpf olt
// CHECK: arith.cmpf ogt
// CHECK: return
func.func @a_requantized_value_in_range_is_clamped(%acc: i32) -> i8 {
  %m = arith.constant 0.1 : f32
  %q = qnn.requantize %acc, %m zero_point 3 clamp [3, 250] unsigned {qnn.in_range} : i32, f32 -> i8
  return %q : i8
}

// A division whose operands are in range is a product and a fused multiply-add; one by a power of two is a product.
// CHECK-LABEL: @known_divisors_in_range
// CHECK: %[[LOW:.*]] = arith.mulf %arg0
// CHECK: llvm.intr.fma(%arg0, {{.*}}, %[[LOW]])
// CHECK: arith.mulf %arg0
// CHECK: arith.divf %arg0
// CHECK-NOT: arith.divf
// CHECK: return
// SSE2-LABEL: @known_divisors_in_range
// SSE2: arith.divf
// SSE2: arith.mulf
// SSE2: arith.divf
// SSE2: return
func.func @known_divisors_in_range(%x: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>) {
  %root = arith.constant dense<1.41421354> : vector<8xf32>
  %eight = arith.constant dense<8.0> : vector<8xf32>
  %a = arith.divf %x, %root {qnn.in_range} : vector<8xf32>
  %b = arith.divf %x, %eight {qnn.in_range} : vector<8xf32>
  %c = arith.divf %x, %root : vector<8xf32>
  return %a, %b, %c : vector<8xf32>, vector<8xf32>, vector<8xf32>
}

// A divisor that many values share is divided by once. Where it is 0 the remainder is NaN, and the first quotient right.
// CHECK-LABEL: @a_shared_divisor_in_range
// CHECK: %[[R:.*]] = arith.divf %{{.*}}, %arg1 : f32
// CHECK: %[[INVERSE:.*]] = vector.broadcast %[[R]]
// CHECK: %[[Q:.*]] = arith.mulf %arg0, %[[INVERSE]]
// CHECK: %[[N:.*]] = arith.negf %[[Q]]
// CHECK: %[[E:.*]] = llvm.intr.fma(%[[N]], %{{.*}}, %arg0)
// CHECK: %[[Y:.*]] = llvm.intr.fma(%[[E]], %[[INVERSE]], %[[Q]])
// CHECK: arith.select %{{.*}}, %[[Q]], %[[Y]]
// CHECK: arith.divf %arg0, %arg2
// SSE2-LABEL: @a_shared_divisor_in_range
// SSE2-NOT: fma
// SSE2: return
func.func @a_shared_divisor_in_range(%x: vector<8xf32>, %d: f32, %each: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>) {
  %all = vector.broadcast %d : f32 to vector<8xf32>
  %a = arith.divf %x, %all {qnn.in_range} : vector<8xf32>
  %b = arith.divf %x, %each {qnn.in_range} : vector<8xf32>
  return %a, %b : vector<8xf32>, vector<8xf32>
}

// CHECK-LABEL: @a_divisor_that_a_loop_shares
// CHECK: %[[D:.*]] = memref.load %arg2
// CHECK: arith.divf %{{.*}}, %[[D]] : f32
// CHECK: llvm.intr.fma
// CHECK: %[[E:.*]] = memref.load %arg1
// CHECK: arith.divf %{{.*}}, %[[E]]
func.func @a_divisor_that_a_loop_shares(%x: memref<4x64xf32>, %y: memref<4x64xf32>, %d: memref<4xf32>, %row: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c64 step %c1 {
    %v = memref.load %x[%row, %i] : memref<4x64xf32>
    %s = memref.load %d[%row] : memref<4xf32>
    %q = arith.divf %v, %s {qnn.in_range} : f32
    %e = memref.load %y[%row, %i] : memref<4x64xf32>
    %r = arith.divf %q, %e {qnn.in_range} : f32
    memref.store %r, %y[%row, %i] : memref<4x64xf32>
  }
  return
}
