// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(qnn-decompose-data-movement))" | FileCheck %s

// CHECK-LABEL: @a_pad_is_a_fill_and_an_insertion
// CHECK: %[[E:.*]] = tensor.empty() : tensor<6xf32>
// CHECK: %[[F:.*]] = linalg.fill {qnn.overwritten = array<i64: 1, 4>} ins(%{{.*}} : f32) outs(%[[E]] : tensor<6xf32>)
// CHECK: tensor.insert_slice %{{.*}} into %[[F]][1] [4] [1]
func.func @a_pad_is_a_fill_and_an_insertion(%x: tensor<4xf32>) -> tensor<6xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<4xf32> to tensor<6xf32>
  return %p : tensor<6xf32>
}

// CHECK-LABEL: @a_concat_is_insertions_into_one_tensor
// CHECK: %[[A:.*]] = tensor.insert_slice %{{.*}}[0] [4] [1]
// CHECK: tensor.insert_slice %{{.*}} into %[[A]][4] [2] [1]
func.func @a_concat_is_insertions_into_one_tensor(%x: tensor<4xf32>, %y: tensor<2xf32>) -> tensor<6xf32> {
  %c = tensor.concat dim(0) %x, %y : (tensor<4xf32>, tensor<2xf32>) -> tensor<6xf32>
  return %c : tensor<6xf32>
}

// CHECK-LABEL: @a_pad_that_cuts_stays
// CHECK: tensor.pad
func.func @a_pad_that_cuts_stays(%x: tensor<4xf32>) -> tensor<3xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0] high[-1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<4xf32> to tensor<3xf32>
  return %p : tensor<3xf32>
}
