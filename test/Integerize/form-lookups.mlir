// Arithmetic from one 8-bit value to another becomes a table with the values that it has.
// RUN: quant-opt %s --qnn-integerize --qnn-form-lookups --qnn-verify-integer | FileCheck %s
// RUN: quant-opt %s --qnn-integerize --qnn-form-lookups --remarks-filter=qnn --remark-policy=all 2>&1 | FileCheck %s --check-prefix=REMARK

!x = !quant.uniform<u8:f32, 0.0625:128>
!s = !quant.uniform<i8:f32, 0.0625>
!y = !quant.uniform<u8:f32, 0.00390625>
#id = affine_map<(d0) -> (d0)>

// 1 / (1 + exp(-f)) of -8 is 0.09 / 256, of 0 one half, and of 127 / 16 rounds to 256, which is clamped.
// CHECK-LABEL: @a_logistic_function_is_a_table
// CHECK-NOT: math.exp
// CHECK: linalg.generic {{.*}} ins(%arg0 : tensor<4xi8>)
// CHECK: qnn.lookup %{{.*}} in dense<"0x0000{{([0-9A-F]{252})}}80{{([0-9A-F]{250})}}FFFF"> : tensor<256xi8> : i8
// CHECK-NEXT: linalg.yield
// REMARK: remark: [Passed] Lookup {{.*}}Category:qnn
func.func @a_logistic_function_is_a_table(%x: tensor<4xi8>) -> tensor<4xi8> {
  %xq = quant.scast %x : tensor<4xi8> to tensor<4x!x>
  %xf = quant.dcast %xq : tensor<4x!x> to tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%xf : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %a : f32
    %p = math.exp %n : f32
    %d = arith.addf %p, %one : f32
    %h = arith.divf %one, %d : f32
    linalg.yield %h : f32
  } -> tensor<4xf32>
  %1 = quant.qcast %0 : tensor<4xf32> to tensor<4x!y>
  %2 = quant.scast %1 : tensor<4x!y> to tensor<4xi8>
  return %2 : tensor<4xi8>
}

// The gate is rounded in between, and x is read twice: still a function of x alone. Of signed bytes, -1 is entry 255.
// CHECK-LABEL: @a_gate_of_the_same_value_joins_it
// CHECK: linalg.generic {{.*}} ins(%arg0 : tensor<4xi8>)
// CHECK: qnn.lookup
// CHECK-NOT: {{linalg.generic|qnn.dequantize}}
// CHECK: return
func.func @a_gate_of_the_same_value_joins_it(%x: tensor<4xi8>) -> tensor<4xi8> {
  %xq = quant.scast %x : tensor<4xi8> to tensor<4x!s>
  %xf = quant.dcast %xq : tensor<4x!s> to tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%xf : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.tanh %a : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  %1 = quant.qcast %0 : tensor<4xf32> to tensor<4x!y>
  %b = qnn.barrier %1 : tensor<4x!y>
  %2 = quant.dcast %b : tensor<4x!y> to tensor<4xf32>
  %3 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%xf, %2 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %g: f32, %o: f32):
    %m = arith.mulf %a, %g : f32
    linalg.yield %m : f32
  } -> tensor<4xf32>
  %4 = quant.qcast %3 : tensor<4xf32> to tensor<4x!s>
  %5 = quant.scast %4 : tensor<4x!s> to tensor<4xi8>
  return %5 : tensor<4xi8>
}

// What a table needs only in part stays for those that read it: two tables, and the gate itself is one of them.
// CHECK-LABEL: @what_others_read_stays_beside_the_lookup
// CHECK: %[[T:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<4xi8>)
// CHECK: qnn.lookup
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%[[T]] : tensor<4xi8>)
// CHECK: qnn.lookup
// CHECK: return %[[T]], %[[Y]]
func.func @what_others_read_stays_beside_the_lookup(%x: tensor<4xi8>) -> (tensor<4xi8>, tensor<4xi8>) {
  %e = tensor.empty() : tensor<4xi8>
  %s = arith.constant 0.0625 : f32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i8, %o: i8):
    %f = qnn.dequantize %a, %s zero_point 0 : i8, f32 -> f32
    %t = math.tanh %f : f32
    %q = qnn.quantize %t, %s zero_point 0 clamp [-128, 127] : f32, f32 -> i8
    linalg.yield %q : i8
  } -> tensor<4xi8>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%0 : tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i8, %o: i8):
    %f = qnn.dequantize %a, %s zero_point 0 : i8, f32 -> f32
    %t = math.erf %f : f32
    %q = qnn.quantize %t, %s zero_point 0 clamp [-128, 127] : f32, f32 -> i8
    linalg.yield %q : i8
  } -> tensor<4xi8>
  return %0, %1 : tensor<4xi8>, tensor<4xi8>
}

// A maximum costs less than a lookup; a function of two values, or of the channel too, has no table.
// CHECK-LABEL: @other_arithmetic_stays
// CHECK-NOT: qnn.lookup
// CHECK: return
func.func @other_arithmetic_stays(%x: tensor<4xi8>, %z: tensor<4xi8>, %f: tensor<4xf32>) -> (tensor<4xi8>, tensor<4xi8>, tensor<4xi8>) {
  %e = tensor.empty() : tensor<4xi8>
  %s = arith.constant 0.0625 : f32
  %t = arith.constant 0.125 : f32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i8, %o: i8):
    %c7 = arith.constant 7 : i8
    %q = arith.maxui %a, %c7 : i8
    linalg.yield %q : i8
  } -> tensor<4xi8>
  %1 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%x, %z : tensor<4xi8>, tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i8, %b: i8, %o: i8):
    %v = qnn.dequantize %a, %s zero_point 0 : i8, f32 -> f32
    %w = qnn.dequantize %b, %t zero_point 0 : i8, f32 -> f32
    %p = math.powf %v, %w : f32
    %q = qnn.quantize %p, %s zero_point 0 clamp [-128, 127] : f32, f32 -> i8
    linalg.yield %q : i8
  } -> tensor<4xi8>
  %2 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%z, %f : tensor<4xi8>, tensor<4xf32>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i8, %c: f32, %o: i8):
    %v = qnn.dequantize %a, %s zero_point 0 : i8, f32 -> f32
    %w = math.exp %v : f32
    %q = qnn.quantize %w, %c zero_point 0 clamp [-128, 127] : f32, f32 -> i8
    linalg.yield %q : i8
  } -> tensor<4xi8>
  return %0, %1, %2 : tensor<4xi8>, tensor<4xi8>, tensor<4xi8>
}
