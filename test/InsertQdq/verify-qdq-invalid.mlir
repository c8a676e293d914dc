// Ranges and observers may not remain, and quantized tensors are read by casts alone.
// RUN: quant-opt %s --split-input-file --verify-diagnostics --qnn-verify-qdq

func.func @a_range_is_left_over(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{'qnn.range' op is left over}}
  // expected-note @+1 {{the pass at fault is --qnn-insert-qdq}}
  %0 = qnn.range %x [-1.0], [3.0] method "minmax" : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @a_reshape_reads_a_quantized_tensor(%x: tensor<4x!quant.uniform<u8:f32, 0.5>>) -> tensor<4xf32> {
  // expected-error @+1 {{has a quantized operand or result; expected quantized values between casts of 'quant' only}}
  %0 = tensor.cast %x : tensor<4x!quant.uniform<u8:f32, 0.5>> to tensor<4x!quant.uniform<u8:f32, 0.5>>
  %1 = quant.dcast %0 : tensor<4x!quant.uniform<u8:f32, 0.5>> to tensor<4xf32>
  return %1 : tensor<4xf32>
}
