// Edges get a pair, weights are stored as i8 per channel, and the result of the last contraction stays f32.
// RUN: quant-opt %s --qnn-insert-qdq --qnn-verify-qdq | FileCheck %s

#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>
#id = affine_map<(n, oc) -> (n, oc)>
#vec = affine_map<(n, oc) -> (oc)>

// CHECK-LABEL: @an_edge_gets_a_pair_and_a_weight_a_scale_for_each_channel
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x4xf32>
func.func @an_edge_gets_a_pair_and_a_weight_a_scale_for_each_channel(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  // CHECK: %[[Q:.*]] = quant.qcast %[[X]] : tensor<1x4xf32> to tensor<1x4x!quant.uniform<u8:f32, 0.015686275437474251:64>>
  // CHECK: %[[D:.*]] = quant.dcast %[[Q]]
  %r = qnn.range %x [-1.0], [3.0] method "minmax" : tensor<1x4xf32>
  %w = arith.constant dense<[[1.27, -0.635, 0.0, 0.01], [-12.7, 0.1, 0.2, 0.3]]> : tensor<2x4xf32>
  %b = arith.constant dense<[0.5, -0.5]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  // CHECK: %[[WI:.*]] = arith.constant dense<{{\[\[}}127, -64, 0, 1], [-127, 1, 2, 3]]> : tensor<2x4xi8>
  // CHECK: %[[WQ:.*]] = quant.scast %[[WI]] : tensor<2x4xi8> to tensor<2x4x!quant.uniform<i8<-127:127>:f32:0, {{.*}}>>
  // CHECK: %[[W:.*]] = quant.dcast %[[WQ]]
  // CHECK: linalg.generic {{.*}} ins(%[[D]], %[[W]] :
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%r, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a0: f32, %w0: f32, %c: f32):
    %p = arith.mulf %a0, %w0 : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  // CHECK: %[[Y:.*]] = linalg.generic
  // CHECK: arith.addf
  // CHECK-NOT: quant.qcast
  %z = linalg.generic {indexing_maps = [#id, #vec, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %b : tensor<1x2xf32>, tensor<2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%c: f32, %b0: f32, %o: f32):
    %s = arith.addf %c, %b0 : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  // CHECK: return %[[Y]]
  return %z : tensor<1x2xf32>
}
