// RUN: quant-opt --qnn-verify-normalized --split-input-file --verify-diagnostics %s

func.func @a_named_operation_is_refused(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %z: tensor<4x16xf32>) -> tensor<4x16xf32> {
  // expected-error @below {{'linalg.matmul' op is not in the Normalized form: expected linalg.generic, fill or transpose}}
  // expected-note @below {{--qnn-generalize should have changed it}}
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%z : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

#x = affine_map<(m, k) -> (m, k)>
#y = affine_map<(m, k) -> (m)>
func.func @a_sum_with_a_bias_inside_is_refused(%x: tensor<4x8xf32>, %bias: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected a sum that starts from a zero fill}}
  // expected-note @below {{--qnn-split-bias should have changed it}}
  %y = linalg.generic {indexing_maps = [#x, #y], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%bias : tensor<4xf32>) {
  ^bb0(%a: f32, %out: f32):
    %s = arith.addf %out, %a : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

#x = affine_map<(n, c, ow, kw) -> (n, c, ow + kw)>
#window = affine_map<(n, c, ow, kw) -> (kw)>
#y = affine_map<(n, c, ow, kw) -> (n, c, ow)>
func.func @a_pooling_with_channels_first_is_refused(%x: tensor<1x4x8xf32>, %z: tensor<1x4x6xf32>) -> tensor<1x4x6xf32> {
  %window = tensor.empty() : tensor<3xf32>
  // expected-error @below {{expected a channels-last convolution or pooling}}
  // expected-note @below {{--qnn-channels-last should have changed it}}
  %y = linalg.generic {indexing_maps = [#x, #window, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %window : tensor<1x4x8xf32>, tensor<3xf32>) outs(%z : tensor<1x4x6xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %s = arith.maximumf %out, %a : f32
    linalg.yield %s : f32
  } -> tensor<1x4x6xf32>
  return %y : tensor<1x4x6xf32>
}

// -----

func.func @a_transpose_of_a_transpose_is_refused(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<8x4xf32>
  %e2 = tensor.empty() : tensor<4x8xf32>
  %a = linalg.transpose ins(%x : tensor<4x8xf32>) outs(%e : tensor<8x4xf32>) permutation = [1, 0]
  // expected-error @below {{expected no transpose of a transpose}}
  // expected-note @below {{--qnn-cancel-transposes should have changed it}}
  %b = linalg.transpose ins(%a : tensor<8x4xf32>) outs(%e2 : tensor<4x8xf32>) permutation = [1, 0]
  return %b : tensor<4x8xf32>
}

// -----

func.func @a_transpose_of_a_constant_is_refused() -> tensor<2x1xf32> {
  %c = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<2x1xf32>
  // expected-error @below {{expected no transpose of a constant}}
  // expected-note @below {{--qnn-cancel-transposes should have changed it}}
  %b = linalg.transpose ins(%c : tensor<1x2xf32>) outs(%e : tensor<2x1xf32>) permutation = [1, 0]
  return %b : tensor<2x1xf32>
}

// -----

func.func @a_dynamic_shape_is_refused(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // expected-error @below {{expected statically shaped tensors, found 'tensor<?x8xf32>'}}
  %y = tensor.cast %x : tensor<?x8xf32> to tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
