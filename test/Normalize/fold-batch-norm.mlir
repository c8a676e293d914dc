// RUN: quant-opt --qnn-fold-batch-norm --split-input-file %s | FileCheck %s

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (n)>

// y * a + b: the weights [[1, 2], [3, 4]] become [[0.5, 1], [6, 8]].
// CHECK-LABEL: func.func @a_batch_norm_scales_the_weights_and_leaves_its_shift
// CHECK: %[[W:.+]] = arith.constant dense<{{\[\[}}5.000000e-01, 1.000000e+00], [6.000000e+00, 8.000000e+00]]>
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} ins(%{{.+}}, %[[W]] :
// CHECK: %[[B:.+]] = arith.constant dense<[2.500000e-01, -1.000000e+00]>
// CHECK: %[[R:.+]] = linalg.generic {{.*}} ins(%[[Y]], %[[B]] :
// CHECK-NOT: arith.mulf
// CHECK: return %[[R]]
func.func @a_batch_norm_scales_the_weights_and_leaves_its_shift(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %a = arith.constant dense<[0.5, 2.0]> : tensor<2xf32>
  %b = arith.constant dense<[0.25, -1.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %bn = linalg.generic {indexing_maps = [#id, #row, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %a, %b : tensor<4x2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %ain: f32, %bin: f32, %out: f32):
    %p = arith.mulf %in, %ain : f32
    %s = arith.addf %p, %bin : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  return %bn : tensor<4x2xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (n)>

// ((y + 1 - mean) / sqrt(var)) * 2 with mean [1, 3], var [4, 16]: weights [[1, 2], [3, 4]] times [1, 0.5], shift [0, -1].
// CHECK-LABEL: func.func @any_spelling_in_any_number_of_operations_is_one_function
// CHECK: %[[W:.+]] = arith.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [1.500000e+00, 2.000000e+00]]>
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} ins(%{{.+}}, %[[W]] :
// CHECK: %[[B:.+]] = arith.constant dense<[0.000000e+00, -1.000000e+00]>
// CHECK: %[[R:.+]] = linalg.generic {{.*}} ins(%[[Y]], %[[B]] :
// CHECK: return %[[R]]
func.func @any_spelling_in_any_number_of_operations_is_one_function(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %mean = arith.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %var = arith.constant dense<[4.0, 16.0]> : tensor<2xf32>
  %two = arith.constant 2.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %bias = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %one : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %centred = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%bias, %mean : tensor<4x2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %m: f32, %out: f32):
    %s = arith.subf %in, %m : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %bn = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%centred, %var : tensor<4x2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %v: f32, %out: f32):
    %root = math.sqrt %v : f32
    %d = arith.divf %in, %root : f32
    %s = arith.mulf %two, %d : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  return %bn : tensor<4x2xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (n)>

// (x * [2, 0.5] + [1, 0]) by [[1, 2], [3, 4]]: weights [[2, 1], [6, 2]], bias [1, 3].
// CHECK-LABEL: func.func @a_function_of_the_input_channels_moves_into_weights_and_bias
// CHECK-SAME: %[[X:.+]]: tensor<4x2xf32>)
// CHECK: %[[W:.+]] = arith.constant dense<{{\[\[}}2.000000e+00, 1.000000e+00], [6.000000e+00, 2.000000e+00]]>
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} ins(%[[X]], %[[W]] :
// CHECK: %[[B:.+]] = arith.constant dense<[1.000000e+00, 3.000000e+00]>
// CHECK: %[[R:.+]] = linalg.generic {{.*}} ins(%[[Y]], %[[B]] :
// CHECK: return %[[R]]
func.func @a_function_of_the_input_channels_moves_into_weights_and_bias(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %a = arith.constant dense<[2.0, 0.5]> : tensor<2xf32>
  %b = arith.constant dense<[1.0, 0.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %scaled = linalg.generic {indexing_maps = [#id, #row, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %a, %b : tensor<4x2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %ain: f32, %bin: f32, %out: f32):
    %p = arith.mulf %in, %ain : f32
    %s = arith.addf %p, %bin : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%scaled, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
