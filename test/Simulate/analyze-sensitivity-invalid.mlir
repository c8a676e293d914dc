// RUN: not quant-opt %s --qnn-analyze-sensitivity 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not quant-opt %s "--qnn-analyze-sensitivity=calibration-data=%t.missing.npz" 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not quant-opt %s "--qnn-analyze-sensitivity=calibration-data=%S/../Calibrate/Inputs/three.npz" 2>&1 | FileCheck %s --check-prefix=RANGE
// DATA: sensitivity is measured on data: give calibration-data=FILE.npz
// RANGE: edge 'x' has no range
// MISSING: edge 'x' has no range
func.func @edges_need_ranges(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %w = arith.constant dense<[[1.0, -1.0], [0.5, 0.25], [2.0, 0.0], [1.0, 1.0]]> : tensor<4x2xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
