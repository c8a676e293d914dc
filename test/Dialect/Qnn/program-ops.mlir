// RUN: quant-opt %s | quant-opt | FileCheck %s

// CHECK: qnn.program "net" inputs [{name = "x", tensor = tensor<4xf32>, type = "float"}]
// CHECK-SAME: outputs [] workspace_bytes 64 observed ["a", "b"] weights dense<1> : tensor<64xi8> {
// CHECK-NEXT: qnn.step @step_0 count 28 shared 14 layer "conv1" plan "as drawn" macs 7
// CHECK-NEXT: qnn.launch @kernel_0 grid 4 block 128 kinds [2, 0] positions [0, 1] count 500 layer "conv2"
qnn.program "net" inputs [{name = "x", tensor = tensor<4xf32>, type = "float"}] outputs [] workspace_bytes 64
    observed ["a", "b"] weights dense<1> : tensor<64xi8> {
  qnn.step @step_0 count 28 shared 14 layer "conv1" plan "as drawn" macs 7
  qnn.launch @kernel_0 grid 4 block 128 kinds [2, 0] positions [0, 1] count 500 layer "conv2"
}

// CHECK-LABEL: @a_buffer_needs_no_operands
func.func @a_buffer_needs_no_operands() {
  // CHECK: qnn.buffer workspace [128] : memref<4x8xf32>
  %b = qnn.buffer workspace [128] : memref<4x8xf32>
  // CHECK: qnn.observe_buffer %{{.*}} as 3 : memref<4x8xf32>
  qnn.observe_buffer %b as 3 : memref<4x8xf32>
  return
}
