// Biases take up what quantization changes in the mean: weights of 4 bits, and a range that clips.
// RUN: quant-opt %s --qnn-correct-bias="calibration-data=%S/Inputs/correlated.npz" --qnn-verify-calibrated | FileCheck %s
// RUN: quant-opt %s --qnn-correct-bias="calibration-data=%S/Inputs/correlated.npz method=empirical search-samples=40" | FileCheck %s
// RUN: quant-opt %s --qnn-correct-bias="calibration-data=%S/Inputs/few.npz" | FileCheck %s --check-prefix=FEW
// RUN: quant-opt %s --qnn-correct-bias="calibration-data=%S/Inputs/correlated.npz max-samples=32 seed=3 weight-scheme=per-tensor activation-type=i8 activation-scheme=symmetric weight-bits=8" | FileCheck %s --check-prefix=TENSOR

// CHECK: qnn.decisions = [{layer = "", pass = "qnn-correct-bias", sqnr_after = 3{{[0-9]}}.{{.*}}, sqnr_before = 29.{{.*}}, text = "biases of 2 layers corrected"}]
// CHECK-NOT: qnn.range {{.*}} axis 0
// CHECK: arith.constant dense<[{{0.1|0.098}}{{[0-9]*}}, -0.2{{[0-9]+}}, 0.29{{[0-9]*}}, -0.00{{[0-9]*}}]> : tensor<4xf32>
// CHECK: arith.maximumf
// The layer had no bias.
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins({{.*}}tensor<2x16xf32>)
// CHECK: %[[B:.*]] = arith.constant {{.*}} : tensor<2xf32>
// CHECK: %[[Z:.*]] = linalg.generic {{.*}} ins(%[[Y]], %[[B]] :
// CHECK: return %[[Z]]
// FEW: too few samples to hold some out, so that the same ones judge
// TENSOR: biases of 2 layers corrected

#wx = affine_map<(n, o, c, k, i) -> (n, o * 2 + k, i)>
#ww = affine_map<(n, o, c, k, i) -> (c, k, i)>
#wy = affine_map<(n, o, c, k, i) -> (n, o, c)>
#lx = affine_map<(n, c, k) -> (n, k)>
#lw = affine_map<(n, c, k) -> (c, k)>
#ly = affine_map<(n, c, k) -> (n, c)>
#id3 = affine_map<(n, o, c) -> (n, o, c)>
#chan = affine_map<(n, o, c) -> (c)>

func.func @model(%x: tensor<1x9x2xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %c0 = arith.constant 0.0 : f32
  %xr = qnn.range %x [-3.0], [3.0] method "mse" : tensor<1x9x2xf32>
  %w1 = arith.constant dense<[[[0.7, 0.31], [-0.24, 0.16], [0.05, 0.45]], [[-0.52, 0.33], [0.18, 0.74], [0.61, -0.25]],
                              [[0.11, 0.27], [0.36, -0.64], [0.23, 0.48]], [[0.34, -0.17], [0.53, 0.28], [-0.39, 0.07]]]> : tensor<4x3x2xf32>
  %b1 = arith.constant dense<[0.1, -0.2, 0.3, 0.0]> : tensor<4xf32>
  %e1 = tensor.empty() : tensor<1x4x4xf32>
  %f1 = linalg.fill ins(%c0 : f32) outs(%e1 : tensor<1x4x4xf32>) -> tensor<1x4x4xf32>
  %y1 = linalg.generic {indexing_maps = [#wx, #ww, #wy], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%xr, %w1 : tensor<1x9x2xf32>, tensor<4x3x2xf32>) outs(%f1 : tensor<1x4x4xf32>) attrs = {qnn.precision = "i4"} {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4xf32> loc("window")
  %z1 = linalg.generic {indexing_maps = [#id3, #chan, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%y1, %b1 : tensor<1x4x4xf32>, tensor<4xf32>) outs(%e1 : tensor<1x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    %r = arith.maximumf %s, %c0 : f32
    linalg.yield %r : f32
  } -> tensor<1x4x4xf32> loc("window")
  %r1 = qnn.range %z1 [0.0], [2.75] method "mse" : tensor<1x4x4xf32>
  %l = tensor.collapse_shape %r1 [[0], [1, 2]] : tensor<1x4x4xf32> into tensor<1x16xf32>
  %w3 = arith.constant dense<[[0.31, -0.12, 0.44, 0.27, 0.13, 0.55, -0.21, 0.08, 0.19, 0.42, 0.36, -0.09, 0.25, 0.14, 0.38, 0.03],
                              [-0.22, 0.35, 0.17, 0.41, -0.51, 0.06, 0.29, 0.33, 0.12, -0.18, 0.47, 0.24, 0.02, 0.37, -0.16, 0.28]]> : tensor<2x16xf32>
  %e3 = tensor.empty() : tensor<1x2xf32>
  %f3 = linalg.fill ins(%c0 : f32) outs(%e3 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y3 = linalg.generic {indexing_maps = [#lx, #lw, #ly], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%l, %w3 : tensor<1x16xf32>, tensor<2x16xf32>) outs(%f3 : tensor<1x2xf32>) attrs = {qnn.precision = "i4"} {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32> loc("linear")
  return %y3 : tensor<1x2xf32>
}
