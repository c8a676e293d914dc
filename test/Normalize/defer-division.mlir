// A softmax is divided by its sum behind the product that reads it, and only a softmax.
// RUN: quant-opt %s --qnn-defer-division | FileCheck %s

#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#row = affine_map<(d0, d1, d2) -> (d0, d1)>
#p = affine_map<(b, q, n, k) -> (b, q, k)>
#v = affine_map<(b, q, n, k) -> (b, k, n)>
#y = affine_map<(b, q, n, k) -> (b, q, n)>

// CHECK-LABEL: func @attention_divides_its_result
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x8x8xf32>, %[[V:[^:]*]]: tensor<2x8x4xf32>
// CHECK: %[[EXP:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<2x8x8xf32>) outs(%{{.*}} : tensor<2x8x8xf32>)
// CHECK: math.exp
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[EXP]] : tensor<2x8x8xf32>)
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%[[EXP]], %[[V]] :
// CHECK: %[[Y:.*]] = linalg.generic {indexing_maps = [#[[ID:.*]], #[[ROW:.*]], #[[ID]]]{{.*}} ins(%[[S]], %{{.*}} : tensor<2x8x4xf32>, tensor<2x8xf32>)
// CHECK: arith.divf
// CHECK: return %[[Y]]
func.func @attention_divides_its_result(%x: tensor<2x8x8xf32>, %v: tensor<2x8x4xf32>) -> tensor<2x8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<2x8x8xf32>
  %r = tensor.empty() : tensor<2x8xf32>
  %o = tensor.empty() : tensor<2x8x4xf32>
  %lows = linalg.fill ins(%low : f32) outs(%r : tensor<2x8xf32>) -> tensor<2x8xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%r : tensor<2x8xf32>) -> tensor<2x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%o : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %max = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<2x8x8xf32>) outs(%lows : tensor<2x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.maximumf %b, %a : f32
    linalg.yield %s : f32
  } -> tensor<2x8xf32>
  %sub = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %max : tensor<2x8x8xf32>, tensor<2x8xf32>) outs(%e : tensor<2x8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %s = arith.subf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<2x8x8xf32>
  %exp = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%sub : tensor<2x8x8xf32>) outs(%e : tensor<2x8x8xf32>) {
  ^bb0(%a: f32, %c: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<2x8x8xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%exp : tensor<2x8x8xf32>) outs(%zeros : tensor<2x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %b, %a : f32
    linalg.yield %s : f32
  } -> tensor<2x8xf32>
  // The dimension of extent 1 that a softmax keeps and drops.
  %kept = tensor.expand_shape %sum [[0], [1, 2]] output_shape [2, 8, 1] : tensor<2x8xf32> into tensor<2x8x1xf32>
  %dropped = tensor.collapse_shape %kept [[0], [1, 2]] : tensor<2x8x1xf32> into tensor<2x8xf32>
  %div = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%exp, %dropped : tensor<2x8x8xf32>, tensor<2x8xf32>) outs(%e : tensor<2x8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %s = arith.divf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<2x8x8xf32>
  %y = linalg.generic {indexing_maps = [#p, #v, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%div, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32>) outs(%f : tensor<2x8x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}

// Rows of anything but exp(x - max(x)) may differ in size by any factor, which the division takes out.
// CHECK-LABEL: func @other_shares_are_divided_before_the_product
// CHECK: %[[P:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x8x8xf32>, tensor<2x8xf32>)
// CHECK: arith.divf
// CHECK: linalg.generic {{.*}} ins(%[[P]], %{{.*}} : tensor<2x8x8xf32>, tensor<2x8x4xf32>)
// CHECK-NOT: arith.divf
func.func @other_shares_are_divided_before_the_product(%x: tensor<2x8x8xf32>, %v: tensor<2x8x4xf32>) -> tensor<2x8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x8x8xf32>
  %r = tensor.empty() : tensor<2x8xf32>
  %o = tensor.empty() : tensor<2x8x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%r : tensor<2x8xf32>) -> tensor<2x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%o : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<2x8x8xf32>) outs(%zeros : tensor<2x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %b, %a : f32
    linalg.yield %s : f32
  } -> tensor<2x8xf32>
  %div = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %sum : tensor<2x8x8xf32>, tensor<2x8xf32>) outs(%e : tensor<2x8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %s = arith.divf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<2x8x8xf32>
  %y = linalg.generic {indexing_maps = [#p, #v, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%div, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32>) outs(%f : tensor<2x8x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}
