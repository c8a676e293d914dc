// An edge that a contraction of precision i16 reads holds 16 bits; a contraction of 8 bits that reads it too rounds once more.
// RUN: quant-opt %s --qnn-insert-qdq --qnn-verify-qdq | FileCheck %s
// RUN: quant-opt %s --qnn-insert-qdq="activation-type=i8" --qnn-verify-qdq | FileCheck %s --check-prefix=SIGNED

#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>

// CHECK-LABEL: @one_of_two_readers_is_wide
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x4xf32>
// CHECK: %[[Q:.*]] = quant.qcast %[[X]] : tensor<1x4xf32> to tensor<1x4x!quant.uniform<u16:f32, 6.1{{.*}}:16384>>
// CHECK: %[[D:.*]] = quant.dcast %[[Q]]
// CHECK: linalg.generic {{.*}} ins(%[[D]], %{{.*}} : tensor<1x4xf32>, tensor<2x4xf32>)
// CHECK: %[[NQ:.*]] = quant.qcast %[[D]] : tensor<1x4xf32> to tensor<1x4x!quant.uniform<u8:f32, 0.015686{{.*}}:64>>
// CHECK: %[[ND:.*]] = quant.dcast %[[NQ]]
// CHECK: linalg.generic {{.*}} ins(%[[ND]], %{{.*}} : tensor<1x4xf32>, tensor<2x4xf32>)
// SIGNED: !quant.uniform<i16:f32, 6.1{{.*}}:-16384>
// SIGNED: !quant.uniform<i8:f32, 0.015686{{.*}}:-64>
func.func @one_of_two_readers_is_wide(%x: tensor<1x4xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %r = qnn.range %x [-1.0], [3.0] method "minmax" : tensor<1x4xf32>
  %w = arith.constant dense<[[1.0, -2.0, 3.0, 4.0], [5.0, 6.0, -7.0, 8.0]]> : tensor<2x4xf32>
  %v = arith.constant dense<[[2.0, -2.0, 3.0, 4.0], [5.0, 6.0, -7.0, 8.0]]> : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"], qnn.precision = "i16"}
      ins(%r, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %z = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%r, %v : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %y, %z : tensor<1x2xf32>, tensor<1x2xf32>
}

// CHECK-LABEL: @edges_between_wide_contractions_are_wide
// CHECK-COUNT-2: quant.qcast {{.*}}!quant.uniform<u16
// CHECK: return
func.func @edges_between_wide_contractions_are_wide(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %r = qnn.range %x [-1.0], [3.0] method "minmax" : tensor<1x4xf32>
  %w = arith.constant dense<[[1.0, -2.0, 3.0, 4.0], [5.0, 6.0, -7.0, 8.0]]> : tensor<2x4xf32>
  %v = arith.constant dense<[[2.0, -2.0], [5.0, 6.0]]> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"], qnn.precision = "i16"}
      ins(%r, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %t = qnn.range %y [-1.0], [3.0] method "minmax" : tensor<1x2xf32>
  %z = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"], qnn.precision = "i16"}
      ins(%t, %v : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %z : tensor<1x2xf32>
}
