// Marks of parameters that a model comes with mean nothing: whoever runs it gives every argument as it is.
// RUN: quant-compile %s --target=x86-64 -o %t.so
// RUN: quant-run %t.so --info | FileCheck %s
// CHECK: input "x": float32 [4, 8]
// CHECK: input "w": float32 [8, 3]
func.func @marked(%x: tensor<4x8xf32> {qnn.name = "x", qnn.packing = {}},
                  %w: tensor<8x3xf32> {qnn.name = "w", qnn.parameter}) -> tensor<4x3xf32> {
  %zero = arith.constant dense<0.0> : tensor<4x3xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x3xf32>) outs(%zero : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}
