// RUN: not quant-opt --qnn-equalize %s 2>&1 | FileCheck %s
// RUN: not quant-opt --qnn-equalize=max-iterations=0 %s 2>&1 | FileCheck %s --check-prefix=SWEEPS
// RUN: not quant-opt --qnn-equalize=min-imbalance=-1 %s 2>&1 | FileCheck %s --check-prefix=IMBALANCE

// CHECK: error: 'qnn.range' op states a range that equalization would change; equalize before calibration
// SWEEPS: error: expected max-iterations of at least 1, found 0
// IMBALANCE: error: expected a min-imbalance of at least 0, found -1
func.func @ranges_would_no_longer_hold(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %r = qnn.range %x [-1.0], [3.0] method "min-max" : tensor<1x4xf32>
  return %r : tensor<1x4xf32>
}
