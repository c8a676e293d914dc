// Operations that move or select elements work on bytes; padding and neutral elements become storage values.
// RUN: quant-opt %s --qnn-integerize --qnn-verify-integer | FileCheck %s

!x = !quant.uniform<u8:f32, 0.5:10>
!s = !quant.uniform<i8:f32, 0.25:-3>

// CHECK-LABEL: @a_pad_with_zero_pads_with_the_zero_point
// CHECK: %[[Z:.*]] = arith.constant 10 : i8
// CHECK: tensor.pad
// CHECK: tensor.yield %[[Z]] : i8
// CHECK-NOT: f32
// CHECK: return
func.func @a_pad_with_zero_pads_with_the_zero_point(%x: tensor<4xi8>) -> tensor<6xi8> {
  %xq = quant.scast %x : tensor<4xi8> to tensor<4x!x>
  %xf = quant.dcast %xq : tensor<4x!x> to tensor<4xf32>
  %zero = arith.constant 0.0 : f32
  %0 = tensor.pad %xf low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<4xf32> to tensor<6xf32>
  %1 = quant.qcast %0 : tensor<6xf32> to tensor<6x!x>
  %2 = quant.scast %1 : tensor<6x!x> to tensor<6xi8>
  return %2 : tensor<6xi8>
}

// CHECK-LABEL: @a_maximum_compares_bytes_as_they_are_stored
// CHECK: linalg.fill ins(%c-128_i8
// CHECK: arith.maxsi
// CHECK-NOT: f32
// CHECK: return
func.func @a_maximum_compares_bytes_as_they_are_stored(%x: tensor<4x4xi8>) -> tensor<4xi8> {
  %xq = quant.scast %x : tensor<4x4xi8> to tensor<4x4x!s>
  %xf = quant.dcast %xq : tensor<4x4x!s> to tensor<4x4xf32>
  %least = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%least : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.reduce {arith.maximumf} ins(%xf : tensor<4x4xf32>) outs(%f : tensor<4xf32>) dimensions = [1]
  %1 = quant.qcast %0 : tensor<4xf32> to tensor<4x!s>
  %2 = quant.scast %1 : tensor<4x!s> to tensor<4xi8>
  return %2 : tensor<4xi8>
}

// CHECK-LABEL: @a_concat_of_other_scales_quantizes_its_operands_first
// CHECK: %[[A:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<4xi8>)
// CHECK: qnn.dequantize
// CHECK: qnn.quantize
// CHECK: tensor.concat dim(0) %{{.*}}, %{{.*}} : (tensor<4xi8>, tensor<4xi8>) -> tensor<8xi8>
func.func @a_concat_of_other_scales_quantizes_its_operands_first(%x: tensor<4xi8>, %s: tensor<4xi8>) -> tensor<8xi8> {
  %xq = quant.scast %x : tensor<4xi8> to tensor<4x!x>
  %xf = quant.dcast %xq : tensor<4x!x> to tensor<4xf32>
  %sq = quant.scast %s : tensor<4xi8> to tensor<4x!s>
  %sf = quant.dcast %sq : tensor<4x!s> to tensor<4xf32>
  %0 = tensor.concat dim(0) %xf, %sf : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  %1 = quant.qcast %0 : tensor<8xf32> to tensor<8x!x>
  %2 = quant.scast %1 : tensor<8x!x> to tensor<8xi8>
  return %2 : tensor<8xi8>
}
