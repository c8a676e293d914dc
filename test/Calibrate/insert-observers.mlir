// RUN: quant-opt %s --qnn-insert-observers | FileCheck %s
// RUN: quant-opt %s --qnn-insert-observers --qnn-insert-observers | FileCheck %s --check-prefix=TWICE

// CHECK-LABEL: func @both_operands_of_a_contraction_are_observed
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x4xf32> {{.*}}, %[[Y:[a-z0-9]+]]: tensor<4x2xf32>
// CHECK-DAG: %[[OX:.*]] = qnn.observe %[[X]] as "x" : tensor<1x4xf32>
// CHECK-DAG: %[[OY:.*]] = qnn.observe %[[Y]] as "y" : tensor<4x2xf32>
// CHECK: linalg.matmul ins(%[[OX]], %[[OY]] :
// TWICE-LABEL: func @both_operands_of_a_contraction_are_observed
// TWICE-COUNT-2: qnn.observe
// TWICE-NOT: qnn.observe
// TWICE-LABEL: func @weights
func.func @both_operands_of_a_contraction_are_observed(%x: tensor<1x4xf32> {qnn.name = "x"}, %y: tensor<4x2xf32> {qnn.name = "y"}) -> tensor<1x2xf32> {
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.matmul ins(%x, %y : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  return %r : tensor<1x2xf32>
}

// CHECK-LABEL: func @weights_and_stated_ranges_are_not_observed
// CHECK-NOT: qnn.range
// CHECK: qnn.observe %{{.*}} as "x"
// CHECK-NOT: qnn.observe
// CHECK: return
func.func @weights_and_stated_ranges_are_not_observed(%x: tensor<1x4xf32> {qnn.name = "x"}) -> tensor<1x2xf32> {
  %w = arith.constant dense<1.0> : tensor<4x2xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %s = qnn.range %x [-1.0], [3.0] method "min-max" : tensor<1x4xf32>
  %r = linalg.matmul ins(%s, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  return %r : tensor<1x2xf32>
}

// CHECK-LABEL: func @a_chain_is_observed_at_its_end
// CHECK: linalg.matmul
// CHECK-NOT: qnn.observe
// CHECK: arith.maximumf
// CHECK: %[[H:.*]] = qnn.observe %{{.*}} as "relu" : tensor<1x4xf32>
// CHECK: linalg.matmul ins(%[[H]],
#id = affine_map<(i, j) -> (i, j)>
func.func @a_chain_is_observed_at_its_end(%x: tensor<1x4xf32> {qnn.name = "x"}) -> tensor<1x4xf32> {
  %w = arith.constant dense<1.0> : tensor<4x4xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %m = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<1x4xf32>) -> tensor<1x4xf32> loc("fc1")
  %h = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%m : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %z = arith.constant 0.0 : f32
    %s = arith.maximumf %a, %z : f32
    linalg.yield %s : f32
  } -> tensor<1x4xf32> loc("relu")
  %r = linalg.matmul ins(%h, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<1x4xf32>) -> tensor<1x4xf32> loc("fc2")
  return %r : tensor<1x4xf32>
}
