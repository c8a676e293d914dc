// Edges without ranges, data that is not there, and a page in the place of its JSON are refused.
// RUN: not quant-opt %s "--qnn-report=out=%t.html" 2>&1 | FileCheck %s
// RUN: not quant-opt %s "--qnn-report=out=%t.json" 2>&1 | FileCheck %s --check-prefix=PLACE
// RUN: not quant-opt %S/../InsertQdq/observe.mlir "--qnn-report=out=%t.html calibration-data=%t.npz" 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not quant-opt %S/../InsertQdq/observe.mlir "--qnn-report=out=%t.html ranges=%t.json" 2>&1 | FileCheck %s --check-prefix=TABLE
// RUN: echo "module {}" | not quant-opt "--qnn-report=out=%t.html" 2>&1 | FileCheck %s --check-prefix=EMPTY

// CHECK: error: edge 'x' has no range
// PLACE: error: the page cannot be named {{.*}}.json: its JSON goes there; name it .html
// DATA: error: {{.*}}.npz
// TABLE: error: {{.*}}.json
// EMPTY: error: holds no public function to report on
func.func @no_ranges(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, -1.0], [0.5, 0.25], [2.0, 0.0], [1.0, 1.0]]> : tensor<4x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  return %y : tensor<1x2xf32>
}
