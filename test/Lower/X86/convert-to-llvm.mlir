// RUN: quant-opt %s --qnn-convert-to-llvm=path=avx2 | FileCheck %s

qnn.program "net" inputs [] outputs [] workspace_bytes 1024 {
  qnn.step @step_0 count 28 layer "conv1"
}

// CHECK: llvm.func @step_0(%[[FRAME:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64) attributes
// CHECK-SAME: "prefer-vector-width", "256"
// CHECK-SAME: target_features = #llvm.target_features<[{{.*}}"+avx2"
// CHECK: %[[FIELD:.*]] = llvm.getelementptr inbounds %[[FRAME]][2] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
// CHECK: %[[WORKSPACE:.*]] = llvm.load %[[FIELD]] invariant : !llvm.ptr -> !llvm.ptr
// CHECK: %[[OFFSET:.*]] = llvm.mlir.constant(128 : i64) : i64
// CHECK: llvm.getelementptr inbounds %[[WORKSPACE]][%[[OFFSET]]] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// CHECK: llvm.getelementptr inbounds %[[FRAME]][1]
// CHECK: llvm.getelementptr inbounds %{{.*}}[3]
// CHECK: llvm.call @kernel_0(
func.func @step_0(%frame: !llvm.ptr, %begin: index, %end: index) {
  %b = qnn.buffer workspace [128] : memref<28xf32>
  %y = qnn.buffer output [3] : memref<28xf32>
  call @kernel_0(%b, %y, %begin, %end) : (memref<28xf32>, memref<28xf32>, index, index) -> ()
  return
}

// The loop annotation must survive: without it LLVM unrolls.
// CHECK: llvm.func internal @kernel_0(%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64)
// CHECK: llvm.br ^{{.*}} {loop_annotation = #loop_annotation}
func.func private @kernel_0(%b: memref<28xf32> {llvm.noalias}, %y: memref<28xf32>, %begin: index, %end: index) {
  %one = arith.constant 1 : index
  scf.for %i = %begin to %end step %one {
    %v = memref.load %b[%i] : memref<28xf32>
    memref.store %v, %y[%i] : memref<28xf32>
  } {llvm.loop_annotation = #llvm.loop_annotation<unroll = <disable = true>>}
  return
}

// CHECK: llvm.func @observe(%[[FRAME:.*]]: !llvm.ptr
// CHECK: llvm.getelementptr inbounds %[[FRAME]][4]
// CHECK: %[[OBSERVER:.*]] = llvm.load
// CHECK: llvm.getelementptr inbounds %[[FRAME]][5]
// CHECK: %[[CALLEE:.*]] = llvm.load
// CHECK: llvm.call %[[CALLEE]](%[[OBSERVER]], %{{.*}}, %{{.*}}, %{{.*}}) : !llvm.ptr, (!llvm.ptr, i32, !llvm.ptr, i64) -> ()
func.func @observe(%frame: !llvm.ptr, %begin: index, %end: index) {
  %b = qnn.buffer workspace [128] : memref<28xf32>
  qnn.observe_buffer %b as 7 : memref<28xf32>
  return
}

// An absolute value or a sign costs one instruction where vectors are not taken apart for a function of the C library.
// CHECK: llvm.func internal @vectors
// CHECK: %[[ABS:.*]] = llvm.intr.fabs(%{{.*}}) : (vector<8xf32>) -> vector<8xf32>
// CHECK: llvm.intr.copysign(%[[ABS]], %{{.*}}) : (vector<8xf32>, vector<8xf32>) -> vector<8xf32>
func.func private @vectors(%x: vector<8xf32>, %sign: vector<8xf32>) -> vector<8xf32> {
  %abs = math.absf %x : vector<8xf32>
  %y = math.copysign %abs, %sign : vector<8xf32>
  return %y : vector<8xf32>
}
