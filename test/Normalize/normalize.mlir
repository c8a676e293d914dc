// RUN: quant-opt --qnn-normalize %s | FileCheck %s

// A padded convolution, its batch norm as importers write it, a relu by selection, a residual addition and a global average
// pooling come out channels-last with one transpose, at the input.

#pad = affine_map<(n, oc, oh, ow, ic, kh, kw) -> (n, ic, oh + kh, ow + kw)>
#weights = affine_map<(n, oc, oh, ow, ic, kh, kw) -> (oc, ic, kh, kw)>
#result = affine_map<(n, oc, oh, ow, ic, kh, kw) -> (n, oc, oh, ow)>
#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>
#pooled = affine_map<(n, c, h, w) -> (n, c)>

// CHECK-DAG: #[[DATA:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d4, d2 + d5, d6)>
// CHECK-DAG: #[[WEIGHTS:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>
// CHECK-DAG: #[[RESULT:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[CHANNEL:.+]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-DAG: #[[SUMIN:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>
// CHECK-LABEL: func.func @a_residual_block_has_one_transpose_at_the_input
// CHECK-SAME: (%[[X:.+]]: tensor<1x2x4x4xf32>
// CHECK: %[[T:.+]] = linalg.transpose ins(%[[X]]
// CHECK-SAME: permutation = [0, 2, 3, 1]
// CHECK: %[[PAD:.+]] = tensor.pad %[[T]] low[0, 1, 1, 0] high[0, 1, 1, 0]
// CHECK: %[[CONV:.+]] = linalg.generic {indexing_maps = [#[[DATA]], #[[WEIGHTS]], #[[RESULT]]], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%[[PAD]], %{{.*}} : tensor<1x6x6x2xf32>, tensor<2x3x3x2xf32>) outs({{.*}} : tensor<1x4x4x2xf32>)
// CHECK: %[[BIAS:.+]] = linalg.generic {indexing_maps = [#[[ID]], #[[CHANNEL]], #[[ID]]]{{.*}} ins(%[[CONV]], %{{.*}} : tensor<1x4x4x2xf32>, tensor<2xf32>)
// CHECK: arith.addf
// CHECK: %[[RELU:.+]] = linalg.generic {{.*}} ins(%[[BIAS]] : tensor<1x4x4x2xf32>)
// CHECK: %[[Z:.+]] = arith.constant 0.0
// CHECK: arith.maximumf %in, %[[Z]]
// CHECK: %[[ADD:.+]] = linalg.generic {{.*}} ins(%[[RELU]], %[[T]] : tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>)
// CHECK-NOT: linalg.transpose
// CHECK: %[[SUM:.+]] = linalg.generic {indexing_maps = [#[[SUMIN]], {{.*}} ins(%[[ADD]] : tensor<1x4x4x2xf32>) outs({{.*}} : tensor<1x2xf32>)
// CHECK: return %[[SUM]]
func.func @a_residual_block_has_one_transpose_at_the_input(%x: tensor<1x2x4x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense_resource<w> : tensor<2x2x3x3xf32>
  %bias = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %a = arith.constant dense<[0.5, 2.0]> : tensor<2xf32>
  %b = arith.constant dense<[0.25, -1.0]> : tensor<2xf32>
  %padded = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x2x4x4xf32> to tensor<1x2x6x6xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %init = linalg.generic {indexing_maps = [#channel, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%bias : tensor<2xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<1x2x4x4xf32>
  %conv = linalg.generic {indexing_maps = [#pad, #weights, #result], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%padded, %w : tensor<1x2x6x6xf32>, tensor<2x2x3x3xf32>) outs(%init : tensor<1x2x4x4xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  %bn = linalg.generic {indexing_maps = [#id, #channel, #channel, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%conv, %a, %b : tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%in: f32, %ain: f32, %bin: f32, %out: f32):
    %p = arith.mulf %in, %ain : f32
    %s = arith.addf %p, %bin : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  %relu = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%bn : tensor<1x2x4x4xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ugt, %in, %zero : f32
    %s = arith.select %c, %in, %zero : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  %add = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%relu, %x : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%in: f32, %other: f32, %out: f32):
    %s = arith.addf %in, %other : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %sum = linalg.generic {indexing_maps = [#id, #pooled], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%add : tensor<1x2x4x4xf32>) outs(%fill : tensor<1x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %out, %in : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %sum : tensor<1x2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      w: "0x04000000000040C0000000C0000080BF000000000000803F0000004000004040000040C0000000C0000080BF000000000000803F0000004000004040000040C0000000C0000080BF000000000000803F0000004000004040000040C0000000C0000080BF000000000000803F0000004000004040000040C0000000C0000080BF000000000000803F0000004000004040000040C0"
    }
  }
#-}
