// RUN: quant-opt %s --mlir-print-debuginfo=false --lower-to-x86="path=avx2 prefix=net_" | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s --mlir-print-debuginfo=false --lower-to-x86=path=x86-64 | FileCheck %s

// CHECK: qnn.program "net"
// CHECK-NEXT: qnn.step @{{.*}}step_0 count 1 layer "add"
// CHECK: llvm.func @{{.*}}step_0(%{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64)
// AVX2-SAME: "+avx2"
// CHECK: llvm.call @{{.*}}kernel_0
// Arithmetic on whole tensors gets loops, and joins.
// CHECK-NOT: qnn.step
func.func @net(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<4x8xf32> loc("relu")
  %s = arith.addf %r, %x : tensor<4x8xf32> loc("add")
  return %s : tensor<4x8xf32>
}
