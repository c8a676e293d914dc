// Outliers of activations move into weights: in the data the first channel reaches 64 and the second 1.
// RUN: quant-opt %s --split-input-file --qnn-smooth="calibration-data=%S/Inputs/outliers.npy strength=0.5" | FileCheck %s
// RUN: quant-opt %s --split-input-file --qnn-smooth="calibration-data=%S/Inputs/outliers.npy strength=0.5 max-samples=4 seed=1" | FileCheck %s --check-prefix=SEED
// RUN: quant-opt %s --split-input-file --qnn-smooth="calibration-data=%S/Inputs/outliers.npy strength=0.5 multiply=false" | FileCheck %s --check-prefix=CONSTANTS
// RUN: quant-opt %s --split-input-file --qnn-smooth="calibration-data=%S/Inputs/outliers.npy" --remarks-filter=qnn --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=SEARCH
// RUN: quant-opt %s --split-input-file --calibrate="calibration-data=%S/Inputs/outliers.npy smooth=on" --remarks-filter=qnn --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=SEARCH

// Half of the 64 moves: the second channel and its weights take a factor of 8.
// CHECK-LABEL: func @what_only_weights_read_is_multiplied
// CHECK-SAME: %[[X:.*]]: tensor<1x4x2xf32>
// CHECK-DAG: %[[F:.*]] = arith.constant dense<[1.000000e+00, 8.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<{{\[}}[1.000000e+00, 5.000000e-01], [1.250000e-01, 6.250000e-02]]>
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[F]] :
// CHECK: arith.mulf
// CHECK: linalg.generic {{.*}} ins(%[[S]], %[[W]] :
// SEED-LABEL: func @what_only_weights_read_is_multiplied
// SEED: arith.constant dense<[1.000000e+00, 8.000000e+00]>
// CONSTANTS-LABEL: func @what_only_weights_read_is_multiplied
// CONSTANTS-NOT: tensor<2xf32>
// CONSTANTS: dense<{{\[}}[1.000000e+00, 5.000000e-01], [1.000000e+00, 5.000000e-01]]>
// SEARCH: [Passed] Smoothed | Category:qnn | Remark="one channel takes factors of strength 0.{{[0-9]*}}; the layers' estimated SQNR goes from {{4[0-9.]*}} to {{5[0-9.]*}} dB"
func.func @what_only_weights_read_is_multiplied(%x: tensor<1x4x2xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x4x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0, 0.5], [1.0, 0.5]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x2xf32>) -> tensor<1x4x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(b, i, j, k) -> (b, i, k)>, affine_map<(b, i, j, k) -> (k, j)>,
                                        affine_map<(b, i, j, k) -> (b, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %r: f32, %o: f32):
    %m = arith.mulf %l, %r : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x4x2xf32>
  return %y : tensor<1x4x2xf32>
}

// -----

// The layer before can take the factor, and nothing is multiplied: not its input either, which without it is as uneven.
// CONSTANTS-LABEL: func @a_layer_before_takes_the_factor
// CONSTANTS: dense<{{\[}}[1.000000e+00, 0.000000e+00], [0.000000e+00, 8.000000e+00]]>
// CONSTANTS: arith.maximumf
// CONSTANTS: dense<{{\[}}[1.000000e+00, 5.000000e-01], [1.250000e-01, 6.250000e-02]]>
func.func @a_layer_before_takes_the_factor(%x: tensor<1x4x2xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x4x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %zero = arith.constant 0.0 : f32
  %w0 = arith.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %w1 = arith.constant dense<[[1.0, 0.5], [1.0, 0.5]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x2xf32>) -> tensor<1x4x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(b, i, j, k) -> (b, i, k)>, affine_map<(b, i, j, k) -> (k, j)>,
                                        affine_map<(b, i, j, k) -> (b, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w0 : tensor<1x4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %r: f32, %o: f32):
    %m = arith.mulf %l, %r : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x4x2xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%y : tensor<1x4x2xf32>) outs(%e : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %o: f32):
    %m = arith.maximumf %l, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x4x2xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(b, i, j, k) -> (b, i, k)>, affine_map<(b, i, j, k) -> (k, j)>,
                                        affine_map<(b, i, j, k) -> (b, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%a, %w1 : tensor<1x4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x4x2xf32>) {
  ^bb0(%l: f32, %r: f32, %o: f32):
    %m = arith.mulf %l, %r : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x4x2xf32>
  return %z : tensor<1x4x2xf32>
}
