// Observed edges show what they hold after quantization, with the scale of their grid; nothing reads the observer's result.
// RUN: quant-opt %s "--qnn-insert-qdq=observe=true" --qnn-verify-qdq | FileCheck %s

// CHECK-LABEL: @an_edge_is_observed
// CHECK: %[[Q:.*]] = quant.qcast
// CHECK: %[[D:.*]] = quant.dcast %[[Q]]
// CHECK: qnn.observe %[[D]] as "x" step 0.0156862754 : tensor<1x4xf32>
// CHECK: linalg.matmul ins(%[[D]],
func.func @an_edge_is_observed(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> tensor<1x2xf32> {
  %r = qnn.range %x [-1.0], [3.0] method "min-max" : tensor<1x4xf32>
  %w = arith.constant dense<[[1.0, -1.0], [0.5, 0.25], [2.0, 0.0], [1.0, 1.0]]> : tensor<4x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%r, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  return %y : tensor<1x2xf32>
}
