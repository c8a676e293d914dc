// Elementwise operations that make bytes fill registers of them.
// RUN: quant-opt %s --qnn-lower-byte-loops=path=avx2 --canonicalize | FileCheck %s
// RUN: not quant-opt %s --qnn-lower-byte-loops=path=mmx 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: unknown CPU path 'mmx'; expected avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2 or x86-64

#id = affine_map<(d0) -> (d0)>

// Whole registers, then a quarter of one, then single bytes.
// CHECK-LABEL: @floats_are_rounded_four_vectors_at_a_time
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c32
// CHECK-COUNT-4: vector.load {{.*}} : memref<75xf32>, vector<8xf32>
// CHECK-COUNT-2: llvm.x86.avx2.packssdw
// CHECK: llvm.x86.avx2.packuswb
// CHECK: vector.store {{.*}} : memref<75xi8>, vector<32xi8>
// CHECK: qnn.quantize {{.*}} : vector<8xf32>, vector<8xf32> -> vector<8xi8>
// CHECK: qnn.quantize {{.*}} : f32, f32 -> i8
// CHECK: memref.store
func.func @floats_are_rounded_four_vectors_at_a_time(%x: memref<75xf32>, %y: memref<75xi8>) {
  %s = arith.constant 0.1 : f32
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : memref<75xf32>) outs(%y : memref<75xi8>) {
  ^bb0(%a: f32, %o: i8):
    %q = qnn.quantize %a, %s zero_point 3 clamp [0, 255] unsigned : f32, f32 -> i8
    linalg.yield %q : i8
  }
  return
}

// A lookup reads the register as it is; what follows takes a quarter of it at a time. Factors of channels are loaded once a row.
// CHECK-LABEL: @a_lookup_takes_the_whole_register
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c3
// CHECK: %[[X:.*]] = vector.load %{{.*}}[%[[ROW]], %{{.*}}] : memref<3x32xi8>, vector<32xi8>
// CHECK: qnn.lookup %[[X]] in dense<7> : tensor<256xi8> : vector<32xi8>
// CHECK-COUNT-4: qnn.dequantize {{.*}} : vector<8xi8>, vector<8xf32> -> vector<8xf32>
// CHECK: vector.store {{.*}} : memref<3x32xi8>, vector<32xi8>
// CHECK-LABEL: @others_stay
func.func @a_lookup_takes_the_whole_register(%x: memref<3x32xi8>, %m: memref<32xf32>, %y: memref<3x32xi8>) {
  %s = arith.constant 0.1 : f32
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %m : memref<3x32xi8>, memref<32xf32>) outs(%y : memref<3x32xi8>) {
  ^bb0(%a: i8, %b: f32, %o: i8):
    %l = qnn.lookup %a in dense<7> : tensor<256xi8> : i8
    %f = qnn.dequantize %l, %b zero_point 0 : i8, f32 -> f32
    %q = qnn.quantize %f, %s zero_point 3 clamp [0, 255] unsigned : f32, f32 -> i8
    linalg.yield %q : i8
  }
  return
}

// Loops shorter than a register, strides, sums, and bytes that are only moved.
// CHECK-COUNT-3: linalg.generic
func.func @others_stay(%x: memref<31xf32>, %y: memref<31xi8>, %v: memref<64xf32, strided<[2]>>, %w: memref<64xi8>) {
  %s = arith.constant 0.1 : f32
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : memref<31xf32>) outs(%y : memref<31xi8>) {
  ^bb0(%a: f32, %o: i8):
    %q = qnn.quantize %a, %s zero_point 3 clamp [0, 255] unsigned : f32, f32 -> i8
    linalg.yield %q : i8
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%v : memref<64xf32, strided<[2]>>) outs(%w : memref<64xi8>) {
  ^bb0(%a: f32, %o: i8):
    %q = qnn.quantize %a, %s zero_point 3 clamp [0, 255] unsigned : f32, f32 -> i8
    linalg.yield %q : i8
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%w : memref<64xi8>) outs(%w : memref<64xi8>) {
  ^bb0(%a: i8, %o: i8):
    %q = arith.addi %a, %a : i8
    linalg.yield %q : i8
  }
  return
}

// A sum of two bytes is two fused multiply-adds if that gives the same byte for all of them. Bounds of floats are bounds of bytes.
// CHECK-LABEL: @a_sum_of_two_bytes
// CHECK-COUNT-2: arith.sitofp
// CHECK: llvm.intr.fma
// CHECK: llvm.intr.fma
// CHECK-NOT: qnn.dequantize
// CHECK: llvm.x86.avx2.packuswb
// CHECK: arith.maxui {{.*}} : vector<32xi8>
// CHECK: vector.store {{.*}} : memref<64xi8>, vector<32xi8>
func.func @a_sum_of_two_bytes(%x: memref<64xi8>, %y: memref<64xi8>, %z: memref<64xi8>) {
  %a = arith.constant 0.0213712 : f32
  %b = arith.constant 0.0317771 : f32
  %s = arith.constant 0.0297311 : f32
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%x, %y : memref<64xi8>, memref<64xi8>) outs(%z : memref<64xi8>) {
  ^bb0(%p: i8, %q: i8, %o: i8):
    %f = qnn.dequantize %p, %a zero_point 121 unsigned : i8, f32 -> f32
    %g = qnn.dequantize %q, %b zero_point -3 : i8, f32 -> f32
    %h = arith.addf %f, %g : f32
    %r = arith.maximumf %h, %zero : f32
    %k = qnn.quantize %r, %s zero_point 97 clamp [0, 255] unsigned : f32, f32 -> i8
    linalg.yield %k : i8
  }
  return
}

// Ties that only rounding on the way decides, and anything else between, stay what they are.
// CHECK-LABEL: @sums_that_stay
// CHECK: qnn.dequantize {{.*}} vector<8xi8>
// CHECK: math.tanh
func.func @sums_that_stay(%x: memref<64xi8>, %y: memref<64xi8>, %z: memref<64xi8>) {
  %a = arith.constant 0.02 : f32
  %b = arith.constant 0.017 : f32
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%x, %y : memref<64xi8>, memref<64xi8>) outs(%z : memref<64xi8>) {
  ^bb0(%p: i8, %q: i8, %o: i8):
    %f = qnn.dequantize %p, %a zero_point 120 unsigned : i8, f32 -> f32
    %g = qnn.dequantize %q, %b zero_point 100 unsigned : i8, f32 -> f32
    %h = arith.addf %f, %g : f32
    %k = qnn.quantize %h, %a zero_point 120 clamp [0, 255] unsigned : f32, f32 -> i8
    linalg.yield %k : i8
  }
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%x, %y : memref<64xi8>, memref<64xi8>) outs(%z : memref<64xi8>) {
  ^bb0(%p: i8, %q: i8, %o: i8):
    %f = qnn.dequantize %p, %a zero_point 120 unsigned : i8, f32 -> f32
    %g = qnn.dequantize %q, %b zero_point 100 unsigned : i8, f32 -> f32
    %t = math.tanh %g : f32
    %h = arith.addf %f, %t : f32
    %k = qnn.quantize %h, %a zero_point 120 clamp [0, 255] unsigned : f32, f32 -> i8
    linalg.yield %k : i8
  }
  return
}
