// RUN: quant-opt %s --qnn-annotate-ranges=ranges=%S/Inputs/ranges.json | FileCheck %s
// RUN: quant-opt %s --qnn-annotate-ranges=ranges=%S/Inputs/ranges.json --qnn-annotate-ranges=ranges=%S/Inputs/ranges.json \
// RUN:   | FileCheck %s --check-prefix=TWICE

// CHECK-LABEL: func @model
// CHECK-SAME: %[[X:.*]]: tensor<1x4xf32>
// CHECK: %[[R:.*]] = qnn.range %[[X]] [-1.000000e+00], [3.000000e+00] method "min-max" : tensor<1x4xf32>
// CHECK: linalg.matmul ins(%[[R]],
// TWICE-COUNT-1: qnn.range
// TWICE-NOT: qnn.range
func.func @model(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %w = arith.constant dense<[[1.0, -1.0], [0.5, 0.25], [2.0, 0.0], [1.0, 1.0]]> : tensor<4x2xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  return %y : tensor<1x2xf32>
}
