// A float model comes out Normalized, a quantized one in the Integer form.
// RUN: quant-opt %s --compile-as-is | FileCheck %s
// CHECK: qnn.quantize
// CHECK-NOT: quant.

func.func @main(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x4xi8> {qnn.name = "y", qnn.type = "uint8"}) {
  %q = quant.qcast %x : tensor<1x4xf32> to tensor<1x4x!quant.uniform<u8:f32, 0.5:3>>
  %y = quant.scast %q : tensor<1x4x!quant.uniform<u8:f32, 0.5:3>> to tensor<1x4xi8>
  return %y : tensor<1x4xi8>
}
