// RUN: quant-opt %s --qnn-make-launches | FileCheck %s
// RUN: quant-opt %s --qnn-make-launches=block-size=256 | FileCheck %s --check-prefix=WIDE

// CHECK: qnn.launch @kernel_0 grid 4 block 128 kinds [0, 2] positions [0, 512] count 500 layer "first"
// CHECK-NEXT: qnn.launch @kernel_0 grid 1 block 128 kinds [2, 2] positions [512, 32] count 7 layer "second"
// CHECK-NEXT: qnn.launch @kernel_1 grid 7 block 64 kinds [2, 3] positions [0, 64] count 7 layer "third"
// WIDE: qnn.launch @kernel_0 grid 2 block 256 {{.*}} count 500
qnn.program "net" inputs [{name = "x", tensor = tensor<500xf32>, type = "float"}] outputs [] workspace_bytes 4096 {
  qnn.step @step_0 count 500 layer "first"
  qnn.step @step_1 count 7 layer "second"
  qnn.step @step_2 count 7 layer "third"
}
// CHECK-NOT: @step_
func.func @step_0(%frame: !llvm.ptr, %begin: index, %end: index) {
  %x = qnn.buffer input [0] : memref<500xf32>
  %y = qnn.buffer workspace [512] : memref<500xf32>
  call @kernel_0(%x, %y, %begin, %end) : (memref<500xf32>, memref<500xf32>, index, index) -> ()
  return
}
func.func @step_1(%frame: !llvm.ptr, %begin: index, %end: index) {
  %x = qnn.buffer workspace [512] : memref<500xf32>
  %y = qnn.buffer workspace [32] : memref<500xf32>
  call @kernel_0(%x, %y, %begin, %end) : (memref<500xf32>, memref<500xf32>, index, index) -> ()
  return
}
func.func @step_2(%frame: !llvm.ptr, %begin: index, %end: index) {
  %x = qnn.buffer workspace [0] : memref<500xf32>
  %y = qnn.buffer weights [64] : memref<500xf32>
  call @kernel_1(%x, %y, %begin, %end) : (memref<500xf32>, memref<500xf32>, index, index) -> ()
  return
}

// Only the first buffer is at a multiple of 64 in both launches. The last threads have nothing to do.
// CHECK: func.func @kernel_0(%[[X:.*]]: memref<500xf32> {llvm.align = 64 : i64, llvm.noalias}, %[[Y:.*]]: memref<500xf32>, %[[COUNT:.*]]: i32) attributes {qnn.block_size = 128 : i64}
// CHECK: %[[BLOCK:.*]] = gpu.block_id x
// CHECK: %[[THREAD:.*]] = gpu.thread_id x
// CHECK: %[[FIRST:.*]] = arith.muli %[[BLOCK]], %c128
// CHECK: %[[INDEX:.*]] = arith.addi %[[FIRST]], %[[THREAD]]
// CHECK: %[[LIMIT:.*]] = arith.index_cast %[[COUNT]]
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[INDEX]], %[[LIMIT]]
// CHECK: scf.if %[[INSIDE]]
// CHECK: memref.load %[[X]][%[[INDEX]]]
func.func private @kernel_0(%x: memref<500xf32> {llvm.noalias}, %y: memref<500xf32>, %begin: index, %end: index) {
  %one = arith.constant 1 : index
  scf.for %i = %begin to %end step %one {
    %v = memref.load %x[%i] : memref<500xf32>
    memref.store %v, %y[%i] : memref<500xf32>
  }
  return
}

// Its iterations are blocks, which are all there.
// CHECK: func.func @kernel_1({{.*}}) attributes {qnn.block_size = 64 : i64}
// CHECK: %[[BLOCK:.*]] = gpu.block_id x
// CHECK-NOT: scf.if
// CHECK: memref.load %{{.*}}[%[[BLOCK]]]
func.func private @kernel_1(%x: memref<500xf32>, %y: memref<500xf32>, %begin: index, %end: index) attributes {qnn.block_size = 64 : i64} {
  %one = arith.constant 1 : index
  scf.for %i = %begin to %end step %one {
    %v = memref.load %y[%i] : memref<500xf32>
    memref.store %v, %x[%i] : memref<500xf32>
  }
  return
}
