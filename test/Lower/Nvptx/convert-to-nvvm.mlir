// RUN: quant-opt %s --qnn-convert-to-nvvm=chip=sm_80 | FileCheck %s
// RUN: quant-opt %s --qnn-convert-to-emulation | FileCheck %s --check-prefix=EMULATION

// CHECK: llvm.mlir.global internal @shared_0() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<64 x i8>

// CHECK-LABEL: llvm.func @four_bytes(
// CHECK-SAME: %[[X:.*]]: !llvm.ptr {llvm.noalias}, %[[Y:.*]]: !llvm.ptr, %[[COUNT:.*]]: i32)
// CHECK-SAME: nvvm.kernel
// CHECK-SAME: nvvm.maxntid = array<i32: 128>
// CHECK: nvvm.read.ptx.sreg.tid.x : i32
// CHECK: nvvm.dot.accumulate.4way %{{.*}} <unsigned>, %{{.*}} <signed>, %{{.*}} : vector<4xi8>, vector<4xi8>

// A function of one thread, and one that reads the arguments of a launch and calls it.
// EMULATION-LABEL: llvm.func @four_bytes(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr)
// EMULATION: llvm.call @four_bytes_body(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) : (!llvm.ptr, !llvm.ptr, i32, !llvm.ptr) -> ()
// EMULATION: llvm.func internal @four_bytes_body({{.*}}, %[[THREAD:.*]]: !llvm.ptr)
// EMULATION: %[[FIELD:.*]] = llvm.getelementptr %[[THREAD]][0]
// EMULATION: llvm.load %[[FIELD]] invariant : !llvm.ptr -> i32
// EMULATION-COUNT-4: llvm.mul
func.func @four_bytes(%x: memref<16x4xi8> {llvm.noalias}, %y: memref<16xi32>, %count: i32) attributes {qnn.block_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %start = arith.constant dense<0> : vector<1xi32>
  %t = gpu.thread_id x
  %a = vector.load %x[%t, %zero] {alignment = 4 : i64} : memref<16x4xi8>, vector<4xi8>
  %s = qnn.dot4 %a unsigned, %a, %start : vector<4xi8>, vector<1xi32>
  %r = vector.extract %s[0] : i32 from vector<1xi32>
  memref.store %r, %y[%t] : memref<16xi32>
  return
}

// CHECK-LABEL: llvm.func @threads_meet(
// CHECK: nvvm.read.ptx.sreg.ctaid.x : i32
// CHECK: llvm.mlir.addressof @shared_0 : !llvm.ptr<3>
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache =  cg
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.wait.group 1
// CHECK: nvvm.barrier0
// CHECK: nvvm.shfl.sync bfly
// EMULATION-LABEL: llvm.func internal @threads_meet_body(
// EMULATION: llvm.getelementptr %{{.*}}[4]
// EMULATION: llvm.getelementptr %{{.*}}[8]
// EMULATION: llvm.getelementptr %{{.*}}[32]
// EMULATION: llvm.getelementptr %{{.*}}[40]
// EMULATION: llvm.getelementptr %{{.*}}[48]
// EMULATION: llvm.getelementptr %{{.*}}[16]
// EMULATION: llvm.getelementptr %{{.*}}[24]
func.func @threads_meet(%x: memref<64xi8>, %y: memref<16xi32>, %count: i32) attributes {qnn.block_size = 32 : i64} {
  %zero = arith.constant 0 : index
  %lanes = arith.constant 4 : i32
  %width = arith.constant 32 : i32
  %b = gpu.block_id x
  %shared = memref.alloca() {alignment = 16 : i64} : memref<64xi8, #gpu.address_space<workgroup>>
  %copy = nvgpu.device_async_copy %x[%b], %shared[%zero], 16 {bypassL1} : memref<64xi8> to memref<64xi8, #gpu.address_space<workgroup>>
  %group = nvgpu.device_async_create_group
  nvgpu.device_async_wait %group {numGroups = 1 : i32}
  gpu.barrier
  %v = memref.load %shared[%zero] : memref<64xi8, #gpu.address_space<workgroup>>
  %w = arith.extui %v : i8 to i32
  %o, %p = gpu.shuffle xor %w, %lanes, %width : i32
  memref.store %o, %y[%b] : memref<16xi32>
  return
}
