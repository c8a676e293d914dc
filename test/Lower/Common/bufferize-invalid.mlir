// RUN: quant-opt %s --qnn-bufferize --verify-diagnostics

func.func @an_edge_without_number(%m: memref<4xf32>) -> tensor<4xf32> {
  %x = bufferization.to_tensor %m restrict : memref<4xf32> to tensor<4xf32>
  // expected-error@below {{has no edge number; run --qnn-bind-buffers first}}
  // expected-error@below {{failed to bufferize op}}
  %a = qnn.observe %x as "in" : tensor<4xf32>
  return %a : tensor<4xf32>
}
