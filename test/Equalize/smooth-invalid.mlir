// RUN: not quant-opt --qnn-smooth %s 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not quant-opt --qnn-smooth="calibration-data=%S/Inputs/outliers.npy strength=2" %s 2>&1 | FileCheck %s --check-prefix=STRENGTH
// RUN: not quant-opt --qnn-smooth="calibration-data=%S/Inputs/outliers.npy" %s 2>&1 | FileCheck %s

// DATA: error: smoothing needs data: give calibration-data=FILE.npz
// STRENGTH: error: expected a strength of at most 1, or a negative one to search, found 2
// CHECK: error: 'qnn.range' op states a range that smoothing would change; smooth before calibration
func.func @ranges_would_no_longer_hold(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %r = qnn.range %x [-1.0], [3.0] method "min-max" : tensor<1x4xf32>
  return %r : tensor<1x4xf32>
}
