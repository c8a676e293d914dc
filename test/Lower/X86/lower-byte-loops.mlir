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
