// RUN: quant-opt %s --qnn-bind-buffers --split-input-file | FileCheck %s

// CHECK: qnn.program "net" inputs [{name = "image", tensor = tensor<4xi8>, type = "uint8"}, {name = "input_1", tensor = tensor<4xf32>, type = "float"}]
// CHECK-SAME: outputs [{name = "y", tensor = tensor<4xi8>, type = "uint8"}, {name = "output_1", tensor = tensor<2x2xf32>, type = "float"}]
// CHECK-SAME: workspace_bytes 0 weights dense_resource<weights> : tensor<128xi8>
// CHECK: func.func @net() {
// CHECK-DAG: %[[W0:.*]] = qnn.buffer weights [0] : memref<4xf32>
// CHECK-DAG: qnn.buffer weights [64] : memref<2xi1>
// CHECK-DAG: %[[X:.*]] = qnn.buffer input [0] : memref<4xi8>
// CHECK-DAG: %[[Y:.*]] = qnn.buffer output [0] : memref<4xi8>
// A reshaped result is its output in another shape.
// CHECK-DAG: %[[Z:.*]] = qnn.buffer output [1] : memref<4xf32>
// CHECK-DAG: %[[XT:.*]] = bufferization.to_tensor %[[X]] restrict
// CHECK: bufferization.materialize_in_destination %[[XT]] in restrict writable %[[Y]]
// CHECK: bufferization.materialize_in_destination %{{.*}} in restrict writable %[[Z]]
func.func @net(%x: tensor<4xi8> {qnn.name = "image", qnn.type = "uint8"}, %v: tensor<4xf32>)
    -> (tensor<4xi8> {qnn.name = "y", qnn.type = "uint8"}, tensor<2x2xf32>) {
  %a = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %same = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %bits = arith.constant dense<[true, false]> : tensor<2xi1>
  %s = arith.addf %a, %same : tensor<4xf32>
  %i = arith.constant 1 : index
  %u = tensor.extract %bits[%i] : tensor<2xi1>
  %t = arith.select %u, %s, %v : tensor<4xf32>
  %r = tensor.expand_shape %t [[0, 1]] output_shape [2, 2] : tensor<4xf32> into tensor<2x2xf32>
  return %x, %r : tensor<4xi8>, tensor<2x2xf32>
}

// -----

// CHECK: qnn.program "observed" {{.*}} observed ["in", "out"]
// CHECK: qnn.observe %{{.*}} as "in" {edge_number = 0 : i32}
// CHECK: qnn.observe %{{.*}} as "out" {edge_number = 1 : i32}
func.func @observed(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = qnn.observe %x as "in" : tensor<4xf32>
  %b = qnn.observe %a as "out" : tensor<4xf32>
  return %b : tensor<4xf32>
}
