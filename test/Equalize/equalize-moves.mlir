// Factors pass through everything that moves, selects or sums elements of one channel. In each function channel 0 is made 16 times as large as channel
// 1 and used 16 times as little, so that the making weight becomes [4, 0], [0, 4], and so does the using one.
// RUN: quant-opt --qnn-equalize=powers-of-two=true --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @a_zero_pad_and_a_maximum_and_an_average_pass_factors_on
// CHECK-COUNT-2: arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK-NOT: arith.constant dense
func.func @a_zero_pad_and_a_maximum_and_an_average_pass_factors_on(%x: tensor<4x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %quarter = arith.constant 0.25 : f32
  %w = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %image = tensor.expand_shape %y [[0, 1, 2], [3]] output_shape [1, 2, 2, 2] : tensor<4x2xf32> into tensor<1x2x2x2xf32>
  %padded = tensor.pad %image low[0, 1, 1, 0] high[0, 0, 0, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x2x2x2xf32> to tensor<1x3x3x2xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %m = tensor.empty() : tensor<1x2x2x2xf32>
  %neutral = linalg.fill ins(%lowest : f32) outs(%m : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %max = linalg.pooling_nhwc_max ins(%padded, %window : tensor<1x3x3x2xf32>, tensor<2x2xf32>) outs(%neutral : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %s = tensor.empty() : tensor<1x2xf32>
  %none = linalg.fill ins(%zero : f32) outs(%s : tensor<1x2xf32>) -> tensor<1x2xf32>
  %sum = linalg.reduce ins(%max : tensor<1x2x2x2xf32>) outs(%none : tensor<1x2xf32>) dimensions = [1, 2]
    (%in: f32, %acc: f32) {
      %a = arith.addf %acc, %in : f32
      linalg.yield %a : f32
    }
  %mean = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%sum : tensor<1x2xf32>) outs(%s : tensor<1x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %p = arith.mulf %in, %quarter : f32
    linalg.yield %p : f32
  } -> tensor<1x2xf32>
  %z = linalg.matmul ins(%mean, %v : tensor<1x2xf32>, tensor<2x2xf32>) outs(%none : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %z : tensor<1x2xf32>
}

// -----

// The depthwise weight uses the channels of one region and makes those of the next: factors 1/16 and 16, then 1/4 and 4.
// CHECK-LABEL: func.func @a_depthwise_convolution_stands_between_two_regions
// CHECK: arith.constant dense<{{\[\[}}1.600000e+01, 0.000000e+00], [0.000000e+00, 1.600000e+01]]> : tensor<2x2xf32>
// CHECK: arith.constant dense<2.500000e-01> : tensor<1x1x2xf32>
// CHECK: arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
func.func @a_depthwise_convolution_stands_between_two_regions(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[256.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %d = arith.constant dense<[[[0.0625, 1.0]]]> : tensor<1x1x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %image = tensor.expand_shape %y [[0, 1, 2], [3]] output_shape [1, 2, 2, 2] : tensor<4x2xf32> into tensor<1x2x2x2xf32>
  %i = tensor.empty() : tensor<1x2x2x2xf32>
  %none = linalg.fill ins(%zero : f32) outs(%i : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %dw = linalg.depthwise_conv_2d_nhwc_hwc ins(%image, %d : tensor<1x2x2x2xf32>, tensor<1x1x2xf32>) outs(%none : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %flat = tensor.collapse_shape %dw [[0, 1, 2], [3]] : tensor<1x2x2x2xf32> into tensor<4x2xf32>
  %z = linalg.matmul ins(%flat, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}

// -----

// Each half of the concat keeps its own channels, and the constant that joins them takes the factors of its columns.
// CHECK-LABEL: func.func @a_concat_with_a_constant_and_a_slice_and_a_transpose_pass_factors_on
// CHECK: arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK: arith.constant dense<{{\[\[}}2.000000e+00, 1.200000e+01]]> : tensor<1x2xf32>
// CHECK: tensor.concat
// CHECK: arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
func.func @a_concat_with_a_constant_and_a_slice_and_a_transpose_pass_factors_on(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %row = arith.constant dense<[[8.0, 3.0]]> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %joined = tensor.concat dim(0) %y, %row : (tensor<4x2xf32>, tensor<1x2xf32>) -> tensor<5x2xf32>
  %slice = tensor.extract_slice %joined[1, 0] [4, 2] [1, 1] : tensor<5x2xf32> to tensor<4x2xf32>
  %t = tensor.empty() : tensor<2x4xf32>
  %turned = linalg.transpose ins(%slice : tensor<4x2xf32>) outs(%t : tensor<2x4xf32>) permutation = [1, 0]
  %z = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%turned, %v : tensor<2x4xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}
