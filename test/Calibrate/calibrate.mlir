// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/one.npy method=min-max" | FileCheck %s
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz method=min-max" | FileCheck %s --check-prefix=THREE
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz method=min-max max-samples=2" | FileCheck %s --check-prefix=TWO
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz method=min-max max-samples=2 seed=1" | FileCheck %s --check-prefix=SEED
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz method=moving-average" | FileCheck %s --check-prefix=AVERAGE
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz method=percentile percentile=75" | FileCheck %s --check-prefix=PERCENTILE
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz method=entropy" | FileCheck %s --check-prefix=ENTROPY
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz method=mse symmetric=true" | FileCheck %s --check-prefix=MSE
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz method=min-max per-channel=true" | FileCheck %s --check-prefix=CHANNEL
// RUN: quant-opt %s "--calibrate=calibration-data=%S/Inputs/one.npy method=min-max" | FileCheck %s
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/masked.npz method=min-max" 2>&1 | FileCheck %s --check-prefix=MASKED

// CHECK-LABEL: func @model
// CHECK-SAME: %[[X:.*]]: tensor<1x4xf32>
// CHECK: %[[R:.*]] = qnn.range %[[X]] [-1.000000e+00], [3.000000e+00] method "min-max" : tensor<1x4xf32>
// CHECK-NOT: qnn.observe
// MASKED: warning: edge "x": 1 NaNs and 2 infinite values of 8 were set aside
// MASKED: qnn.range %{{.*}} [-1.000000e+00], [3.000000e+00] method "min-max"
// THREE: qnn.range %{{.*}} [-2.000000e+00], [4.000000e+00] method "min-max"
// TWO: qnn.range %{{.*}} [-1.000000e+00], [4.000000e+00] method "min-max"
// SEED: qnn.range %{{.*}} [-2.000000e+00], [4.000000e+00] method "min-max"
// AVERAGE: qnn.range %{{.*}} [-0.666666686], [2.66666675] method "moving-average"
// PERCENTILE: qnn.range %{{.*}} [-1.000000e+00], [3.000000e+00] method "percentile"
// ENTROPY: qnn.range %{{.*}} [-2.000000e+00], [4.000000e+00] method "entropy"
// MSE: qnn.range %{{.*}} [-{{.*}}], [{{.*}}] method "mse"
// CHANNEL: qnn.range %{{.*}} [-2.000000e+00, 0.000000e+00, 0.000000e+00, 1.000000e+00], [1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00] axis 1 method "min-max"
func.func @model(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %w = arith.constant dense<[[1.0, -1.0], [0.5, 0.25], [2.0, 0.0], [1.0, 1.0]]> : tensor<4x2xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  return %y : tensor<1x2xf32>
}
