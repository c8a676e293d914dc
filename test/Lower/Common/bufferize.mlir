// RUN: quant-opt %s --qnn-bind-buffers --qnn-bufferize | FileCheck %s

// CHECK-LABEL: func.func @producers_write_in_place
// CHECK-NOT: memref.alloc
// CHECK: %[[OUT:.*]] = qnn.buffer output [0] : memref<6xf32>
// CHECK: qnn.observe_buffer
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[OUT]]
// CHECK: %[[VIEW:.*]] = memref.subview %[[OUT]][1] [4] [1]
// CHECK: linalg.generic
// CHECK-SAME: outs(%[[VIEW]]
// CHECK-NOT: tensor<
func.func @producers_write_in_place(%x: tensor<4xf32>) -> tensor<6xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %seen = qnn.observe %x as "in" : tensor<4xf32>
  %n = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %d = arith.negf %v : f32
    linalg.yield %d : f32
  } -> tensor<4xf32>
  %e6 = tensor.empty() : tensor<6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e6 : tensor<6xf32>) -> tensor<6xf32>
  %p = tensor.insert_slice %n into %f[1] [4] [1] : tensor<4xf32> into tensor<6xf32>
  return %p : tensor<6xf32>
}
