// A window, a grouped and a plain contraction are rounded; what is stated about each weight leads to exactly the integers chosen.
// RUN: quant-opt %s --qnn-round-weights="calibration-data=%S/Inputs/correlated.npz" --qnn-verify-calibrated | FileCheck %s
// RUN: quant-opt %s --qnn-round-weights="calibration-data=%S/Inputs/correlated.npz" --qnn-insert-qdq | FileCheck %s --check-prefix=QDQ
// RUN: quant-opt %s --qnn-round-weights="calibration-data=%S/Inputs/correlated.npz" --remark-format=emitRemark --remarks-filter=qnn -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARKS
// RUN: quant-opt %s --qnn-round-weights="calibration-data=%S/Inputs/few.npz positions=100" | FileCheck %s --check-prefix=FEW
// RUN: quant-opt %s --qnn-round-weights="calibration-data=%S/Inputs/correlated.npz max-samples=32 seed=3 weight-scheme=per-tensor activation-type=i8 activation-scheme=symmetric weight-bits=8" | FileCheck %s --check-prefix=TENSOR

// CHECK: qnn.decisions = [{layer = "", pass = "qnn-round-weights", sqnr_after = 3{{[5-9]}}.{{.*}}, sqnr_before = 22.{{.*}}, text = "weights and biases of 3 layers chosen by least squares"}]
// CHECK: qnn.range %{{.*}} axis 0 method "least-squares" : tensor<4x3x2xf32>
// CHECK: arith.constant dense<[0.{{.*}}, -0.{{.*}}, 0.{{.*}}, {{.*}}]> : tensor<4xf32>
// CHECK: arith.maximumf
// CHECK: %[[W:.*]] = qnn.range %{{.*}} [{{[^,]*}}, {{[^,]*}}, {{[^,]*}}, {{[^,]*}}], [{{.*}}] axis 0 method "least-squares" : tensor<2x2x2xf32>
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[W]] :
// The layer had no bias. The range of its result is that of the sum.
// CHECK: %[[B:.*]] = arith.constant {{.*}} : tensor<2x2xf32>
// CHECK: %[[Z:.*]] = linalg.generic {{.*}} ins(%[[Y]], %[[B]] :
// CHECK: qnn.range %[[Z]] [-1.000000e+00], [3.000000e+00] method "mse"
// CHECK: qnn.range %{{.*}} axis 0 method "least-squares" : tensor<2x16xf32>

// QDQ: dense<{{\[\[}}7, 4], [-3, 6], [6, -2], [4, 7]]> : tensor<4x2xi8>

// REMARKS-DAG: remark: {{.*}}"window"{{.*}}mean squared error {{.*}} with weights by least squares, {{.*}} with the nearest ones
// REMARKS-DAG: remark: {{.*}}"linear"{{.*}}mean squared error {{.*}} with weights by least squares, {{.*}} with the nearest ones
// FEW: too few samples to hold some out, so that the same ones judge
// TENSOR: qnn.range %{{.*}} [{{[^,]*}}], [{{[^,]*}}] method "least-squares" : tensor<4x3x2xf32>

#wx = affine_map<(n, o, c, k, i) -> (n, o * 2 + k, i)>
#ww = affine_map<(n, o, c, k, i) -> (c, k, i)>
#wy = affine_map<(n, o, c, k, i) -> (n, o, c)>
#gx = affine_map<(n, o, g, d, k) -> (n, o, g, k)>
#gw = affine_map<(n, o, g, d, k) -> (g, d, k)>
#gy = affine_map<(n, o, g, d, k) -> (n, o, g, d)>
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
  %r1 = qnn.range %z1 [0.0], [3.0] method "mse" : tensor<1x4x4xf32>
  %g = tensor.expand_shape %r1 [[0], [1], [2, 3]] output_shape [1, 4, 2, 2] : tensor<1x4x4xf32> into tensor<1x4x2x2xf32>
  %w2 = arith.constant dense<[[[0.51, 0.26], [-0.33, 0.71]], [[0.42, -0.13], [0.22, 0.37]]]> : tensor<2x2x2xf32>
  %e2 = tensor.empty() : tensor<1x4x2x2xf32>
  %f2 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %y2 = linalg.generic {indexing_maps = [#gx, #gw, #gy], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%g, %w2 : tensor<1x4x2x2xf32>, tensor<2x2x2xf32>) outs(%f2 : tensor<1x4x2x2xf32>) attrs = {qnn.precision = "i4"} {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x4x2x2xf32> loc("groups")
  %r2 = qnn.range %y2 [-1.0], [3.0] method "mse" : tensor<1x4x2x2xf32>
  %l = tensor.collapse_shape %r2 [[0], [1, 2, 3]] : tensor<1x4x2x2xf32> into tensor<1x16xf32>
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
