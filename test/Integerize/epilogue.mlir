// A residual addition and an activation that is no clamp stay f32 inside the one region of the epilogue.
// RUN: quant-opt %s --qnn-integerize --qnn-verify-integer | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
!x = !quant.uniform<u8:f32, 0.5:10>
!w = !quant.uniform<i8<-127:127>:f32, 0.5>
!r = !quant.uniform<i8:f32, 0.125:-3>
!y = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @a_residual_addition_is_dequantized_in_the_region
// CHECK-SAME: %{{.*}}: tensor<4x4xi8>, %[[R:.*]]: tensor<4x4xi8>
// CHECK: linalg.fill ins(%c-80_i32
// CHECK: %[[ACC:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<4x4xi32>)
// CHECK: linalg.generic {{.*}} ins(%[[ACC]], %[[R]] : tensor<4x4xi32>, tensor<4x4xi8>)
// CHECK-DAG: %[[A:.*]] = qnn.dequantize %{{.*}} zero_point 0 : i32, f32 -> f32
// CHECK-DAG: %[[B:.*]] = qnn.dequantize %{{.*}} zero_point -3 : i8, f32 -> f32
// CHECK: %[[S:.*]] = arith.addf %[[A]], %[[B]]
// CHECK: qnn.quantize %[[S]], %{{.*}} zero_point 3 clamp [3, 15] unsigned
func.func @a_residual_addition_is_dequantized_in_the_region(%x: tensor<4x4xi8>, %r: tensor<4x4xi8>) -> tensor<4x4xi8> {
  %xq = quant.scast %x : tensor<4x4xi8> to tensor<4x4x!x>
  %xf = quant.dcast %xq : tensor<4x4x!x> to tensor<4x4xf32>
  %rq = quant.scast %r : tensor<4x4xi8> to tensor<4x4x!r>
  %rf = quant.dcast %rq : tensor<4x4x!r> to tensor<4x4xf32>
  %w = arith.constant dense<2> : tensor<4x4xi8>
  %wq = quant.scast %w : tensor<4x4xi8> to tensor<4x4x!w>
  %wf = quant.dcast %wq : tensor<4x4x!w> to tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%xf, %wf : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = linalg.add ins(%0, %rf : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %l = arith.maximumf %i, %zero : f32
    %h = arith.minimumf %l, %six : f32
    linalg.yield %h : f32
  } -> tensor<4x4xf32>
  %yq = quant.qcast %2 : tensor<4x4xf32> to tensor<4x4x!y>
  %y = quant.scast %yq : tensor<4x4x!y> to tensor<4x4xi8>
  return %y : tensor<4x4xi8>
}

// Two activations keep their zero points in the body.
// CHECK-LABEL: @two_activations_keep_their_zero_points
// CHECK: linalg.fill ins(%c0_i32
// CHECK: %[[L:.*]] = arith.extui
// CHECK: arith.subi %[[L]], %c10_i32
// CHECK: %[[M:.*]] = arith.extsi
// CHECK: arith.subi %[[M]], %c-3_i32
// CHECK: qnn.dequantize %{{.*}} zero_point 0 : i32, f32 -> f32
func.func @two_activations_keep_their_zero_points(%x: tensor<4x4xi8>, %r: tensor<4x4xi8>) -> tensor<4x4xf32> {
  %xq = quant.scast %x : tensor<4x4xi8> to tensor<4x4x!x>
  %xf = quant.dcast %xq : tensor<4x4x!x> to tensor<4x4xf32>
  %rq = quant.scast %r : tensor<4x4xi8> to tensor<4x4x!r>
  %rf = quant.dcast %rq : tensor<4x4x!r> to tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%xf, %rf : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// A sum's zero point is folded once for each element: -10 * 4.
// CHECK-LABEL: @a_mean_is_an_integer_sum
// CHECK: linalg.fill ins(%c-40_i32
// CHECK: linalg.generic {{.*}} attrs = {{ *}}{qnn.certificate = array<i64: 980>}
// CHECK: qnn.dequantize %{{.*}} zero_point 0 : i32, f32 -> f32
// CHECK: arith.divf
// CHECK: qnn.quantize
func.func @a_mean_is_an_integer_sum(%x: tensor<4x4xi8>) -> tensor<4xi8> {
  %xq = quant.scast %x : tensor<4x4xi8> to tensor<4x4x!x>
  %xf = quant.dcast %xq : tensor<4x4x!x> to tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %four = arith.constant 4.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.reduce {arith.addf} ins(%xf : tensor<4x4xf32>) outs(%f : tensor<4xf32>) dimensions = [1]
  %1 = linalg.generic {indexing_maps = [affine_map<(d) -> (d)>, affine_map<(d) -> (d)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %d = arith.divf %i, %four : f32
    linalg.yield %d : f32
  } -> tensor<4xf32>
  %yq = quant.qcast %1 : tensor<4xf32> to tensor<4x!y>
  %y = quant.scast %yq : tensor<4x!y> to tensor<4xi8>
  return %y : tensor<4xi8>
}

// What is read in f32 is dequantized from the sum itself.
// CHECK-LABEL: @a_last_mean_is_an_integer_sum_and_writes_floats
// CHECK: linalg.fill ins(%c-40_i32
// CHECK: linalg.generic {{.*}} attrs = {{ *}}{qnn.certificate = array<i64: 980>}
// CHECK: qnn.dequantize %{{.*}} zero_point 0 : i32, f32 -> f32
// CHECK-NEXT: arith.divf
// CHECK-NEXT: linalg.yield
// CHECK-NEXT: } -> tensor<4xf32>
// CHECK-NEXT: return
func.func @a_last_mean_is_an_integer_sum_and_writes_floats(%x: tensor<4x4xi8>) -> tensor<4xf32> {
  %xq = quant.scast %x : tensor<4x4xi8> to tensor<4x4x!x>
  %xf = quant.dcast %xq : tensor<4x4x!x> to tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %four = arith.constant 4.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.reduce {arith.addf} ins(%xf : tensor<4x4xf32>) outs(%f : tensor<4xf32>) dimensions = [1]
  %1 = linalg.generic {indexing_maps = [affine_map<(d) -> (d)>, affine_map<(d) -> (d)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %d = arith.divf %i, %four : f32
    linalg.yield %d : f32
  } -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
