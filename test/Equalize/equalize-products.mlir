// Factors through products of two activations: they cancel each other's along the sum, or one gives its own to the result.
// RUN: quant-opt %s --qnn-equalize | FileCheck %s

#a = affine_map<(i, j, k) -> (i, k)>
#b = affine_map<(i, j, k) -> (j, k)>
#c = affine_map<(i, j, k) -> (i, j)>
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// Each matrix is 16 in one of the channels that both have, 1 in the other: factors of 4 and 1/4 against each other.
// CHECK-LABEL: func @queries_and_keys_cancel_each_others_factors
// CHECK: dense<{{\[}}[4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
// CHECK: dense<{{\[}}[4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
func.func @queries_and_keys_cancel_each_others_factors(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %wq = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %wk = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %q = linalg.matmul ins(%x, %wq : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  %k = linalg.matmul ins(%x, %wk : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  %y = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) {
  ^bb0(%l: f32, %r: f32, %o: f32):
    %m = arith.mulf %l, %r : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// The values' channels go through the product with the shares and through the division by their sum.
// CHECK-LABEL: func @values_give_their_factors_to_what_is_made_of_them
// CHECK: dense<4.000000e+00>
// CHECK: dense<4.000000e+00>
func.func @values_give_their_factors_to_what_is_made_of_them(%x: tensor<2x2xf32>, %p: tensor<2x2xf32>, %s: tensor<2xf32>)
    -> tensor<2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %wv = arith.constant dense<[[16.0, 1.0], [16.0, 1.0]]> : tensor<2x2xf32>
  %wo = arith.constant dense<[[1.0, 1.0], [16.0, 16.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %v = linalg.matmul ins(%x, %wv : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  %y = linalg.matmul ins(%p, %v : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  %d = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %s : tensor<2x2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%l: f32, %r: f32, %o: f32):
    %m = arith.divf %l, %r : f32
    linalg.yield %m : f32
  } -> tensor<2x2xf32>
  %z = linalg.matmul ins(%d, %wo : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}

// A constant that multiplies is a weight of one element for each channel.
// CHECK-LABEL: func @a_constant_factor_takes_the_quotient
// CHECK: dense<4.000000e+00>
// CHECK: dense<4.000000e+00>
func.func @a_constant_factor_takes_the_quotient(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %gamma = arith.constant dense<[16.0, 1.0]> : tensor<2xf32>
  %w = arith.constant dense<[[1.0, 1.0], [16.0, 16.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %n = linalg.exp ins(%x : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %g = linalg.generic {indexing_maps = [#id, affine_map<(i, j) -> (j)>, #id], iterator_types = ["parallel", "parallel"]}
      ins(%n, %gamma : tensor<2x2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%l: f32, %r: f32, %o: f32):
    %m = arith.mulf %l, %r : f32
    linalg.yield %m : f32
  } -> tensor<2x2xf32>
  %z = linalg.matmul ins(%g, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}
