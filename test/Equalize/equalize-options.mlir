// RUN: quant-opt --qnn-equalize --split-input-file %s | FileCheck %s
// RUN: quant-opt --qnn-equalize --split-input-file %s --remarks-filter=qnn --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: quant-opt --qnn-equalize=per-channel-bounds=true --split-input-file %s | FileCheck %s --check-prefix=BOUNDS
// RUN: quant-opt --qnn-equalize=powers-of-two=true --split-input-file %s | FileCheck %s --check-prefix=POWERS
// RUN: quant-opt --qnn-equalize=min-imbalance=1.9 --split-input-file %s | FileCheck %s --check-prefix=LEFT

// REMARK: remark: [Missed] KeepsScale | Category:qnn | Reason="its bounds may not become one for each channel"

// CHECK-LABEL: func.func @a_clip_takes_bounds_for_each_channel_if_it_may
// CHECK: arith.constant dense<{{\[\[}}1.600000e+01, 0.000000e+00], [0.000000e+00, 1.000000e+00]]>
// BOUNDS-LABEL: func.func @a_clip_takes_bounds_for_each_channel_if_it_may
// BOUNDS: %[[ZERO:.+]] = arith.constant 0.000000e+00 : f32
// BOUNDS: %[[CLIP:.+]] = arith.constant dense<[1.500000e+00, 2.400000e+01]> : tensor<2xf32>
// BOUNDS: linalg.generic {{.*}} ins(%{{.+}}, %[[CLIP]] : tensor<4x2xf32>, tensor<2xf32>)
// BOUNDS: ^bb0(%[[IN:.+]]: f32, %[[HI:.+]]: f32, %{{.+}}: f32):
// BOUNDS: %[[LO:.+]] = arith.maximumf %[[IN]], %[[ZERO]]
// BOUNDS: arith.minimumf %[[LO]], %[[HI]]
func.func @a_clip_takes_bounds_for_each_channel_if_it_may(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %w = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %lo = arith.maximumf %in, %zero : f32
    %hi = arith.minimumf %lo, %six : f32
    linalg.yield %hi : f32
  } -> tensor<4x2xf32>
  %z = linalg.matmul ins(%c, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}

// -----

// The factors are 2^-1.75 and 2^1.75, which round to 1/4 and 4. Their root mean square in octaves is 1.75.
// CHECK-LABEL: func.func @factors_are_rounded_only_if_asked
// CHECK: arith.constant dense<{{\[\[}}3.36358571, 0.000000e+00], [0.000000e+00, 3.36358571]]>
// POWERS-LABEL: func.func @factors_are_rounded_only_if_asked
// POWERS: arith.constant dense<{{\[\[}}2.82842708, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
// LEFT-LABEL: func.func @factors_are_rounded_only_if_asked
// LEFT: arith.constant dense<{{\[\[}}11.3137083, 0.000000e+00], [0.000000e+00, 1.000000e+00]]>
func.func @factors_are_rounded_only_if_asked(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[11.3137083, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 11.3137083]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %z = linalg.matmul ins(%y, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}
