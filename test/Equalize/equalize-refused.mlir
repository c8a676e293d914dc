// What cannot take a factor keeps its scale, and so does all that is tied to it; a remark says why.
// RUN: quant-opt --qnn-equalize --split-input-file %s | FileCheck %s
// RUN: quant-opt --qnn-equalize --split-input-file %s --remarks-filter=qnn --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK-DAG: KeepsScale | Category:qnn | Reason="its 'math.tanh' is not positively homogeneous"
// REMARK-DAG: KeepsScale | Category:qnn | Reason="its result does not scale with its activations"
// REMARK-DAG: KeepsScale | Category:qnn | Reason="one of its constants is a factor and a summand at once"
// REMARK-DAG: KeepsScale | Category:qnn | Reason="it pads with a number other than zero"
// REMARK-DAG: KeepsScale | Category:qnn | Reason="it multiplies two activations, of which at most one can take factors"
// REMARK-DAG: KeepsScale | Category:qnn | Reason="which elements it moves depends on data"
// REMARK-DAG: KeepsScale | Category:qnn | Reason="operation 'linalg.pack' has no quantization model"
// REMARK-DAG: NotEqualized | Category:qnn | Reason="a factor would take a constant out of the range of f32"

#id = affine_map<(i, j) -> (i, j)>

// CHECK-LABEL: func.func @what_is_not_homogeneous_keeps_its_scale
// CHECK-COUNT-4: arith.constant dense<{{\[\[}}1.600000e+01, 0.000000e+00], [0.000000e+00, 1.000000e+00]]>
func.func @what_is_not_homogeneous_keeps_its_scale(%x: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>, tensor<5x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %w0 = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %w1 = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %w2 = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %w3 = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y0 = linalg.matmul ins(%x, %w0 : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %f0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y0 : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %t = math.tanh %in : f32
    linalg.yield %t : f32
  } -> tensor<4x2xf32>
  %z0 = linalg.matmul ins(%f0, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y1 = linalg.matmul ins(%x, %w1 : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %f1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y1 : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ogt, %in, %zero : f32
    %t = arith.select %c, %one, %zero : f32
    linalg.yield %t : f32
  } -> tensor<4x2xf32>
  %z1 = linalg.matmul ins(%f1, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y2 = linalg.matmul ins(%x, %w2 : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %f2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y2 : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %p = arith.mulf %in, %one : f32
    %t = arith.addf %p, %one : f32
    linalg.yield %t : f32
  } -> tensor<4x2xf32>
  %z2 = linalg.matmul ins(%f2, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y3 = linalg.matmul ins(%x, %w3 : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %f3 = tensor.pad %y3 low[1, 0] high[0, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %one : f32
  } : tensor<4x2xf32> to tensor<5x2xf32>
  %e5 = tensor.empty() : tensor<5x2xf32>
  %init5 = linalg.fill ins(%zero : f32) outs(%e5 : tensor<5x2xf32>) -> tensor<5x2xf32>
  %z3 = linalg.matmul ins(%f3, %v : tensor<5x2xf32>, tensor<2x2xf32>) outs(%init5 : tensor<5x2xf32>) -> tensor<5x2xf32>
  return %z0, %z1, %z2, %z3 : tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>, tensor<5x2xf32>
}

// -----

// CHECK-LABEL: func.func @a_product_of_activations_and_a_gather_and_an_unknown_operation_keep_their_scale
// CHECK-COUNT-2: arith.constant dense<{{\[\[}}1.600000e+01, 0.000000e+00], [0.000000e+00, 1.000000e+00]]>
func.func @a_product_of_activations_and_a_gather_and_an_unknown_operation_keep_their_scale(%x: tensor<2x2xf32>, %i: tensor<2x2xindex>)
    -> (tensor<2x2xf32>, tensor<1x1x2x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %w0 = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %w1 = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %y0 = linalg.matmul ins(%x, %w0 : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  %y1 = linalg.matmul ins(%x, %w1 : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%i : tensor<2x2xindex>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%in: index, %out: f32):
    %j = linalg.index 1 : index
    %t = tensor.extract %y1[%in, %j] : tensor<2x2xf32>
    linalg.yield %t : f32
  } -> tensor<2x2xf32>
  %z = linalg.matmul ins(%y0, %g : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  %d = tensor.empty() : tensor<1x1x2x2xf32>
  %pack = linalg.pack %z inner_dims_pos = [0, 1] inner_tiles = [2, 2] into %d : tensor<2x2xf32> -> tensor<1x1x2x2xf32>
  return %z, %pack : tensor<2x2xf32>, tensor<1x1x2x2xf32>
}

// -----

// CHECK-LABEL: func.func @a_constant_at_the_end_of_f32_is_not_taken_beyond_it
// CHECK: arith.constant dense<{{\[\[}}1.600000e+01, 0.000000e+00], [0.000000e+00, 1.000000e+00]]>
func.func @a_constant_at_the_end_of_f32_is_not_taken_beyond_it(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[0.0, 3.0e38]> : tensor<2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%y, %b : tensor<4x2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %bin: f32, %out: f32):
    %t = arith.addf %in, %bin : f32
    linalg.yield %t : f32
  } -> tensor<4x2xf32>
  %z = linalg.matmul ins(%s, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}
