// What cannot be made integer stays float with the reason; what cannot be expressed is an error.
// RUN: quant-opt %s --split-input-file --verify-diagnostics --qnn-integerize

func.func @twelve_bits_are_refused(%x: tensor<4xf32>) -> tensor<4xi12> {
  // expected-error @+1 {{cannot quantize to '!quant.uniform<i12:f32}}
  %0 = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i12:f32, 0.5>>
  %1 = quant.scast %0 : tensor<4x!quant.uniform<i12:f32, 0.5>> to tensor<4xi12>
  return %1 : tensor<4xi12>
}

// -----

func.func @twelve_bits_are_refused_on_the_way_back(%x: tensor<4xi12>) -> tensor<4xf32> {
  %0 = quant.scast %x : tensor<4xi12> to tensor<4x!quant.uniform<i12:f32, 0.5>>
  // expected-error @+1 {{cannot dequantize 'tensor<4x!quant.uniform<i12:f32}}
  %1 = quant.dcast %0 : tensor<4x!quant.uniform<i12:f32, 0.5>> to tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

func.func @half_precision_is_refused(%x: tensor<4xi8>) -> tensor<4xf16> {
  %0 = quant.scast %x : tensor<4xi8> to tensor<4x!quant.uniform<i8:f16, 0.5>>
  // expected-error @+1 {{expected a ranked tensor of f32, found 'tensor<4xf16>'}}
  %1 = quant.dcast %0 : tensor<4x!quant.uniform<i8:f16, 0.5>> to tensor<4xf16>
  return %1 : tensor<4xf16>
}

// -----

func.func @an_unranked_tensor_is_refused(%x: tensor<*xf32>) -> tensor<*x!quant.uniform<i8:f32, 0.5>> {
  // expected-error @+1 {{expected a ranked tensor, found 'tensor<*xf32>'}}
  %0 = quant.qcast %x : tensor<*xf32> to tensor<*x!quant.uniform<i8:f32, 0.5>>
  return %0 : tensor<*x!quant.uniform<i8:f32, 0.5>>
}
