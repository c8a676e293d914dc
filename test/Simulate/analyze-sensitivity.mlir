// The layer whose operand has much too wide a range costs the most, alone and when all others are quantized too.
// RUN: quant-opt %s "--qnn-analyze-sensitivity=calibration-data=%S/../Calibrate/Inputs/three.npz out=%t.json max-samples=3" --remark-format=emitRemark --remarks-filter=qnn 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=JSON < %t.json

// CHECK: Sensitivity
// CHECK-SAME: 'narrow': alone [[NARROW:[0-9.]+]] dB, all but it [[WIDE:[0-9.]+]] dB, all
// CHECK: Sensitivity
// CHECK-SAME: 'wide': alone [[WIDE]] dB, all but it [[NARROW]] dB, all
// JSON: "samples": 3
// JSON: "all": {
// JSON-NEXT: "sqnr": [[ALL:[0-9.]+]]
// JSON-NEXT: "agreement":
// JSON-NEXT: "cross-entropy":
// JSON: "name": "narrow"
// JSON-NEXT: "alone": {
// JSON: "without": {
// JSON: "name": "wide"
#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>

// CHECK-LABEL: func @a_model_is_not_changed
// CHECK: qnn.range {{.*}} [-2.000000e+00], [4.000000e+00]
func.func @a_model_is_not_changed(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %r = qnn.range %x [-2.0], [4.0] method "min-max" : tensor<1x4xf32>
  %w0 = arith.constant dense<[[1.0, 0.5, 2.0, 1.0], [-1.0, 0.25, 0.0, 1.0]]> : tensor<2x4xf32>
  %w1 = arith.constant dense<[[1.0, 0.3], [-1.0, 0.7]]> : tensor<2x2xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %a = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%r, %w0 : tensor<1x4xf32>, tensor<2x4xf32>) outs(%zero : tensor<1x2xf32>) {
  ^bb0(%l: f32, %w: f32, %o: f32):
    %p = arith.mulf %l, %w : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32> loc("narrow")
  %h = qnn.range %a [-400.0], [400.0] method "min-max" : tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%h, %w1 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%zero : tensor<1x2xf32>) {
  ^bb0(%l: f32, %w: f32, %o: f32):
    %p = arith.mulf %l, %w : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32> loc("wide")
  return %y : tensor<1x2xf32>
}
