// RUN: not quant-opt %s "--qnn-choose-ranges=criterion=model-outptu" 2>&1 | FileCheck %s --check-prefix=CRITERION
// RUN: not quant-opt %s "--qnn-choose-ranges=search-samples=0" 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not quant-opt %s "--qnn-choose-ranges=rounds=0" 2>&1 | FileCheck %s --check-prefix=ROUNDS
// RUN: not quant-opt %s "--qnn-choose-ranges=calibration-data=%S/../Calibrate/Inputs/three.npz" 2>&1 | FileCheck %s --check-prefix=RANGE
// CRITERION: no criterion called "model-outptu", did you mean "model-output"?
// NUMBER: expected search-samples and rounds of at least 1, found 0 and 2
// ROUNDS: expected search-samples and rounds of at least 1, found 64 and 0
// RANGE: edge 'x' has no range
func.func @edges_need_ranges(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %w = arith.constant dense<[[1.0, -1.0], [0.5, 0.25], [2.0, 0.0], [1.0, 1.0]]> : tensor<4x2xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
