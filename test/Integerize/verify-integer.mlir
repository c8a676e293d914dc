// What stays float is listed, or refused; what does not belong to the form is always refused.
// RUN: quant-opt %s --split-input-file --qnn-verify-integer=list=true --verify-diagnostics=only-expected -o /dev/null
// RUN: not quant-opt %s --split-input-file --qnn-verify-integer=require-integer=true -o /dev/null 2>&1 | FileCheck %s
// CHECK: error: contraction stays float: its operands are not quantized

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
func.func @a_contraction_in_float_is_listed_with_its_reason(%x: tensor<4x8xf32> {qnn.name = "x"}) -> tensor<4x16xf32> {
  %w = arith.constant dense<0.5> : tensor<16x8xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  // expected-remark @below {{contraction stays float: its operands are not quantized}}
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xf32>, tensor<16x8xf32>) outs(%init : tensor<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

func.func @a_cast_is_left_over(%x: tensor<4xf32>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @below {{'quant.qcast' op is not part of the Integer form}}
  // expected-note @below {{the pass at fault is --qnn-integerize}}
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %q : tensor<4x!quant.uniform<u8:f32, 0.5>>
}

// -----

#x = affine_map<(m, k) -> (m, k)>
#y = affine_map<(m, k) -> (m)>
func.func @an_accumulator_may_overflow(%x: tensor<4x8xi8>, %zero: tensor<4xi32>) -> tensor<4xi32> {
  // expected-error @below {{expected certificates of accumulators below 2^31, found array<i64: 2147483648>}}
  %y = linalg.generic {indexing_maps = [#x, #y], iterator_types = ["parallel", "reduction"], qnn.certificate = array<i64: 2147483648>}
      ins(%x : tensor<4x8xi8>) outs(%zero : tensor<4xi32>) {
  ^bb0(%a: i8, %out: i32):
    %e = arith.extsi %a : i8 to i32
    %s = arith.addi %out, %e : i32
    linalg.yield %s : i32
  } -> tensor<4xi32>
  return %y : tensor<4xi32>
}
