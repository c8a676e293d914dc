// A matmul between casts becomes i8 x i8 -> i32 with its zero point and bias in the accumulator, and one requantize.
// RUN: quant-opt %s --qnn-integerize --qnn-verify-integer | FileCheck %s

#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>
#id = affine_map<(n, oc) -> (n, oc)>
#vec = affine_map<(n, oc) -> (oc)>

!x = !quant.uniform<u8:f32, 0.5:10>
!w = !quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>
!b = !quant.uniform<i32:f32:0, {0.25, 0.125}>
!y = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @a_matmul_with_bias_and_relu_becomes_one_sum_and_one_requantize
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x4xi8>
func.func @a_matmul_with_bias_and_relu_becomes_one_sum_and_one_requantize(%x: tensor<1x4xi8>) -> tensor<1x2xi8> {
  %xq = quant.scast %x : tensor<1x4xi8> to tensor<1x4x!x>
  %xf = quant.dcast %xq : tensor<1x4x!x> to tensor<1x4xf32>
  // CHECK: %[[W:.*]] = arith.constant dense<{{\[\[}}1, -2, 3, 4], [5, 6, -7, 8]]> : tensor<2x4xi8>
  %w = arith.constant dense<[[1, -2, 3, 4], [5, 6, -7, 8]]> : tensor<2x4xi8>
  %wq = quant.scast %w : tensor<2x4xi8> to tensor<2x4x!w>
  %wf = quant.dcast %wq : tensor<2x4x!w> to tensor<2x4xf32>
  // Bias less zero point times the sum of the weights: 100 - 10 * 6 and -7 - 10 * 12.
  // CHECK: %[[B:.*]] = arith.constant dense<[40, -127]> : tensor<2xi32>
  %b = arith.constant dense<[100, -7]> : tensor<2xi32>
  %bq = quant.scast %b : tensor<2xi32> to tensor<2x!b>
  %bf = quant.dcast %bq : tensor<2x!b> to tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  // CHECK: %[[INIT:.*]] = linalg.generic {{.*}} ins(%[[B]] : tensor<2xi32>)
  // 10 * 245 + 100 and 26 * 245 + 7: 255 is 245 from the zero point.
  // CHECK: %[[ACC:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[W]] : tensor<1x4xi8>, tensor<2x4xi8>) outs(%[[INIT]] : tensor<1x2xi32>) attrs = {{ *}}{qnn.certificate = array<i64: 2550, 6377>}
  // CHECK: arith.extui
  // CHECK: arith.extsi
  // CHECK: arith.muli
  // CHECK: arith.addi
  %c = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%xf, %wf : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a0: f32, %w0: f32, %c0: f32):
    %p = arith.mulf %a0, %w0 : f32
    %s = arith.addf %c0, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  // CHECK: %[[M:.*]] = arith.constant dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>
  // CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%[[ACC]], %[[M]] : tensor<1x2xi32>, tensor<2xf32>)
  // CHECK-NEXT: ^bb0(%[[C:.*]]: i32, %[[MC:.*]]: f32,
  // CHECK-NEXT: qnn.requantize %[[C]], %[[MC]] zero_point 3 clamp [3, 255] unsigned : i32, f32 -> i8
  %d = linalg.generic {indexing_maps = [#id, #vec, #id], iterator_types = ["parallel", "parallel"]}
      ins(%c, %bf : tensor<1x2xf32>, tensor<2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%c0: f32, %b0: f32, %o: f32):
    %s = arith.addf %c0, %b0 : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%d : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%c0: f32, %o: f32):
    %s = arith.maximumf %c0, %zero : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %yq = quant.qcast %r : tensor<1x2xf32> to tensor<1x2x!y>
  %y = quant.scast %yq : tensor<1x2x!y> to tensor<1x2xi8>
  // CHECK: return %[[Y]]
  return %y : tensor<1x2xi8>
}
