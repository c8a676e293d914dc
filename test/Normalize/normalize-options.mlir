// RUN: quant-opt --qnn-normalize %s | FileCheck %s --check-prefixes=CHECK,DEFAULT
// RUN: quant-opt --qnn-normalize=fold-batch-norm=false %s | FileCheck %s --check-prefixes=CHECK,KEEP
// RUN: quant-opt --qnn-normalize=channels-last=false %s | FileCheck %s --check-prefixes=CHECK,FIRST
// RUN: not quant-opt --qnn-normalize="channels-last=false verify=true" --qnn-verify-normalized %s 2>&1 | FileCheck %s --check-prefix=VERIFY
// RUN: quant-opt --qnn-normalize="channels-last=false verify=false" %s | FileCheck %s --check-prefixes=CHECK,FIRST

// CHECK-LABEL: func.func @each_option_leaves_one_step_out
// DEFAULT: ins(%{{.+}}, %{{.+}} : tensor<1x6x2xf32>, tensor<2x3x2xf32>)
// DEFAULT-COUNT-1: arith.mulf
// DEFAULT-NOT: arith.mulf
// KEEP: ins(%{{.+}}, %{{.+}} : tensor<1x6x2xf32>, tensor<2x3x2xf32>)
// KEEP-COUNT-2: arith.mulf
// FIRST: ins(%{{.+}}, %{{.+}} : tensor<1x2x6xf32>, tensor<2x2x3xf32>)
// FIRST-COUNT-1: arith.mulf
// FIRST-NOT: arith.mulf
// VERIFY: expected a channels-last convolution or pooling
func.func @each_option_leaves_one_step_out(%x: tensor<1x2x6xf32>) -> tensor<1x2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %two = arith.constant 2.0 : f32
  %w = arith.constant dense<[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 1.0, 3.0], [4.0, 5.0, 6.0]]]> : tensor<2x2x3xf32>
  %e = tensor.empty() : tensor<1x2x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  %y = linalg.conv_1d_ncw_fcw ins(%x, %w : tensor<1x2x6xf32>, tensor<2x2x3xf32>) outs(%init : tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(n, c, w) -> (n, c, w)>, affine_map<(n, c, w) -> (n, c, w)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%y : tensor<1x2x4xf32>) outs(%e : tensor<1x2x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %p = arith.mulf %in, %two : f32
    linalg.yield %p : f32
  } -> tensor<1x2x4xf32>
  return %s : tensor<1x2x4xf32>
}
