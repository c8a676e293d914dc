// RUN: not quant-opt --qnn-absorb-bias %s 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not quant-opt --qnn-absorb-bias="calibration-data=%S/Inputs/even.npy" %s 2>&1 | FileCheck %s

// DATA: error: absorbing biases needs data: give calibration-data=FILE.npz
// CHECK: error: 'qnn.range' op states a range that absorbing biases would change; absorb them before calibration
func.func @ranges_would_no_longer_hold(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %r = qnn.range %x [-1.0], [3.0] method "min-max" : tensor<1x4xf32>
  return %r : tensor<1x4xf32>
}
