// RUN: quant-opt --pass-pipeline='builtin.module(func.func(tosa-to-linalg-named,tosa-to-linalg,tosa-to-arith,tosa-to-tensor),qnn-normalize)' %s | FileCheck %s

// A TOSA network arrives at the same form: weights [OC, k, C] with a bias behind a sum from zero, relu6 as a clip, a depthwise
// convolution without its multiplier of one.

// CHECK-LABEL: func.func @a_network_from_another_front_end
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<1x10x10x4xf32>, tensor<8x3x3x4xf32>) outs(%{{.+}} : tensor<1x8x8x8xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<1x8x8x8xf32>, tensor<8xf32>)
// CHECK: %[[MAX:.+]] = arith.maximumf %in
// CHECK: arith.minimumf %[[MAX]]
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<1x10x10x8xf32>, tensor<8x3x3xf32>) outs(%{{.+}} : tensor<1x8x8x8xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<8xf32>, tensor<1x8x8x8xf32>)
// CHECK: return
func.func @a_network_from_another_front_end(%x: tensor<1x8x8x4xf32>) -> tensor<1x8x8x8xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<8x3x3x4xf32>} : () -> tensor<8x3x3x4xf32>
  %b = "tosa.const"() {values = dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>} : () -> tensor<8xf32>
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %c = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
      : (tensor<1x8x8x4xf32>, tensor<8x3x3x4xf32>, tensor<8xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x8xf32>
  %r = tosa.clamp %c {min_val = 0.0 : f32, max_val = 6.0 : f32} : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %dw = "tosa.const"() {values = dense<0.5> : tensor<3x3x8x1xf32>} : () -> tensor<3x3x8x1xf32>
  %d = tosa.depthwise_conv2d %r, %dw, %b, %z, %z {acc_type = f32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
      : (tensor<1x8x8x8xf32>, tensor<3x3x8x1xf32>, tensor<8xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x8xf32>
  return %d : tensor<1x8x8x8xf32>
}
