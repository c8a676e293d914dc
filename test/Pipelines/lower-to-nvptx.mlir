// RUN: quant-opt %s --lower-to-nvptx=chip=sm_80 | FileCheck %s
// RUN: quant-opt %s --lower-to-nvptx="chip=sm_80 tensor-cores=false" | FileCheck %s --check-prefix=DP4A
// RUN: quant-opt %s --lower-to-nvptx="chip=sm_80 emulate" | FileCheck %s --check-prefix=EMULATE

// From tensors to one launch of one kernel.
// CHECK: qnn.launch @kernel_0 grid
// CHECK: llvm.func @kernel_0(
// CHECK-SAME: nvvm.kernel
// CHECK: nvvm.mma.sync
// DP4A: nvvm.dot.accumulate.4way
// EMULATE: llvm.func @kernel_0(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr)
// EMULATE-NOT: nvvm
func.func @net(%a: tensor<128x64xi8> {qnn.name = "a", qnn.type = "uint8"}) -> (tensor<128x64xi32> {qnn.name = "y", qnn.type = "int32"}) {
  %w = arith.constant dense<3> : tensor<64x64xi8>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<128x64xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<128x64xi32>) -> tensor<128x64xi32>
  %acc = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %w : tensor<128x64xi8>, tensor<64x64xi8>) outs(%init : tensor<128x64xi32>) {
  ^bb0(%a0: i8, %w0: i8, %c: i32):
    %a1 = arith.extui %a0 : i8 to i32
    %w1 = arith.extsi %w0 : i8 to i32
    %p = arith.muli %a1, %w1 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<128x64xi32>
  return %acc : tensor<128x64xi32>
}
