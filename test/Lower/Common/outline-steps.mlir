// RUN: quant-opt %s --mlir-print-debuginfo=false --qnn-outline-steps | FileCheck %s
// RUN: quant-opt %s --mlir-print-debuginfo=false --qnn-outline-steps=prefix=net_avx2_ | FileCheck %s --check-prefix=PREFIX

// CHECK: qnn.program
// CHECK-NEXT: qnn.step @step_0 count 28 layer "conv1" plan "loops 28 on f32"
// CHECK-NEXT: qnn.step @step_1 count 28 layer "conv2"
// CHECK-NEXT: qnn.step @step_2 count 1 layer "conv2"
// CHECK-NEXT: qnn.step @step_3 count 28 shared 14 layer "conv3" plan "one sum" macs 28{{$}}
// CHECK-NOT: @net

// PREFIX: qnn.step @net_avx2_step_0
// PREFIX: func.func @net_avx2_step_0
// PREFIX: func.func private @net_avx2_kernel_0
qnn.program "net" inputs [] outputs [] workspace_bytes 1024 {
}
func.func @net() {
  %c = arith.constant 1.0 : f32
  %a = qnn.buffer workspace [0] : memref<28xf32>
  %b = qnn.buffer workspace [128] : memref<28xf32>

  // CHECK: func.func @step_0(%[[FRAME:.*]]: !llvm.ptr, %[[BEGIN:.*]]: index, %[[END:.*]]: index) {
  // CHECK-DAG: %[[A:.*]] = qnn.buffer workspace [0] : memref<28xf32>
  // CHECK-DAG: %[[B:.*]] = qnn.buffer workspace [128] : memref<28xf32>
  // CHECK: call @kernel_0(%[[A]], %[[B]], %[[BEGIN]], %[[END]])
  // CHECK: func.func private @kernel_0(
  // CHECK-SAME: memref<28xf32> {llvm.align = 64 : i64, llvm.dereferenceable = 112 : i64, llvm.noalias}
  // CHECK-SAME: %[[KBEGIN:[a-z0-9]+]]: index, %[[KEND:[a-z0-9]+]]: index)
  // CHECK: scf.for %{{.*}} = %[[KBEGIN]] to %[[KEND]]
  scf.forall (%i) in (28) {
    %v = memref.load %a[%i] : memref<28xf32>
    %s = arith.addf %v, %c : f32
    memref.store %s, %b[%i] : memref<28xf32>
  } loc("conv1")

  // The same kernel on other buffers.
  // CHECK: func.func @step_1
  // CHECK: call @kernel_0(
  scf.forall (%i) in (28) {
    %v = memref.load %b[%i] : memref<28xf32>
    %s = arith.addf %v, %c : f32
    memref.store %s, %a[%i] : memref<28xf32>
  } loc("conv2")

  // The frame is for the step alone.
  // CHECK: func.func @step_2
  // CHECK: qnn.observe_buffer
  // CHECK-NOT: call
  qnn.observe_buffer %a as 0 : memref<28xf32> loc("conv2")

  // What is said of a loop is said of its kernel, which is no other's then; its plan, its work and how threads share it, of its step.
  // CHECK: func.func @step_3
  // CHECK: func.func private @kernel_1({{.*}}) attributes {qnn.block_size = 64 : i64}
  scf.forall (%i) in (28) {
    %v = memref.load %b[%i] : memref<28xf32>
    %s = arith.addf %v, %c : f32
    memref.store %s, %a[%i] : memref<28xf32>
  } {qnn.block_size = 64 : i64, qnn.plan = "one sum", qnn.macs = 28 : i64, qnn.shared = 14 : i64} loc("conv3")
  return
}
