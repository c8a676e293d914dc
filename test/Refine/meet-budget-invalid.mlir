// Goals that make no sense, or cannot be measured.
// RUN: %python %S/Inputs/two_scales.py %t.npz %t.labels.npz 64
// RUN: %python %S/Inputs/two_scales.py %t.few.npz %t.few.labels.npz 32
// RUN: not quant-opt %s --qnn-meet-budget="min-sqnr=high" 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not quant-opt %s --qnn-meet-budget="min-sqnr=30" 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not quant-opt %s --qnn-meet-budget="calibration-data=%t.npz max-metric-drop=-1 labels=%t.labels.npz" 2>&1 | FileCheck %s --check-prefix=DROP
// RUN: not quant-opt %s --qnn-meet-budget="calibration-data=%t.npz max-metric-drop=1" 2>&1 | FileCheck %s --check-prefix=METRIC
// RUN: not quant-opt %s --qnn-meet-budget="calibration-data=%t.npz labels=%t.labels.npz" 2>&1 | FileCheck %s --check-prefix=POINTS
// RUN: not quant-opt %s --qnn-meet-budget="calibration-data=%t.npz max-metric-drop=1 labels=%t.labels.npz metric-command=true" 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not quant-opt %s --qnn-meet-budget="calibration-data=%t.npz max-metric-drop=1 labels=%t.few.labels.npz" 2>&1 | FileCheck %s --check-prefix=LABELS
// RUN: not quant-opt %s --qnn-meet-budget="calibration-data=%t.npz max-metric-drop=1 labels=%t.npz" 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not quant-opt %s --qnn-meet-budget="calibration-data=%t.npz max-metric-drop=1 metric-command=false" 2>&1 | FileCheck %s --check-prefix=FAILED
// RUN: not quant-opt %s --qnn-meet-budget="calibration-data=%t.npz max-metric-drop=1 metric-command='echo no number;:'" 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: not quant-opt %s --qnn-meet-budget="calibration-data=%t.labels.npz" 2>&1 | FileCheck %s --check-prefix=ARRAY

// NUMBER: error: expected min-sqnr to be a number of dB or off, found "high"
// DATA: error: an accuracy goal is checked on samples: give calibration-data=FILE.npz
// DROP: error: expected max-metric-drop to be a number of points of at least 0, found "-1"
// METRIC: error: max-metric-drop needs a metric: labels=FILE.npz or metric-command=PROGRAM
// POINTS: error: a metric needs max-metric-drop, the points it may lose
// BOTH: error: labels and metric-command are two metrics; give one of them
// LABELS: error: {{.*}}few.labels.npz: expected a label for each sample of the data, at least 64, found 32
// TYPE: error: {{.*}}npz: expected labels to be integers, found element type float
// FAILED: error: the metric's command "false" failed with exit status 1
// TEXT: error: the metric's command "echo no number;:" was to print a number last, found "number"
// ARRAY: error: {{.*}}"x"

func.func @one_layer(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %r = qnn.range %x [-1000.0], [1000.0] method "min-max" : tensor<1x4xf32>
  %w = arith.constant dense<0.5> : tensor<4x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%r, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  return %y : tensor<1x2xf32>
}
