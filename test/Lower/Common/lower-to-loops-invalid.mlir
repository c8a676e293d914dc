// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qnn-lower-to-loops))" --verify-diagnostics

func.func @tensors(%x: f32, %y: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{expected operands in memory; run --qnn-bufferize first}}
  %f = linalg.fill ins(%x : f32) outs(%y : tensor<4xf32>) -> tensor<4xf32>
  return %f : tensor<4xf32>
}
