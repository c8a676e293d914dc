// RUN: not quant-opt %s --qnn-calibrate 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not quant-opt %s --qnn-calibrate=calibration-data=%S/Inputs/absent.npz 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not quant-opt %s --qnn-calibrate=calibration-data=%s 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: not quant-opt %s --qnn-calibrate=calibration-data=%S/Inputs/misspelt.npz 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not quant-opt %s --qnn-calibrate=calibration-data=%S/Inputs/double.npz 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not quant-opt %s --qnn-calibrate=calibration-data=%S/Inputs/wide.npz 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not quant-opt %s --qnn-calibrate=calibration-data=%S/Inputs/empty.npz 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not quant-opt %s --qnn-calibrate=calibration-data=%S/Inputs/nan.npz 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz max-samples=9" 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: not quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz max-samples=-1" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz method=msee" 2>&1 | FileCheck %s --check-prefix=METHOD
// RUN: not quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz percentile=5" 2>&1 | FileCheck %s --check-prefix=PERCENTILE
// RUN: not quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz per-channel=true" 2>&1 | FileCheck %s --check-prefix=CHANNEL
// RUN: not quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz ranges-out=%t.absent/ranges.json" 2>&1 | FileCheck %s --check-prefix=FOLDER

// NOTHING: error: nothing was measured: give calibration-data=FILE.npz, or a table to resume
// ABSENT: error: {{.*}}absent.npz: No such file or directory
// FORMAT: error: {{.*}}calibrate-invalid.mlir: expected a .npy or .npz file, found neither's magic bytes
// NAME: error: {{.*}}misspelt.npz: no array named "x"
// NAME-SAME: xx
// TYPE: error: {{.*}}double.npz: array for input "x": expected element type float32, found float64
// SHAPE: error: {{.*}}wide.npz: array for input "x": expected shape [1, 4] or [samples, 4], found [3, 5]
// EMPTY: error: {{.*}}empty.npz: array for input "x": expected at least one sample, found shape [0, 4]
// NAN: error: expected finite values on every edge, but:
// NAN-NEXT: edge "x" saw only 8 NaNs and 0 infinities
// MANY: error: {{.*}}three.npz: expected at least the 9 samples asked for, found 3
// NEGATIVE: error: expected a max-samples of at least 0, found -1
// METHOD: error: no calibration method called "msee", did you mean "mse"?
// PERCENTILE: error: expected a percentile above 50 and at most 100, found 5
// CHANNEL: error: per-channel ranges are by method=min-max only, found method=mse
// FOLDER: error: {{.*}}No such file or directory
func.func @model(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %w = arith.constant dense<[[1.0, -1.0], [0.5, 0.25], [2.0, 0.0], [1.0, 1.0]]> : tensor<4x2xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  return %y : tensor<1x2xf32>
}
